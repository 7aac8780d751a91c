"""When a place of a text is heard: kept for each finished reading, so that what was found can be played from there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from chalicelib.platform.db.database import Connection
from chalicelib.speech.word_index import store
from chalicelib.speech.word_index.model import IndexedWord as IndexedWord
from chalicelib.speech.word_index.model import SegmentWords as SegmentWords


def replace(connection: Connection, owner_id: UUID, job_id: UUID, segments: Iterable[SegmentWords]) -> None:
    """Keep the beginning of every word of a reading, instead of what was kept of it before, as the reading is settled."""
    store.replace(connection, owner_id, job_id, [segment for segment in segments if segment.words])


def locate_words(connection: Connection, places: Sequence[tuple[UUID, int]]) -> list[IndexedWord | None]:
    """For each place in the text of a media: where the newest finished reading that covers it says that word."""
    heard = {
        each.nth: IndexedWord(job_id=each.job_id, start_ms=each.start_ms)
        for each in store.list_matches(connection, places)
    }
    return [heard.get(nth) for nth in range(1, len(places) + 1)]
