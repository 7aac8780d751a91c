"""Ranges of annotations in a text that was made again: each moves to the same words of the new text."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from chalicelib.library import anchors
from chalicelib.library import annotation_range_store as store
from chalicelib.library.anchors import Quotation, TextRange
from chalicelib.library.annotation_range_store import AnnotationRange
from chalicelib.library.passages import Passage
from chalicelib.platform.db.database import Connection

# Of comparing word by word, which takes 20 ms to 1 s for each passage that is not found as it was. The rest are found if they are
# as they were, and otherwise are detached until the next version.
THOROUGH_S = 20


def move(connection: Connection, media_id: UUID, text: str, passages: Sequence[Passage], *, former_length: int) -> None:
    """Move the annotations of a media to the same words of its new text; those whose words are gone become detached."""
    former = store.list_ranges(connection, media_id)
    if former:
        store.update_ranges(connection, list(_moved(former, text, passages, former_length)))


def _moved(
    former: Sequence[AnnotationRange], text: str, passages: Sequence[Passage], former_length: int
) -> Iterator[AnnotationRange]:
    ends = time.monotonic() + THOROUGH_S
    starts = [passage.text_start for passage in passages]
    shift: int | None = None  # of the last one that was found: those behind it are moved by about as much
    for annotation in former:
        if not annotation.quotation.exact.strip():
            yield _at_page(annotation, text, passages)
            continue
        expected = annotation.start * len(text) // max(former_length, 1) if shift is None else annotation.start + shift
        expected = max(0, min(len(text), expected))
        find = anchors.find if time.monotonic() < ends else anchors.find_verbatim
        place = find(text, annotation.quotation, near=expected)
        if place is None:
            end = min(len(text), expected + annotation.end - annotation.start)
            yield replace(annotation, start=expected, end=end, detached=True)
            continue
        shift = place.start - annotation.start
        yield replace(
            annotation,
            start=place.start,
            end=place.start if annotation.is_bookmark else place.end,
            page=_page(place.start, passages, starts),
            quotation=_requote(text, place, is_bookmark=annotation.is_bookmark),
            detached=False,
        )


def _requote(text: str, place: TextRange, *, is_bookmark: bool) -> Quotation:
    return anchors.quote_position(text, place.start) if is_bookmark else anchors.quote(text, place.start, place.end)


def _at_page(annotation: AnnotationRange, text: str, passages: Sequence[Passage]) -> AnnotationRange:
    """Return the bookmark of a page without text at the start of the page's text, which it now may have."""
    start = next((passage.text_start for passage in passages if passage.page == annotation.page), 0)
    quotation = anchors.quote_position(text, start) if text else annotation.quotation
    return replace(annotation, start=start, end=start, quotation=quotation)


def _page(offset: int, passages: Sequence[Passage], starts: Sequence[int]) -> int | None:
    """Return the page of an offset; None in documents without pages."""
    return passages[max(0, bisect_right(starts, offset) - 1)].page or None if passages else None
