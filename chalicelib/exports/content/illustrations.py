"""The illustrations of a recording's text, at their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.illustrations import archive
from chalicelib.illustrations.model import Illustration
from chalicelib.illustrations.places import LetterIndex, letters_of
from chalicelib.library.object_keys import illustrations_key
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError

QUOTED_CHARACTERS = 200  # of a text, in which the letters of a quote are


@dataclass(frozen=True, slots=True)
class PlacedIllustration:
    """A picture before the text at `offset`, which counts from the start of the document's text."""

    offset: int
    file: str
    description: str


@dataclass(frozen=True, slots=True)
class PlacedIllustrations:
    """Illustrations in the order of the text, and their pictures as JPEG by file name."""

    places: Sequence[PlacedIllustration] = ()
    pictures: Mapping[str, bytes] | None = None


NONE = PlacedIllustrations()


def load(owner_id: UUID, media_id: UUID, text: str, *, text_start: int) -> PlacedIllustrations:
    """Return the illustrations of a document within a part of its text. A place that is not in it has none."""
    try:
        stored = archive.decode(storage.read(illustrations_key(owner_id, media_id)))
    except ObjectNotFoundError:
        return NONE
    return PlacedIllustrations(place(stored.illustrations, text, text_start=text_start), stored.pictures)


def place(illustrations: Sequence[Illustration], text: str, *, text_start: int) -> list[PlacedIllustration]:
    """Find the places of illustrations in a text that may differ from that for which they were recorded."""
    index: LetterIndex | None = None
    places = []
    for illustration in illustrations:
        recorded = illustration.offset - text_start
        if not 0 <= recorded <= len(text):
            continue
        offset: int | None = recorded
        if not _has_quote(text, recorded, illustration.quote):
            index = index or LetterIndex.of(text)
            offset = index.find_quote(illustration.quote, near=recorded)
        if offset is not None:
            places.append(PlacedIllustration(text_start + offset, illustration.file, illustration.description))
    return sorted(places, key=lambda place: place.offset)


def _has_quote(text: str, offset: int, quote: str) -> bool:
    """Return whether the quote precedes the offset, as far as the text goes back."""
    before = letters_of(text[max(0, offset - QUOTED_CHARACTERS) : offset])
    return before.endswith(quote) or quote.endswith(before)
