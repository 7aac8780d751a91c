"""German dates, years, decades and eras."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import years
from chalicelib.speech.normalization.german.figures import DASH, cardinal, ordinal, range_word, year
from chalicelib.speech.normalization.rules import groups, rule

MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
          "Dezember")  # fmt: skip
_DAYS = {"Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag", "Sa": "Samstag",
         "So": "Sonntag"}  # fmt: skip
_MONTH_BY_START = {month[:3]: month for month in MONTHS} | {"Mrz": "März", "Jän": "Jänner"}

_MONTH = rf"(?:{'|'.join(MONTHS)}|Jänner|(?:Jan|Feb|Mrz|Apr|Jun|Jul|Aug|Sept?|Okt|Nov|Dez)\b\.?)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1\d{3}|20\d{2})"
_WEEKDAY = r"(?:(?P<weekday>(?:Mo|Di|Mi|Do|Fr|Sa|So)\b\.?),? )?"
_ERA = {"n": "nach Christus", "v": "vor Christus"}


def _month(match: re.Match[str]) -> str | None:
    written = match["month"]
    return None if written in MONTHS or written == "Jänner" else _MONTH_BY_START[written[:3]]


def _weekday(match: re.Match[str]) -> str:
    return _DAYS[match["weekday"][:2]]


def _day(match: re.Match[str], name: str = "day") -> str:
    before = match.string[: match.start(name)]
    if match["weekday"]:
        before = match.string[: match.start("weekday")]
    return ordinal(int(match[name]), before, "Tag")


def _last_day(match: re.Match[str]) -> str:
    """Return the second day of a range, with the ending of the first: "vom dritten bis fünften"."""
    return ordinal(int(match["last"]), match.string[: match.start("day")], "Tag")


def _year(match: re.Match[str]) -> str:
    return year(match["year"])


def _in_figures(match: re.Match[str]) -> str | None:
    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    words = f"{ordinal(day, match.string[: match.start()], 'Tag')} {MONTHS[month - 1]}"
    return f"{words} {year(match['year'])}" if match["year"] else f"{words}{_stop(match)}"


def _stop(match: re.Match[str]) -> str:
    """Return the full stop of a date that also ends the sentence."""
    rest = match.string[match.end() :]
    is_text_before = len(match.string[: match.start()].split()) > 1
    return "." if not rest.strip() and is_text_before else ""


def _decade(match: re.Match[str]) -> str | None:
    written = match["decade"]
    words = cardinal(written) if len(written) == 2 else years.spoken(written, "de")
    if words is None:
        return None
    if match["noun"]:
        return f"{words}er{' ' if match['noun'] == '-' else match['noun']}"
    return f"{words.capitalize()}er"


def _sentence_case(match: re.Match[str], words: str) -> str:
    before = match.string[: match.start()].rstrip()
    return words.capitalize() if not before or before[-1] in ".!?" else words


def _bare_year(match: re.Match[str]) -> str:
    return _sentence_case(match, year(match["year"]))


RULES = [
    rule(
        rf"\b(?P<year>{_YEAR})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])\b(?!-)",
        _in_figures,
    ),
    rule(rf"(?<![\d.])(?P<day>{_DAY})\.\s?(?P<month>0?[1-9]|1[0-2])\.(?:\s?(?P<year>{_YEAR}))?(?![\d.])", _in_figures),
    groups(
        rf"{_WEEKDAY}(?<![\d.,:/–-])\b(?P<day>{_DAY})(?P<stop>\.)(?:(?P<dash>{DASH}| bis )(?P<last>{_DAY})(?P<stop2>\.))? "
        rf"(?P<month>{_MONTH})(?![a-zäöü])(?: (?P<year>{_YEAR})\b)?",
        weekday=_weekday,
        day=_day,
        stop="",
        dash=" bis ",
        last=_last_day,
        stop2="",
        month=_month,
        year=_year,
    ),
    groups(rf"\b(?P<month>{_MONTH}) (?P<year>{_YEAR})\b", month=_month, year=_year),
    groups(
        r"\b(?P<year>\d{1,4}) (?P<era>(?P<side>[nv])\. ?Chr\.?|(?P<side2>[nv])\. ?u\. ?Z\.)",
        year=_bare_year,
        era=lambda match: (
            _ERA[match["side"]] + _stop(match)
            if match["side"]
            else {"v": "vor unserer Zeit", "n": "nach unserer Zeit"}[match["side2"]]
        ),
    ),
    rule(r"\b(?P<decade>(?:1\d|20)\d0|\d0)er(?P<noun>-(?=Jahre)| Jahre\b)?", _decade),
    rule(r"(?<!\w)['’‘](?P<year>\d{2})(?!\w)", lambda match: cardinal(match["year"])),
    rule(
        rf"(?<![\w.,€$-])(?P<year>{_YEAR})[–-](?P<second>(?:1\d|20)?\d{{2}})(?![\w%]|[-.,]\d)",
        lambda match: _sentence_case(match, f"{year(match['year'])}{range_word(match, 'year')}{year(match['second'])}"),
    ),
    # Nouns have capitals, so a number of four figures that counts something stands before one.
    rule(
        r"(?<![\w.,€$£–-])(?P<year>1[1-9]\d{2}|20\d{2}|10\d{2})(?![\w%°]|[.,:/-]\d|\s?[%°€$£]|\s[A-ZÄÖÜ](?![a-zäöü]*\b[.,])|\s(?:km|m|cm|kg|g|l)\b)",
        _bare_year,
    ),
]
# Of months and of weekdays.
RANGES = [
    groups(
        r"\b(?P<weekday>(?:Mo|Di|Mi|Do|Fr|Sa|So)\.?)(?P<dash>[–-])(?P<last>(?:Mo|Di|Mi|Do|Fr|Sa|So)\b\.?)",
        weekday=_weekday,
        dash=" bis ",
        last=lambda match: _DAYS[match["last"][:2]],
    ),
    groups(
        rf"\b(?P<month>{_MONTH})(?P<dash>[–-])(?P<last>{_MONTH})(?![a-zäöü])",
        month=_month,
        dash=" bis ",
        last=lambda match: None if match["last"] in (*MONTHS, "Jänner") else _MONTH_BY_START[match["last"][:3]],
    ),
]
