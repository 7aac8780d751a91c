"""Years in words."""

from __future__ import annotations

from chalicelib.speech.normalization import numerals

FIRST_YEAR, LAST_YEAR = 1000, 2099  # of four figures


def spoken(written: str, language: str) -> str | None:
    """Return a year of four figures as it is said: "nineteen eighty-four"; None for other numbers."""
    if len(written) != 4 or not FIRST_YEAR <= int(written) <= LAST_YEAR:
        return None
    return (_english if language == "en" else _german)(int(written))


def _english(year: int) -> str:
    century, rest = divmod(year, 100)
    if 2000 <= year < 2010 or (rest == 0 and century % 10 == 0):
        return numerals.cardinal(year, "en")
    if rest == 0:
        return f"{numerals.cardinal(century, 'en')} hundred"
    if rest < 10:
        return f"{numerals.cardinal(century, 'en')} oh {numerals.cardinal(rest, 'en')}"
    return f"{numerals.cardinal(century, 'en')} {numerals.cardinal(rest, 'en')}"


def _german(year: int) -> str:
    century, rest = divmod(year, 100)
    if century in (10, 20):
        return numerals.cardinal(year, "de")
    return numerals.cardinal(century, "de") + "hundert" + (numerals.cardinal(rest, "de") if rest else "")
