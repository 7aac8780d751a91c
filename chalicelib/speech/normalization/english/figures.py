"""English figures as parts of patterns, and in words."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import numerals, years

# 1,234 or 1 234 or 1234, with decimals; not inside another number.
WHOLE = r"(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d,])|\d+)"
NUMBER = rf"(?:{WHOLE}(?:\.\d+)?|\.\d+)"
DASH = r"\s?[–—-]\s?"
MAGNITUDES = {
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mio": "million",
    "bn": "billion", "B": "billion", "tn": "trillion",
}  # fmt: skip


_ARTICLE_BEFORE = re.compile(r"(?:(?:^|[.!?] )A|(?<!\w)(?:a|an|another)) $")
_NOUN_BEHIND = re.compile(
    r" (?!(?:per|and|but|for|from|with|into|more|less|than|was|are|were|that|each|every|apiece|when|then|until|after)\b)"
    r"[a-z]{3}"
)


def spoken(written: str) -> str:
    """Return a written number in words: "1,234.5"."""
    whole, _, decimals = written.partition(".")
    return numerals.number(whole, decimals, "en")


def cardinal(written: str) -> str:
    return numerals.cardinal(int(re.sub(r"\D", "", written)), "en")


def ordinal(written: str) -> str:
    return numerals.ordinal(int(re.sub(r"\D", "", written)), "en").replace(",", "")


def year(written: str) -> str:
    """Return a year in words; one of another length than four figures is said like any number."""
    return years.spoken(written, "en") or cardinal(written)


def range_word(match: re.Match[str], first: str = "first") -> str:
    """Return the word between two numbers, of which the `first` group is the first one."""
    return " and " if re.search(r"\b[Bb]etween $", match.string[: match.start(first)][-9:]) else " to "


def is_adjective(match: re.Match[str]) -> bool:
    """Return whether a measure stands between an article and a noun, where its unit is singular: "a 10 km run"."""
    return _ARTICLE_BEFORE.search(match.string[: match.start()][-9:]) is not None and (
        _NOUN_BEHIND.match(match.string, match.end()) is not None
    )


def plural(words: str) -> str:
    """Return the plural of a number word or a noun: nineties, thirds."""
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"
