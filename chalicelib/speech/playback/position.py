"""Where one is in a media: kept as a place in its text, so that a reading by another voice goes on there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback import playable, store
from chalicelib.speech.playback.playable import PlayableTimeline
from chalicelib.speech.playback.store import ListeningPosition
from chalicelib.speech.playback.timeline import PositionedSegment

END_TOLERANCE_MS = 1_000  # players round, and report a moment after the end
MAX_POSITION_MS = 2**31 - 1


class NewPosition(BaseModel):
    """`device_time` is when the listener was there, by the device's clock: of several devices, the latest counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    position_ms: Annotated[int, Field(ge=0, le=MAX_POSITION_MS)]
    device_time: AwareDatetime


class Position(BaseModel):
    """Where one goes on. `position_ms` is null when that place is not in this reading, or cannot be heard yet.

    `text_offset` counts code points of the reading text; with `device_time` it is null when nobody has listened yet.
    """

    position_ms: int | None
    text_offset: int | None
    device_time: datetime | None


def update_position(owner_id: UUID, job_id: UUID, new: NewPosition) -> Position:
    """Keep a position unless a later one is known; answers the one that is kept then.

    Raises NotFoundError, and InvalidError (`beyond_end`) for a time that cannot be heard yet.
    """
    with database.transaction(owner_id) as connection:
        heard = playable.get_timeline(connection, job_id)
        text_offset, past_ms = _place(connection, heard, new.position_ms)
        store.upsert_position(
            connection, owner_id, heard.job.media_id, ListeningPosition(text_offset, past_ms, new.device_time)
        )
        return _position(connection, heard)


def get_position(owner_id: UUID, job_id: UUID) -> Position:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        return _position(connection, playable.get_timeline(connection, job_id))


def _place(connection: Connection, heard: PlayableTimeline, ms: int) -> tuple[int, int]:
    number = heard.segment_number_at(ms)
    if number == len(heard.segments):
        if ms > heard.duration_ms + END_TOLERANCE_MS:
            raise UnprocessableContentError(
                f"The position {ms:,} ms is beyond the {heard.duration_ms:,} ms that can be heard by now.",
                code="beyond_end",
            )
        return (heard.segments[-1].row.text_end if heard.segments else heard.job.text_start), 0
    segment = heard.segments[number]
    (words,) = playable.word_timings(connection, heard.job.id, [segment])
    if not words:
        return segment.row.text_start, ms - segment.start_ms
    index = max(
        0, bisect_right(words, ms, key=lambda word: word.start_ms) - 1
    )  # in the rest before the first word: that one
    return words[index].text_start, ms - words[index].start_ms


def _position(connection: Connection, heard: PlayableTimeline) -> Position:
    held = store.get_position(connection, heard.job.media_id)
    if held is None:
        return Position(position_ms=0, text_offset=None, device_time=None)
    return Position(
        position_ms=_ms(connection, heard, held), text_offset=held.text_offset, device_time=held.device_time
    )


def _ms(connection: Connection, heard: PlayableTimeline, held: ListeningPosition) -> int | None:
    reading, offset = heard.job, held.text_offset
    if not reading.text_start <= offset <= reading.text_end:
        return None
    number = bisect_right(heard.segments, offset, key=lambda segment: segment.row.text_start) - 1
    if number < 0:  # blanks before the first segment
        return 0
    segment = heard.segments[number]
    if offset >= segment.row.text_end:  # behind a segment: where the next one begins, once it is there
        is_last = number + 1 == len(heard.segments)
        return segment.end_ms if not is_last or heard.is_closed else None
    (words,) = playable.word_timings(connection, reading.id, [segment])
    return _ms_in(segment, words, held)


def _ms_in(segment: PositionedSegment, words: Sequence[WordTiming], held: ListeningPosition) -> int:
    """A place in a segment: as long after its word as it was there, but before the next word."""
    index = max(0, bisect_right(words, held.text_offset, key=lambda word: word.text_start) - 1)
    start_ms = words[index].start_ms if words else segment.start_ms
    until_ms = words[index + 1].start_ms if index + 1 < len(words) else segment.end_ms
    earliest_ms = start_ms if index else segment.start_ms
    return max(earliest_ms, min(start_ms + held.past_ms, until_ms - 1))
