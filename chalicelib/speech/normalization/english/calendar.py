"""English dates, years, decades and eras."""

from __future__ import annotations

import re

from chalicelib.speech.normalization import years
from chalicelib.speech.normalization.english.figures import DASH, cardinal, ordinal, plural, range_word, year
from chalicelib.speech.normalization.rules import groups, rule

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_BY_START = {month[:3]: month for month in MONTHS}
_DAY_BY_START = {day[:3]: day for day in _DAYS}

_MONTH = rf"(?:{'|'.join(MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1\d{3}|20\d{2})"
_WEEKDAY = r"(?:(?P<weekday>(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\b\.?(?=,? ))(?:,? ))?"
# Words before a number of four figures that make it a year.
_BEFORE_YEAR = (
    r"(?:in|In|since|Since|by|By|until|Until|till|from|From|to|after|After|before|Before|during|around|about|circa|c\.|ca\."
    r"|year|years|of|spring|summer|autumn|fall|winter|early|late|mid|copyright|Copyright|©|and|between|Between|AD|A\.D\."
    r"|ibid\.|born|died|est\.)"
)
# Events and works that are named by their year.
_EVENTS = (
    "class|census|crisis|war|revolution|treaty|act|battle|election|crash|flood|fire|constitution|law|season|strike|riots?|"
    "spring|summer|autumn|fall|winter|year"
)
# A plural behind the number is counted by it: "in 2000 boats".
_COUNTED = r"(?! (?!was\b|is\b|has\b|this\b|his\b|its\b|as\b|us\b)[a-z]{3,}s\b)"


def _month(match: re.Match[str]) -> str | None:
    written = match["month"]
    return _MONTH_BY_START[written[:3]] if written.rstrip(".") not in MONTHS else None


def _second_month(match: re.Match[str]) -> str:
    return _MONTH_BY_START[match["second_month"][:3]]


def _weekday(match: re.Match[str]) -> str:
    return _DAY_BY_START[match["weekday"][:3]]


def _day(match: re.Match[str]) -> str:
    return ordinal(match["day"])


def _day_of(match: re.Match[str]) -> str:
    return f"{_article(match)}{ordinal(match['day'])} of"


def _article(match: re.Match[str]) -> str:
    return "" if re.search(r"\b[Tt]he $", match.string[: match.start("day")][-5:]) else "the "


def _year(match: re.Match[str]) -> str:
    return year(match["year"])


def _numeric(match: re.Match[str]) -> str | None:
    """Return a date in figures; of two possible orders the American one, month first."""
    first, second = int(match["first"]), int(match["second"])
    if match["sign"] == "." or first > 12:
        first, second, is_day_first = second, first, True
    else:
        is_day_first = False
    if not (1 <= first <= 12 and 1 <= second <= 31):
        return None
    month, day, year_ = MONTHS[first - 1], ordinal(str(second)), year(match["year"])
    return f"the {day} of {month} {year_}" if is_day_first else f"{month} {day}, {year_}"


def _iso(match: re.Match[str]) -> str:
    return f"the {ordinal(match['day'])} of {MONTHS[int(match['month']) - 1]} {year(match['year'])}"


def _decade(match: re.Match[str]) -> str | None:
    written = match["decade"]
    if len(written) == 2:
        return plural(cardinal(written))
    words = years.spoken(written, "en")
    return words and plural(words)


def _year_range(match: re.Match[str]) -> str:
    second = match["second"]
    oh = "oh " if len(second) == 2 and second[0] == "0" else ""
    return f"{year(match['year'])}{range_word(match, 'year')}{oh}{year(second)}"


def _stop(match: re.Match[str]) -> str:
    """Return the full stop of an era that also ends a sentence."""
    return "." if match["era"].endswith(".") and not match.string[match.end() :].strip() else ""


RULES = [
    rule(rf"\b(?P<year>{_YEAR})-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])\b(?!-)", _iso),
    rule(
        rf"(?<![\d/.])(?P<first>\d{{1,2}})(?P<sign>[/.])(?P<second>\d{{1,2}})(?P=sign)(?P<year>{_YEAR})(?![\d/])",
        _numeric,
    ),
    groups(
        rf"{_WEEKDAY}\b(?P<month>{_MONTH}) (?P<day>{_DAY}(?:st|nd|rd|th)?)(?:(?P<dash>{DASH})(?P<last>{_DAY}))?(?!\d|[:./]\d|,\d)"
        rf"(?:,? (?P<year>{_YEAR})\b)?",
        weekday=_weekday,
        month=_month,
        day=_day,
        dash=" to ",
        last=lambda match: ordinal(match["last"]),
        year=_year,
    ),
    groups(
        rf"{_WEEKDAY}(?<![\d.,:/–-])\b(?P<day>{_DAY})(?:(?P<dash>{DASH}| to )(?P<last>{_DAY}))? (?P<month>{_MONTH})(?![a-z])"
        rf"(?:,? (?P<year>{_YEAR})\b)?",
        weekday=_weekday,
        day=lambda match: f"{_article(match)}{ordinal(match['day'])}" if match["last"] else _day_of(match),
        dash=" to the ",
        last=lambda match: f"{ordinal(match['last'])} of",
        month=_month,
        year=_year,
    ),
    groups(
        rf"\b(?P<value>\d{{1,2}}(?:st|nd|rd|th)) of (?P<month>{_MONTH})(?:,? (?P<year>{_YEAR})\b)?",
        value=lambda match: ordinal(match["value"]),
        month=_month,
        year=_year,
    ),
    groups(
        rf"\b(?P<month>{_MONTH}),? (?P<year>{_YEAR})\b(?!,\d)",
        month=_month,
        year=_year,
    ),
    groups(
        r"\b(?P<era>A\.?D\.?|C\.?E\.?) (?P<year>\d{1,4})\b",
        era=lambda match: " ".join(re.sub(r"\.", "", match["era"])),
        year=_year,
    ),
    groups(
        r"\b(?P<year>\d{1,4}) (?P<era>B\.C\.E\.|BCE|B\.C\.|BC|A\.D\.|AD|C\.E\.|CE)(?![\w])",
        year=_year,
        era=lambda match: " ".join(re.sub(r"\.", "", match["era"])) + _stop(match),
    ),
    rule(r"(?P<it>['’‘](?P<decade>\d0)s)\b", _decade),
    rule(r"\b(?P<decade>(?:1\d|20)\d0|\d0)s\b", _decade),
    rule(r"(?<!\w)['’‘](?P<year>\d{2})(?!\w)", lambda match: cardinal(match["year"])),
    rule(rf"(?<![\w.,$€£-])(?P<year>{_YEAR})[–-](?P<second>(?:1\d|20)?\d{{2}})(?![\w%]|[-.,]\d)", _year_range),
    rule(rf"(?<![\w]){_BEFORE_YEAR} (?P<it>(?P<year>{_YEAR}))(?![\w%°]|[.,:/]\d){_COUNTED}", _year),
    rule(rf"\b(?:{_EVENTS}) of (?P<it>(?P<year>{_YEAR}))(?![\w%°]|[.,:/]\d)", _year, ignore_case=True),
    # Before a singular noun: "the 1926 strike".
    rule(
        rf"\b[Tt]he (?P<it>(?P<year>1[5-9]\d{{2}}|20\d{{2}}))(?= [a-z]{{3,}})(?! (?:people|men|women|children)\b){_COUNTED}",
        _year,
    ),
    rule(rf"\((?P<it>(?P<year>{_YEAR}))\)", _year),
    rule(r"\b[A-Z][a-z]+,? (?P<it>(?P<year>(?:1[5-9]|20)\d{2}))(?=[),;]|$)", _year),
]
# Of months and of weekdays.
RANGES = [
    groups(
        r"\b(?P<month>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6})(?P<dash>[–-])"
        r"(?P<second_month>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6})\b",
        month=lambda match: _MONTH_BY_START[match["month"][:3]],
        dash=" to ",
        second_month=_second_month,
    ),
    groups(
        r"\b(?P<weekday>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6})(?P<dash>[–-])(?P<last>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6})\b",
        weekday=_weekday,
        dash=" to ",
        last=lambda match: _DAY_BY_START[match["last"][:3]],
    ),
    # "Sat. and Sun.": a full stop before a small letter ends no sentence.
    groups(
        r"\b(?P<weekday>(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.)(?=,? (?:[a-z]|\d))"
        r"(?: (?:and|or|to) (?P<last>(?:Mon|Tues?|Wed|Thurs?|Fri|Sat|Sun)\.)(?=,? (?:[a-z]|\d)))?",
        weekday=_weekday,
        last=lambda match: _DAY_BY_START[match["last"][:3]],
    ),
]
