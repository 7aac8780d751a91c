"""Choose among what a file says of itself, and bring it into one form."""

import math
import re
from collections.abc import Iterable
from unicodedata import category

from chalicelib.extraction import language
from chalicelib.formats.normalization import to_nfc
from chalicelib.metadata import dates, placeholders
from chalicelib.metadata.model import MAX_CHARACTERS, MAX_CREATORS, Metadata, MetadataDraft
from chalicelib.platform import bidi

MAX_RAW_CHARACTERS = 10_000  # of one value; the rest would be cut off anyway
MAX_SERIES_INDEX = 100_000
_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?")


def settle(draft: MetadataDraft) -> Metadata:
    """Return the first of each that says something."""
    title = next(filter(placeholders.is_title, _clean_all(draft.titles)), None)
    publishers = filter(placeholders.is_name, _clean_all(draft.publishers))
    series, index = _settle_series(draft, title)
    return Metadata(
        title=title,
        creators=_settle_creators(draft.creators),
        language=_settle_language(draft.languages),
        publisher=next(publishers, None),
        published=next(filter(None, map(dates.parse, draft.dates)), None),
        series=series,
        series_index=index,
    )


def clean(text: str) -> str:
    """Return a value as one line in NFC, without characters that cannot be seen, and of a bounded length."""
    line = bidi.remove_controls(text[:MAX_RAW_CHARACTERS])
    line = "".join(
        " " if category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} else character for character in line
    )
    line = " ".join(to_nfc(line).replace("\ufeff", "").split())
    if len(line) <= MAX_CHARACTERS:
        return line
    cut = line[: MAX_CHARACTERS - 1]
    return f"{_without_cut_word(cut)}…"


def _without_cut_word(text: str) -> str:
    end = text.rfind(" ")
    return text[:end] if end > len(text) // 2 else text


def _clean_all(values: Iterable[str]) -> Iterable[str]:
    return filter(None, map(clean, values))


def _settle_creators(alternatives: Iterable[list[str]]) -> tuple[str, ...]:
    for names in alternatives:
        single = (part for name in names for part in name.split(";"))
        creators = dict.fromkeys(filter(placeholders.is_name, _clean_all(single)))
        if creators:
            return tuple(creators)[:MAX_CREATORS]
    return ()


def _settle_language(tags: Iterable[str]) -> str | None:
    known = (language.normalize(tag[:MAX_CHARACTERS]) for tag in tags)
    return next((tag for tag in known if tag != language.UNDETERMINED), None)


def _settle_series(draft: MetadataDraft, title: str | None) -> tuple[str | None, float | None]:
    """Return name and position. A series that is called like the work itself is none: an album of one track."""
    for name, position in draft.series:
        series = clean(name)
        if series and series != title and placeholders.is_title(series):
            return series, parse_index(position)
    return None, None


def parse_index(text: str) -> float | None:
    """Return the number that a position begins with: "3", "3.0", "2,5", "3/12"."""
    match = _NUMBER.match(text.strip())
    index = float(match[0].replace(",", ".")) if match else math.inf
    return index if index <= MAX_SERIES_INDEX else None
