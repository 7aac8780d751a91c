"""Listening position, stored as a text offset so that every voice resumes there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from chalicelib.library import place, position_store, positions, text_places
from chalicelib.library.anchors import Quotation
from chalicelib.library.place import END_TOLERANCE_MS
from chalicelib.library.position_store import ReadingPosition
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback import playable
from chalicelib.speech.playback.playable import PlayableTimeline
from chalicelib.speech.playback.store import PlaybackJob
from chalicelib.speech.playback.timeline import PositionedSegment

MAX_POSITION_MS = 2**31 - 1


class NewPosition(LazyModel):
    """`device_time`: when the listener was there, by the device's clock; the latest counts.

    `sent_at`: the time of the request by the same clock. With it, positions of devices with wrong clocks are in order, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    position_ms: Annotated[int, Field(ge=0, le=MAX_POSITION_MS)]
    device_time: AwareDatetime
    sent_at: AwareDatetime | None = None


class Position(LazyModel):
    """Position at which to resume.

    `position_ms` is null when that text is not in this recording, or cannot be played yet. `text_offset` counts code points of
    the media's current text; it and `device_time` are null before the first playback. `detached`: the text was made again, and
    what was read at the position is no longer in it; `text_offset` is then at as great a part of the text.
    """

    position_ms: int | None
    text_offset: int | None
    device_time: datetime | None
    detached: bool = False


def update_position(owner_id: UUID, job_id: UUID, new: NewPosition) -> Position:
    """Store a position unless a later one is stored; return the stored one.

    Raises NotFoundError, and UnprocessableContentError (`position_out_of_range`) for a time that cannot be played yet.
    """
    time = place.settle_time(new.device_time, new.sent_at, now=datetime.now(UTC))
    with database.transaction(owner_id) as connection:
        timeline = playable.get_open_timeline(connection, job_id)
        text_offset, past_ms = _text_position(connection, timeline, new.position_ms)
        position = ReadingPosition(text_offset, past_ms, time)
        if not timeline.job.reads_current_text:
            position = _in_current_text(connection, timeline.job, position)
        positions.save_heard(connection, owner_id, timeline.job.media_id, position)
        return _position(connection, timeline)


def get_position(owner_id: UUID, job_id: UUID) -> Position:
    """Return the stored position. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        return _position(connection, playable.get_open_timeline(connection, job_id))


def _text_position(connection: Connection, timeline: PlayableTimeline, ms: int) -> tuple[int, int]:
    """Return the offset of the word at a time, and the ms since its start."""
    number = timeline.segment_number_at(ms)
    if number == len(timeline.segments):
        if ms > timeline.duration_ms + END_TOLERANCE_MS:
            raise UnprocessableContentError(
                f"The position {ms:,} ms is after the {timeline.duration_ms:,} ms that can be played so far.",
                code="position_out_of_range",
            )
        return (timeline.segments[-1].row.text_end if timeline.segments else timeline.job.text_start), 0
    segment = timeline.segments[number]
    (words,) = playable.word_timings(connection, timeline.job.id, [segment])
    if not words:
        return segment.row.text_start, ms - segment.start_ms
    # in the silence before the first word: that word
    index = max(0, bisect_right(words, ms, key=lambda word: word.start_ms) - 1)
    return words[index].text_start, ms - words[index].start_ms


def _position(connection: Connection, timeline: PlayableTimeline) -> Position:
    stored = position_store.get(connection, timeline.job.media_id)
    if stored is None:
        return Position(position_ms=0, text_offset=None, device_time=None)
    of_recording = (
        stored if timeline.job.reads_current_text else _in_text_of_recording(connection, timeline.job, stored)
    )
    return Position(
        position_ms=None if of_recording is None else _position_ms(connection, timeline, of_recording),
        text_offset=stored.text_offset,
        device_time=stored.device_time,
        detached=stored.detached,
    )


def _in_current_text(connection: Connection, job: PlaybackJob, position: ReadingPosition) -> ReadingPosition:
    """Return a position in the text of a recording as one in the current text."""
    quotation = text_places.quote_position(connection, job.media_id, position.text_offset, version=job.text_version)
    found = text_places.find(connection, job.media_id, quotation, near=position.text_offset, version=None)
    return replace(
        position,
        text_offset=position.text_offset if found is None else found,
        quotation=quotation.to_selector(),
        detached=found is None,
    )


def _in_text_of_recording(connection: Connection, job: PlaybackJob, stored: ReadingPosition) -> ReadingPosition | None:
    """Return a position in the current text as one in the text of a recording; None if that does not contain it."""
    if stored.detached and stored.quotation is not None:
        quotation = Quotation.from_selector(stored.quotation)
    else:
        quotation = text_places.quote_position(connection, job.media_id, stored.text_offset, version=None)
    found = text_places.find(connection, job.media_id, quotation, near=stored.text_offset, version=job.text_version)
    return None if found is None else replace(stored, text_offset=found)


def _position_ms(connection: Connection, timeline: PlayableTimeline, stored: ReadingPosition) -> int | None:
    job, offset = timeline.job, stored.text_offset
    if not job.text_start <= offset <= job.text_end:
        return None
    number = bisect_right(timeline.segments, offset, key=lambda segment: segment.row.text_start) - 1
    if number < 0:  # blanks before the first segment
        return 0
    segment = timeline.segments[number]
    if offset >= segment.row.text_end:  # after a segment: where the next one begins, once it is playable
        is_last = number + 1 == len(timeline.segments)
        return segment.end_ms if not is_last or timeline.is_closed else None
    (words,) = playable.word_timings(connection, job.id, [segment])
    return _ms_in_segment(segment, words, stored)


def _ms_in_segment(segment: PositionedSegment, words: Sequence[WordTiming], stored: ReadingPosition) -> int:
    """Return the time with the stored distance to its word, but before the next word."""
    index = max(0, bisect_right(words, stored.text_offset, key=lambda word: word.text_start) - 1)
    start_ms = words[index].start_ms if words else segment.start_ms
    end_ms = words[index + 1].start_ms if index + 1 < len(words) else segment.end_ms
    earliest_ms = start_ms if index else segment.start_ms
    return max(earliest_ms, min(start_ms + stored.past_ms, end_ms - 1))
