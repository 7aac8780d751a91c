"""English telephone numbers: figure by figure, with a pause between their groups."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.rules import groups, rule

_GROUPS = re.compile(r"\d+")
_CALL = (
    r"(?:[Cc]all|[Dd]ial|[Tt]ext|[Rr]ing|[Ff]ax|[Pp]hone|[Tt]el(?:ephone)?|[Mm]obile|[Cc]ell)(?:[.:]|\b)"
    r"(?: (?:on|at|us at|me at|us on))?:?"
)
_FREE = {"800": "eight hundred", "900": "nine hundred"}


def _say(written: str) -> str:
    parts = _GROUPS.findall(written)
    is_free = len(parts) > 2 and parts[0] == "1" and parts[1] in _FREE
    spoken = [
        _FREE[part] if is_free and index == 1 else numerals.digits(part, "en") for index, part in enumerate(parts)
    ]
    return ("plus " if written.startswith("+") else "") + ", ".join(spoken)


def _number(match: re.Match[str]) -> str:
    return _say(match["number"])


def _is_long_enough(match: re.Match[str]) -> str | None:
    return _number(match) if sum(map(str.isdecimal, match["number"])) >= 6 else None


RULES = [
    rule(r"(?<![\w.,])(?P<number>\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){1,6})(?![\w])", _is_long_enough),
    rule(r"(?<![\w.,])(?P<number>\(\d{3,5}\) ?\d{3,4}[ .-]?\d{3,4})(?!\w)", _number),
    rule(r"(?<![\w.,–-])(?P<number>(?:1[-.])?\d{3}[-.]\d{3}[-.]\d{4})(?![\w-])", _number),
    rule(r"(?<![\w.,])(?P<number>0\d{2,4}(?: \d{3,6}){1,3})(?!\w)", _number),
    rule(rf"\b{_CALL} (?P<it>(?P<number>\d{{2,5}}(?:[ .-]\d{{2,5}}){{1,4}}))(?![\w-])", _is_long_enough),
    rule(rf"\b{_CALL} (?P<it>(?P<number>[019]\d{{2}}))(?![\w.,]\d|\w)", _number),
    groups(
        r"\b(?P<word>[Tt]el(?:\.|:|\b\.?:))(?=\s?[+(\d])",
        word=lambda match: (
            ("T" if match["word"][0] == "T" else "t") + "elephone" + (":" if ":" in match["word"] else "")
        ),
    ),
    groups(
        r"\b(?P<word>[Ee]xt\.) ?(?P<number>\d{1,6})\b",
        word="extension",
        number=lambda match: numerals.digits(match["number"], "en"),
    ),
]
