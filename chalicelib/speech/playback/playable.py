"""Playable part of a recording: its leading segments that are finished and have HLS segments."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from uuid import UUID

from chalicelib.library import access
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
    """Playable segments in order. `is_closed`: no more will follow; `is_complete`: because these are all."""

    job: PlaybackJob
    segments: Sequence[PositionedSegment]
    is_closed: bool
    is_complete: bool

    @property
    def duration_ms(self) -> int:
        return self.segments[-1].end_ms if self.segments else 0

    def segment_number_at(self, ms: int) -> int:
        """Return the index of the segment at a time; the count of segments after the end."""
        return next((number for number, segment in enumerate(self.segments) if segment.end_ms > ms), len(self.segments))


def segment_digest(segment: PositionedSegment) -> str:
    """Return the version of a segment's HLS segments: it changes with audio and position."""
    version = f"{segment.frames_before} {segment.part.frame_count} {segment.row.audio_key}"
    return hashlib.sha256(version.encode()).hexdigest()[:12]


def leading_finished_segments(rows: Sequence[SegmentRow]) -> list[PositionedSegment]:
    """Return the segments with known positions: those before the first unfinished one."""
    return timeline.position_segments(list(takewhile(lambda row: row.status in timeline.FINISHED_STATUSES, rows)))


def unbuilt_segments(rows: Sequence[SegmentRow], digests: Mapping[int, str]) -> list[PositionedSegment]:
    """Return the leading finished segments without HLS segments, or with outdated ones."""
    return [
        segment
        for segment in leading_finished_segments(rows)
        if digests.get(segment.row.index) != segment_digest(segment)
    ]


def build_timeline(job: PlaybackJob, rows: Sequence[SegmentRow], digests: Mapping[int, str]) -> PlayableTimeline:
    """Build the timeline from values."""
    finished = leading_finished_segments(rows)
    playable = list(takewhile(lambda segment: digests.get(segment.row.index) == segment_digest(segment), finished))
    is_complete = bool(rows) and len(playable) == len(rows)
    is_stopped = job.status in STOPPED_STATUSES and len(playable) == len(finished)
    return PlayableTimeline(job, playable, is_closed=is_complete or is_stopped, is_complete=is_complete)


def get_timeline(connection: Connection, job_id: UUID) -> PlayableTimeline:
    """Return what of a job has been recorded. Raises NotFoundError, also for another owner's job."""
    job = get_job(connection, job_id)
    return build_timeline(job, segment_store.list_for_job(connection, job_id), store.list_digests(connection, job_id))


def get_open_timeline(connection: Connection, job_id: UUID) -> PlayableTimeline:
    """Return what of a job can be played now. Raises NotFoundError, and like `access.require_open`."""
    access.require_open(connection, get_job(connection, job_id).media_id)
    return get_timeline(connection, job_id)


def get_job(connection: Connection, job_id: UUID) -> PlaybackJob:
    job = store.get_job(connection, job_id)
    if job is None:
        raise NotFoundError(f"There is no speech job with the id {job_id}.")
    return job


def word_timings(connection: Connection, job_id: UUID, segments: Sequence[PositionedSegment]) -> list[list[WordTiming]]:
    """Return each segment's words, positioned in the whole recording and the whole text."""
    if not segments:
        return []
    words = store.list_word_timings(connection, job_id, first=segments[0].row.index, last=segments[-1].row.index)
    return [
        marks.shift(words.get(segment.row.index, ()), offset_ms=segment.start_ms, text_offset=segment.row.text_start)
        for segment in segments
    ]


def timing_accuracy(connection: Connection, job_id: UUID, segments: Sequence[PositionedSegment]) -> TimingAccuracy:
    """Return the least accurate of the segments' timings."""
    if not segments:
        return "exact"
    return store.get_timing_accuracy(connection, job_id, first=segments[0].row.index, last=segments[-1].row.index)
