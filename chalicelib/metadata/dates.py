"""Dates as files write them, in the form that the API has: a year, a month or a day of ISO 8601."""

import re
from contextlib import suppress
from datetime import date

# ISO 8601 with its shorter forms, the same with slashes or dots, and PDF's "D:20200131". A time of day may follow.
_YEAR_FIRST = re.compile(r"(?:D:)?(\d{4})(?:([-/.:]?)(\d\d)(?:\2(\d\d))?)?(?!\d{3})")
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
MIN_YEAR, MAX_YEAR = 1000, 2100  # programs write the year 1 or 101 for an unknown date


def parse(text: str) -> str | None:
    """Return the date with what is known of it; only the year where months have names. None without a likely year."""
    written = text.strip()
    match = _YEAR_FIRST.match(written)
    if match is not None:
        year, _, month, day = match.groups()
        if not MIN_YEAR <= int(year) <= MAX_YEAR:
            return None
        with suppress(ValueError):
            known = date(int(year), int(month or 1), int(day or 1)).isoformat()
            return known if day else known[:7] if month else year
        return year
    years = [year for year in _YEAR.findall(written) if MIN_YEAR <= int(year) <= MAX_YEAR]
    return years[0] if years else None
