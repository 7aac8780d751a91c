"""What of a reading can be heard already: the settled and cut segments from its beginning, without a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import segment_store
from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.model import JobStatus
from chalicelib.speech.playback import store, timeline
from chalicelib.speech.playback.store import PlaybackJob
from chalicelib.speech.playback.timeline import PositionedSegment
from chalicelib.speech.segment_store import SegmentRow
from chalicelib.speech.voices.model import TimingAccuracy

STOPPED_STATUSES = frozenset({JobStatus.CANCELLED, JobStatus.FAILED})


@dataclass(frozen=True, slots=True)
class PlayableTimeline:
    """`segments` in order; `ended` when no more will come, `whole` when that is because they are all."""

    job: PlaybackJob
    segments: Sequence[PositionedSegment]
    is_closed: bool
    is_complete: bool

    @property
    def duration_ms(self) -> int:
        return self.segments[-1].end_ms if self.segments else 0

    def segment_number_at(self, ms: int) -> int:
        """The number of the segment that is heard at a time; how many there are for a time beyond them."""
        return next((number for number, each in enumerate(self.segments) if each.end_ms > ms), len(self.segments))


def segment_digest(segment: PositionedSegment) -> str:
    """The name of a segment's cut: another one for other audio and for another place in the recording."""
    said = f"{segment.frames_before} {segment.part.frame_count} {segment.row.audio_key}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def leading_finished_segments(rows: Sequence[SegmentRow]) -> list[PositionedSegment]:
    """The segments from the beginning whose places are known: all before them are settled, too."""
    return timeline.position_segments(list(takewhile(lambda row: row.status in timeline.FINISHED_STATUSES, rows)))


def unbuilt_segments(rows: Sequence[SegmentRow], digests: Mapping[int, str]) -> list[PositionedSegment]:
    """The settled segments from the beginning that are not cut as they should be."""
    return [
        segment
        for segment in leading_finished_segments(rows)
        if digests.get(segment.row.index) != segment_digest(segment)
    ]


def build_timeline(reading: PlaybackJob, rows: Sequence[SegmentRow], digests: Mapping[int, str]) -> PlayableTimeline:
    """What can be heard, from values."""
    known = leading_finished_segments(rows)
    cut = list(takewhile(lambda segment: digests.get(segment.row.index) == segment_digest(segment), known))
    whole = bool(rows) and len(cut) == len(rows)
    given_up = reading.status in STOPPED_STATUSES and len(cut) == len(known)
    return PlayableTimeline(reading, cut, is_closed=whole or given_up, is_complete=whole)


def get_timeline(connection: Connection, job_id: UUID) -> PlayableTimeline:
    """Raises NotFoundError, also for someone else's."""
    reading = get_job(connection, job_id)
    return build_timeline(
        reading, segment_store.list_for_job(connection, job_id), store.list_digests(connection, job_id)
    )


def get_job(connection: Connection, job_id: UUID) -> PlaybackJob:
    reading = store.get_job(connection, job_id)
    if reading is None:
        raise NotFoundError(f"There is no speech job with the id {job_id}.")
    return reading


def word_timings(connection: Connection, job_id: UUID, some: Sequence[PositionedSegment]) -> list[list[WordTiming]]:
    """The words of each of these segments, at their places in the whole recording and the whole text."""
    if not some:
        return []
    found = store.list_word_timings(connection, job_id, first=some[0].row.index, last=some[-1].row.index)
    return [
        marks.shift(found.get(each.row.index, ()), offset_ms=each.start_ms, text_offset=each.row.text_start)
        for each in some
    ]


def timing_accuracy(connection: Connection, job_id: UUID, some: Sequence[PositionedSegment]) -> TimingAccuracy:
    """`estimated` when the times of any word of these segments are."""
    if some and store.has_estimated_timings(connection, job_id, first=some[0].row.index, last=some[-1].row.index):
        return "estimated"
    return "exact"
