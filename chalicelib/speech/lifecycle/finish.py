"""Putting the segments together: one recording, one set of marks, one of captions. In as many visits as it takes.

Audio is never held whole: the recording is written part by part, and who goes on knows which parts storage has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.library import texts
from chalicelib.library.model import Chapter
from chalicelib.platform.aws import queues, resumable_upload, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.resumable_upload import ObjectPlan
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import AppError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import jobs, recording_store, segment_store, store, word_index
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.dispatch.advance import retry_after_lease
from chalicelib.speech.model import FinishSpeechMessage, JobStatus, PlanSpeechMessage
from chalicelib.speech.playback import chapters, hls_segments, playable, service, timeline
from chalicelib.speech.playback.service import Marks
from chalicelib.speech.playback.timeline import PositionedSegment, SegmentAudioMissingError
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices.model import TimingAccuracy
from chalicelib.speech.word_index import SegmentWords

LEASE_S = 125  # the function's time limit and a little
WORK_S = 40  # no part of a recording is begun after it: with cutting before and documents behind, within the time limit


class LostError(Exception):
    """Another worker went on with the job, or it was cancelled or removed."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What is put together. `words` are those of each segment, `text` is what was read."""

    title: str
    chapters: Sequence[Chapter]
    segments: Sequence[PositionedSegment]
    words: Sequence[Sequence[WordTiming]]
    timing: TimingAccuracy
    text: str

    @property
    def duration_ms(self) -> int:
        return self.segments[-1].end_ms


def finish(order: FinishSpeechMessage, *, work_s: float = WORK_S) -> None:
    """Write the recording, its marks and its captions, then settle the job. Safe to repeat.

    A segment whose audio was lost meanwhile is spoken again.
    """
    try:
        if not _finish(order, work_s):
            queues.send(Queue.SPEECH_FINISH, order.model_dump_json(), group=str(order.owner_id))
    except SegmentAudioMissingError as lost:
        _speak_again(order, lost.index)
    except LostError:
        logger.info("finishing lost", job_id=order.job_id)


def _finish(order: FinishSpeechMessage, work_s: float) -> bool:
    """False when time was up before all was written."""
    if not hls_segments.build_pending(
        order.owner_id, order.job_id
    ):  # what players fetch; whoever was told that all is done finds it
        return False
    with database.transaction(order.owner_id) as connection:
        job = store.claim(
            connection, order.job_id, from_status=JobStatus.FINISHING, to_status=JobStatus.FINISHING, lease_s=LEASE_S
        )
    if job is None:
        retry_after_lease(Queue.SPEECH_FINISH, order, status=JobStatus.FINISHING)
        return True
    with database.transaction(order.owner_id) as connection:
        content = _read(connection, job)
        progress = recording_store.get_checkpoint(connection, job.id)
    recording, media_type = _recording(job, content), jobs.RECORDING_MEDIA_TYPE
    key, journal = jobs.recording_key(job.owner_id, job.id), _Journal(job)
    if not resumable_upload.resume(key, recording, progress, journal, media_type=media_type, work_s=work_s):
        with database.transaction(order.owner_id) as connection:
            recording_store.release(connection, job)
        return False
    _write_marks(job, content)
    _write_captions(job, content)
    status = (
        JobStatus.PARTIAL if any(segment.row.status == "failed" for segment in content.segments) else JobStatus.DONE
    )
    with database.transaction(order.owner_id) as connection:
        settled = store.complete(connection, job.id, status, fence=job.fence, duration_ms=content.duration_ms)
        if settled:
            word_index.replace(connection, order.owner_id, job.id, _spoken(content))
            recording_store.complete(connection, job.id, size_bytes=recording.size)
    if settled:
        logger.info(
            "speech settled",
            job_id=job.id,
            status=status.value,
            segments=len(content.segments),
            duration_ms=content.duration_ms,
        )
    return True


@dataclass(frozen=True, slots=True)
class _Journal:
    """How far the recording has come, beside the job."""

    job: JobRow

    def start(self, upload_id: str, layout: ObjectPlan) -> None:
        with database.transaction(self.job.owner_id) as connection:
            if not recording_store.start_upload(connection, self.job, upload_id=upload_id, layout=layout.digest):
                raise LostError

    def record_part(self, etag: str) -> None:
        with database.transaction(self.job.owner_id) as connection:
            if not recording_store.add_part(connection, self.job, etag):
                raise LostError


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the recording."""

    size: int
    read: Callable[[], bytes]


def _speak_again(order: FinishSpeechMessage, index: int) -> None:
    logger.error("segment lost", job_id=order.job_id, index=index)
    with database.transaction(order.owner_id) as connection:
        job = store.lock(connection, order.job_id)
        if job is None or job.status != JobStatus.FINISHING:
            return
        store.force_status(connection, job.id, JobStatus.SPEAKING)
        segment_store.requeue_missing_audio(connection, job.id, index)
        going = PlanSpeechMessage(owner_id=order.owner_id, job_id=order.job_id)
        letters = [outbox.enqueue(connection, order.owner_id, Queue.SPEECH_PLAN, going)]
    outbox.send(letters)


def _read(connection: Connection, job: JobRow) -> _Content:
    placed = timeline.position_segments(segment_store.list_for_job(connection, job.id))
    title, found = _headings(connection, job)
    return _Content(
        title=title,
        chapters=found,
        segments=placed,
        words=playable.word_timings(connection, job.id, placed),
        timing=playable.timing_accuracy(connection, job.id, placed),
        text=texts.get_slice(connection, job.media_id, job.text_start, job.text_end),
    )


def _headings(connection: Connection, job: JobRow) -> tuple[str, Sequence[Chapter]]:
    try:
        readable = texts.get_readable(connection, job.media_id)
    except AppError:  # trashed meanwhile; the recording was paid for and is finished without chapters
        return "", ()
    return readable.title, readable.chapters


def _recording(job: JobRow, content: _Content) -> ObjectPlan:
    """One header, then the frames of every segment."""
    parts = [segment.part for segment in content.segments]
    found = chapters.chapter_starts(content.chapters, content.segments, content.words, title=content.title)
    head = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=sum(part.byte_count for part in parts),
        title=content.title,
        chapters=chapters.audio_chapters(found, content.duration_ms),
        language=job.language,
        parts=parts,
    )
    frames = [_Piece(segment.part.byte_count, partial(timeline.read_frames, segment)) for segment in content.segments]
    names = "".join(playable.segment_digest(segment) for segment in content.segments)
    return ObjectPlan([_Piece(len(head), lambda: head), *frames], hashlib.sha256(head + names.encode()).hexdigest())


def _write_marks(job: JobRow, content: _Content) -> None:
    document = Marks(
        job_id=job.id,
        media_id=job.media_id,
        language=job.language,
        duration_ms=content.duration_ms,
        complete=True,
        timing=content.timing,
        words=[word for words in content.words for word in words],
    )
    body = document.model_dump_json().encode()
    storage.put(jobs.marks_key(job.owner_id, job.id), body, media_type="application/json")


def _write_captions(job: JobRow, content: _Content) -> None:
    body = service.render_captions(content.text, job.text_start, content.segments, content.words).encode()
    storage.put(jobs.captions_key(job.owner_id, job.id), body, media_type=service.CAPTIONS_TYPE)


def _spoken(content: _Content) -> list[SegmentWords]:
    return [
        SegmentWords(segment.row.text_start, segment.row.text_end, words)
        for segment, words in zip(content.segments, content.words, strict=True)
        if segment.row.status == "done"
    ]
