"""English fractions, ranges, ordinals and plain numbers."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.english.figures import (
    DASH,
    MAGNITUDES,
    NUMBER,
    cardinal,
    ordinal,
    plural,
    range_word,
    spoken,
)
from chalicelib.speech.normalization.rules import groups, rule

_SIGNS = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
          "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}  # fmt: skip
_DENOMINATORS = frozenset({2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 32, 64, 100, 1000})  # 9/11 is no fraction
_SUFFIX = r"(?:st|nd|rd|th|ST|ND|RD|TH|ˢᵗ|ⁿᵈ|ʳᵈ|ᵗʰ)"


def _fraction(numerator: int, denominator: int) -> str:
    name = {2: "half", 4: "quarter"}.get(denominator) or ordinal(str(denominator)).removeprefix("one ")
    if numerator == 1:
        return f"one {name}"
    return f"{cardinal(str(numerator))} {'halves' if denominator == 2 else plural(name)}"


def _written_fraction(match: re.Match[str]) -> str | None:
    if match["sign"]:
        numerator, denominator = _SIGNS[match["sign"]]
    else:
        numerator, denominator = int(match["numerator"]), int(match["denominator"])
        if denominator not in _DENOMINATORS or not 0 < numerator < denominator:
            return None
    words = _fraction(numerator, denominator)
    if not match["whole"]:
        return words
    return f"{cardinal(match['whole'])} and {'a half' if (numerator, denominator) == (1, 2) else words}"


def _magnitude(match: re.Match[str]) -> str:
    return f"{spoken(match['amount'])} {MAGNITUDES[match['magnitude']]}"


def _plain(match: re.Match[str]) -> str:
    return ("minus " if match["minus"] else "") + spoken(match["amount"])


RULES = [
    rule(r"\b24/7\b", "twenty-four seven"),
    rule(
        r"(?<![\w.,/])(?:(?P<whole>\d{1,3})(?: ?(?=[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])| (?=\d{1,2}/)))?"
        r"(?:(?P<sign>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])|(?P<numerator>\d{1,2})/(?P<denominator>\d{1,4}))(?![\w/])",
        _written_fraction,
    ),
    rule(rf"(?<![\w.,])(?P<value>\d{{1,3}}(?:,\d{{3}})*){_SUFFIX}(?![a-z])", lambda match: ordinal(match["value"])),
    groups(
        rf"(?<![\w.,/-])(?P<first>{NUMBER})(?P<dash>{DASH})(?P<last>{NUMBER})(?![\w/]|[.,]\d|-\d)",
        first=lambda match: spoken(match["first"]),
        dash=range_word,
        last=lambda match: spoken(match["last"]),
    ),
    rule(rf"(?<![\w.,])(?P<amount>{NUMBER})(?P<magnitude>bn|k|K)\b", _magnitude),
    rule(r"\b(?:RFC|ISO|DIN|EN|IEC|IEEE) (?P<it>\d{3,6})\b", lambda match: numerals.digits(match[0].split()[1], "en")),
    rule(rf"(?P<minus>(?<![\w\d)])[-−](?=\.?\d))?(?<![\w.,])(?P<amount>{NUMBER})(?![\w]|[.,]\d)", _plain),
    rule(r"(?<![\w.,])(?P<amount>\d{1,15})(?P<minus>)(?=[A-Z]\b|[A-Za-z]{2,})", lambda match: f"{_plain(match)} "),
]
