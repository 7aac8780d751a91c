"""Readings of Japanese words that are printed in brackets behind them: 憂鬱（ゆううつ）. They are said once, as ruby is."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.rules import rule

MAX_KANA = 5  # for a character: 承（うけたまわ）る; more kana are a remark in brackets

_PATTERN = (
    r"(?P<base>[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
    r"(?P<it>[\uff08(](?P<kana>[\u3041-\u309f\u30a1-\u30ff]+)[\uff09)])"
)


def _left_out(match: re.Match[str]) -> str | None:
    base, kana = len(match["base"]), len(match["kana"])
    return "" if base <= kana <= MAX_KANA * base else None


RULES = [rule(_PATTERN, _left_out)]
