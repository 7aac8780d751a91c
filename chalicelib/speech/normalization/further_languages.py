"""Numbers of French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish and Russian. All else of these passes through.

A figure that is part of something else stays as it is: half of a range or a date in words is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.rules import Rule, rule

_NUMBER = (
    r"(?<![\w.,:/+–−-])(?<![€$£¥#№°])(?<!\d [–−-] )"
    r"(?P<it>(?P<whole>\d{1,3}(?:[ .\u00a0\u202f]\d{3})+|\d+)(?:,(?P<decimals>\d+))?)"
    r"(?![\w€$£¥°ºª])(?![.,:/–−-]\w)(?!\s?[–−-]\s?\d)"
)
# Suffixes that follow the figures, and what they make of a language's ordinal in its basic form.
_ORDINALS = {
    "fr": r"(?P<first>re|ère)|(?:er|e|ème|eme)(?P<many>s?)",
    "es": r"\.?(?:(?P<short>er)|º|(?P<her>ª))",
    "it": r"(?:º|(?P<her>ª)|°)",
    "pt": r"\.?(?:º|(?P<her>ª))",
    "nl": r"(?:e|de|ste)",
    "sv": r"(?::e|:a)",
    "ru": r"-(?:(?P<it_>е)|(?P<her>я)|й)",
}
_HUNDREDS = {"nl": "honderd", "sv": "hundra"}  # in which numbers from 1100 to 1999 are counted, as years are
_RUSSIAN_FRACTIONS = {1: ("десятая", "десятых"), 2: ("сотая", "сотых"), 3: ("тысячная", "тысячных")}


def rules(language: str) -> Sequence[Rule]:
    """Return the rules for numbers of a language; none for a language without any."""
    if language not in numerals.LANGUAGES:
        return []
    number = _NUMBER if language != "ru" else rf"{_NUMBER}(?!\s(?:год|г\.|гг\.))"  # years are ordinals, in six cases
    found = [rule(number, partial(_number, language))]
    if suffix := _ORDINALS.get(language):
        found.insert(0, rule(rf"(?<![\w.,:/–-])(?P<value>\d{{1,4}})(?:{suffix})(?![\w–])", partial(_ordinal, language)))
    return found


def _number(language: str, match: re.Match[str]) -> str:
    whole, decimals = match["whole"], match["decimals"] or ""
    if decimals and language == "ru" and len(decimals) in _RUSSIAN_FRACTIONS:
        return _russian_fraction(int(re.sub(r"\D", "", whole)), decimals)
    if language in _HUNDREDS and not decimals and whole.isdecimal() and 1_100 <= int(whole) <= 1_999:
        hundreds, rest = divmod(int(whole), 100)
        return (
            numerals.cardinal(hundreds, language)
            + _HUNDREDS[language]
            + (numerals.cardinal(rest, language) if rest else "")
        )
    return numerals.number(whole, decimals, language)


def _russian_fraction(whole: int, decimals: str) -> str:
    """Return a decimal fraction: 3,5 is "three wholes, five tenths"."""
    from num2words import num2words

    one, many = _RUSSIAN_FRACTIONS[len(decimals)]
    parts = ((whole, "целая", "целых"), (int(decimals), one, many))
    return " ".join(
        f"{num2words(value, lang='ru', gender='f')} {single if value % 10 == 1 and value % 100 != 11 else several}"
        for value, single, several in parts
    )


def _ordinal(language: str, match: re.Match[str]) -> str | None:
    groups, value = match.groupdict(), int(match["value"])
    if language == "ru":
        from num2words import num2words

        return str(
            num2words(value, lang="ru", to="ordinal", gender="f" if groups["her"] else "n" if groups["it_"] else "m")
        )
    ordinal = numerals.ordinal(value, language)
    if groups.get("her"):
        return re.sub(r"o\b", "a", ordinal)
    if groups.get("short"):  # before a masculine noun: "el primer día"
        return re.sub(r"(primer|tercer)o$", r"\1", ordinal)
    if groups.get("first"):
        return "première" if value == 1 else None
    return ordinal + (groups.get("many") or "")
