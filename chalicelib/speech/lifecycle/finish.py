"""Finishing a speech job: recording, speech marks, captions and artwork, in one or more runs.

The audio is never in memory as a whole: the recording is a multipart upload, and its checkpoint says which parts S3 has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chalicelib.library import media, texts
from chalicelib.library.model import Chapter
from chalicelib.platform.aws import queues, resumable_upload, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.resumable_upload import ObjectPlan
from chalicelib.platform.db import database, lease, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import AppError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import album as albums
from chalicelib.speech import artwork, jobs, segment_store, store, word_index
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.id3 import Album
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.dispatch.advance import retry_after_lease
from chalicelib.speech.lifecycle import recording_store
from chalicelib.speech.messages import FinishSpeechMessage, PlanSpeechMessage
from chalicelib.speech.model import JobStatus
from chalicelib.speech.playback import chapters, hls_segments, playable, service, timeline
from chalicelib.speech.playback.service import Marks
from chalicelib.speech.playback.skippable import SkippableRange
from chalicelib.speech.playback.timeline import PositionedSegment, SegmentAudioMissingError
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices.model import TimingAccuracy
from chalicelib.speech.word_index import SegmentWords
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType

LEASE_S = 125  # the function's time limit and a little more
WORK_S = 40  # no part is started after it: with HLS segments before and documents after, it stays below the time limit


@dataclass(frozen=True, slots=True)
class _RecordingContent:
    """The content of a recording. `words` has a list for each segment; `text` is the text that was read.

    `album` is None if the document cannot be opened any more.
    """

    title: str
    chapters: Sequence[Chapter]
    segments: Sequence[PositionedSegment]
    words: Sequence[Sequence[WordTiming]]
    skippable: Sequence[SkippableRange]
    timing: TimingAccuracy
    text: str
    album: Album | None = None

    @property
    def duration_ms(self) -> int:
        return self.segments[-1].end_ms


def finish(message: FinishSpeechMessage, *, work_s: float = WORK_S) -> None:
    """Write the recording, its speech marks, its captions and its artwork, then complete the job. Idempotent.

    A segment with audio missing from storage is synthesized again.
    """
    try:
        if not _finish(message, work_s):
            queues.send(Queue.SPEECH_JOBS, message.model_dump_json(), group=str(message.owner_id))
    except SegmentAudioMissingError as error:
        _requeue_missing_audio(message, error.index)


def _finish(message: FinishSpeechMessage, work_s: float) -> bool:
    """Return False if time ran out before everything was written."""
    # HLS segments first: a client that sees `done` can play all of them.
    if not hls_segments.build_pending(message.owner_id, message.job_id):
        return False
    with database.transaction(message.owner_id) as connection:
        job = store.claim(
            connection,
            message.job_id,
            from_status=JobStatus.FINISHING,
            to_status=JobStatus.FINISHING,
            lease_s=LEASE_S,
        )
    if job is None:
        retry_after_lease(Queue.SPEECH_JOBS, message, status=JobStatus.FINISHING)
        return True
    is_complete = True  # also if the lease is lost: another worker has the job, or it was cancelled or deleted
    with lease.hold(job, store.release):
        is_complete = _write_recording(job, work_s)
    return is_complete  # noqa: RET504 - the block may end early, and quietly


def _write_recording(job: JobRow, work_s: float) -> bool:
    """Return False if time ran out before everything was written."""
    with database.transaction(job.owner_id) as connection:
        recording = _load(connection, job)
        progress = recording_store.get_checkpoint(connection, job.id)
    if recording.album is not None:
        album = replace(recording.album, cover=albums.read_cover(job.owner_id, job.media_id))
        recording = replace(recording, album=album)
    audio, media_type = _resumable_plan(job, recording, progress.layout), jobs.RECORDING_MEDIA_TYPE
    key, checkpoint = jobs.recording_key(job.owner_id, job.id), _RecordingCheckpoint(job)
    if not resumable_upload.resume(key, audio, progress, checkpoint, media_type=media_type, work_s=work_s):
        with database.transaction(job.owner_id) as connection:
            recording_store.release(connection, job)
        return False
    _write_marks(job, recording)
    _write_captions(job, recording)
    _write_artwork(job, recording)
    has_gaps = any(segment.row.status == "failed" for segment in recording.segments)
    status = JobStatus.PARTIAL if has_gaps else JobStatus.DONE
    with database.transaction(job.owner_id) as connection:
        store.complete(connection, job, status, duration_ms=recording.duration_ms)
        word_index.replace(connection, job.owner_id, job.id, _indexed_words(recording))
        recording_store.complete(connection, job.id, size_bytes=audio.size)
        announced = announce(
            connection, job.owner_id, EventType.SPEECH_DONE, media_id=job.media_id, job_id=job.id, status=status.value
        )
    outbox.send(announced)
    logger.info(
        "speech job finished",
        job_id=job.id,
        status=status.value,
        segments=len(recording.segments),
        duration_ms=recording.duration_ms,
    )
    return True


@dataclass(frozen=True, slots=True)
class _RecordingCheckpoint:
    """The progress of a recording, stored with its job. Both methods raise LeaseLostError."""

    job: JobRow

    def start(self, upload_id: str, digest: str) -> None:
        with database.transaction(self.job.owner_id) as connection:
            recording_store.start_upload(connection, self.job, upload_id=upload_id, layout=digest)

    def record_parts(self, etags: Sequence[str], position: int) -> None:  # noqa: ARG002 - the number of parts
        with database.transaction(self.job.owner_id) as connection:
            recording_store.add_parts(connection, self.job, etags)


@dataclass(frozen=True, slots=True)
class _AudioChunk:
    """A byte range of the recording."""

    size: int
    read: Callable[[], bytes]


def _requeue_missing_audio(message: FinishSpeechMessage, index: int) -> None:
    logger.error("segment audio missing", job_id=message.job_id, index=index)
    with database.transaction(message.owner_id) as connection:
        job = store.lock(connection, message.job_id)
        if job is None or job.status != JobStatus.FINISHING:
            return
        store.force_status(connection, job.id, JobStatus.SPEAKING)
        segment_store.requeue_missing_audio(connection, job.id, index)
        plan_message = PlanSpeechMessage(owner_id=message.owner_id, job_id=message.job_id)
        messages = [outbox.enqueue(connection, message.owner_id, Queue.SPEECH_JOBS, plan_message)]
    outbox.send(messages)


def _load(connection: Connection, job: JobRow) -> _RecordingContent:
    segments = timeline.position_segments(segment_store.list_for_job(connection, job.id))
    title, album, headings = _headings(connection, job)
    words = playable.word_timings(connection, job.id, segments)
    spoken = [word for words_ in words for word in words_]
    return _RecordingContent(
        title=title,
        album=album,
        chapters=headings,
        segments=segments,
        words=words,
        skippable=service.list_skippable(connection, job.media_id, job.text_version, segments, spoken),
        timing=playable.timing_accuracy(connection, job.id, segments),
        text=texts.get_slice(connection, job.media_id, job.text_start, job.text_end, version=job.text_version),
    )


def _headings(connection: Connection, job: JobRow) -> tuple[str, Album | None, Sequence[Chapter]]:
    try:
        readable = texts.get_readable(connection, job.media_id, version=job.text_version)
        document = media.load(connection, job.media_id)
    except AppError:  # moved to the trash in the meantime; the recording is paid for and is finished without chapters
        return "", None, ()
    return readable.title, albums.of_media(document), readable.chapters


def _resumable_plan(job: JobRow, recording: _RecordingContent, started_layout: str | None) -> ObjectPlan:
    """Plan the MP3 as it was started. The release before named no album."""
    plan = _audio_plan(job, recording)
    if started_layout in {None, plan.digest}:
        return plan
    without_album = _audio_plan(job, replace(recording, album=None))
    return without_album if without_album.digest == started_layout else plan


def _audio_plan(job: JobRow, recording: _RecordingContent) -> ObjectPlan:
    """Plan the MP3: one header, then the frames of every segment."""
    parts = [segment.part for segment in recording.segments]
    starts = chapters.chapter_starts(recording.chapters, recording.segments, recording.words, title=recording.title)
    header = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=sum(part.byte_count for part in parts),
        title=recording.title,
        chapters=chapters.audio_chapters(starts, recording.duration_ms),
        language=job.language,
        album=recording.album,
        parts=parts,
    )
    frames = [
        _AudioChunk(segment.part.byte_count, partial(timeline.read_frames, segment)) for segment in recording.segments
    ]
    digests = "".join(playable.segment_digest(segment) for segment in recording.segments)
    return ObjectPlan(
        [_AudioChunk(len(header), lambda: header), *frames], hashlib.sha256(header + digests.encode()).hexdigest()
    )


def _write_marks(job: JobRow, recording: _RecordingContent) -> None:
    document = Marks(
        job_id=job.id,
        media_id=job.media_id,
        language=job.language,
        duration_ms=recording.duration_ms,
        complete=True,
        timing=recording.timing,
        words=[word for words in recording.words for word in words],
        skippable=list(recording.skippable),
    )
    body = document.model_dump_json().encode()
    storage.put(jobs.marks_key(job.owner_id, job.id), body, media_type="application/json")


def _write_captions(job: JobRow, recording: _RecordingContent) -> None:
    captions = service.render_captions(recording.text, job.text_start, recording.segments, recording.words)
    storage.put(jobs.captions_key(job.owner_id, job.id), captions.encode(), media_type=service.CAPTIONS_TYPE)


def _write_artwork(job: JobRow, recording: _RecordingContent) -> None:
    if recording.album is None:
        return
    content = artwork.render(recording.album.cover)
    storage.put(jobs.artwork_key(job.owner_id, job.id), content, media_type=artwork.MEDIA_TYPE)


def _indexed_words(recording: _RecordingContent) -> list[SegmentWords]:
    return [
        SegmentWords(segment.row.text_start, segment.row.text_end, words)
        for segment, words in zip(recording.segments, recording.words, strict=True)
        if segment.row.status == "done"
    ]
