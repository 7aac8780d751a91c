"""Word index: start times of words in finished recordings, to play search results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from chalicelib.platform.db.database import Connection
from chalicelib.speech.word_index import store
from chalicelib.speech.word_index.model import IndexedWord as IndexedWord
from chalicelib.speech.word_index.model import SegmentWords as SegmentWords


def replace(connection: Connection, owner_id: UUID, job_id: UUID, segments: Iterable[SegmentWords]) -> None:
    """Replace a recording's words, in the transaction that completes its job."""
    store.replace(connection, owner_id, job_id, [segment for segment in segments if segment.words])


def locate_words(connection: Connection, positions: Sequence[tuple[UUID, int]]) -> list[IndexedWord | None]:
    """Locate each text offset of a media item in the newest finished recording that covers it."""
    matches = {match.nth: match for match in store.list_matches(connection, positions)}
    return [
        IndexedWord(job_id=match.job_id, start_ms=match.start_ms) if (match := matches.get(nth)) else None
        for nth in range(1, len(positions) + 1)
    ]
