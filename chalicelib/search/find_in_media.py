"""Find all occurrences of a text in one document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import texts
from chalicelib.library.passages import Passage
from chalicelib.platform.db import database
from chalicelib.search import snippet
from chalicelib.search.matches import MatchSpan
from chalicelib.search.model import FoundPlace, FoundPlaces
from chalicelib.search.occurrences import find_occurrences

MAX_OCCURRENCES = 1_000  # ~400 kB; a reader of more types another letter
_SNIPPET_MARGIN = 400  # characters on each side, more than a snippet shows


def find_in_media(owner_id: UUID, media_id: UUID, query: str, *, version: int | None = None) -> FoundPlaces:
    """Find the occurrences of a query in a text, without a version in the current one.

    Raises NotFoundError, and ConflictError if there is no text to read.
    """
    with database.transaction(owner_id) as connection:
        media = texts.get_readable(connection, media_id, version=version)
        passages = texts.list_passages(connection, media_id, media)
    text = "".join(passage.body for passage in passages)
    spans, total = [], 0
    for span in find_occurrences(text, query):
        total += 1
        if total <= MAX_OCCURRENCES:
            spans.append(span)
    starts = [passage.text_start for passage in passages]
    return FoundPlaces(
        version=media.version, total=total, items=[_to_occurrence(text, span, passages, starts) for span in spans]
    )


def _to_occurrence(text: str, span: MatchSpan, passages: Sequence[Passage], starts: Sequence[int]) -> FoundPlace:
    first = max(0, span.start - _SNIPPET_MARGIN)
    match = MatchSpan(span.start - first, span.end - first)
    return FoundPlace(
        start=span.start,
        end=span.end,
        page=passages[bisect_right(starts, span.start) - 1].page or None,
        snippet=snippet.to_html(text[first : span.end + _SNIPPET_MARGIN], [match]),
    )
