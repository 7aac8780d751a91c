"""HLS segments: the files that players fetch, built once their start times are known.

The standard wants every segment to begin with its time in the whole recording (RFC 8216, 3.4). A speech segment's own audio
cannot carry that: it serves many recordings, and is spoken before the segments ahead of it. So HLS segments are separate
objects, written here.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from uuid import UUID

from chalicelib.platform import threads
from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech import segment_audio, segment_store
from chalicelib.speech.audio import mp3, playlist
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.messages import BuildHlsSegmentsMessage
from chalicelib.speech.playback import playable, store, timeline
from chalicelib.speech.playback.store import PlaybackJob
from chalicelib.speech.playback.timeline import PositionedSegment
from chalicelib.speech.voices.model import TimingAccuracy
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType

HLS_SEGMENT_TYPE = "audio/mpeg"
WORK_S = 60  # no segment is started after it; half of the function's time limit, since joining may follow
MAX_CONCURRENT_WRITES = 8  # objects; a speech segment has six


def enqueue(connection: Connection, owner_id: UUID, job_id: UUID) -> list[OutboxMessage]:
    """Enqueue building if listeners could continue with its result.

    The caller sends the messages after the commit.
    """
    if not store.has_unbuilt_segment(connection, job_id):
        return []
    message = BuildHlsSegmentsMessage(owner_id=owner_id, job_id=job_id)
    return [outbox.enqueue(connection, owner_id, Queue.SPEECH_JOBS, message)]


def build_segments(message: BuildHlsSegmentsMessage) -> None:
    """Build all HLS segments that can be built; requeue the message when time is up before.

    Idempotent.
    """
    if not build_pending(message.owner_id, message.job_id):
        queues.send(Queue.SPEECH_JOBS, message.model_dump_json(), group=str(message.owner_id))


def build_pending(owner_id: UUID, job_id: UUID, *, work_s: float = WORK_S) -> bool:
    """Build the HLS segments of the leading finished segments.

    Return False when time is up before all are built.
    """
    started = time.monotonic()
    while True:
        job, pending = _unbuilt(owner_id, job_id)
        if job is None or not pending:
            return True
        for segment in pending:
            if time.monotonic() - started > work_s:
                return False
            _build(job, segment)


def object_key(owner_id: UUID, job_id: UUID, name: str) -> str:
    return f"speech/{owner_id}/{job_id}/parts/{name}"


def plan_hls_segments(segment: PositionedSegment, characters: int) -> list[tuple[str, int]]:
    """Return name and frame count of a speech segment's HLS segments.

    `characters` is the length of the whole text.
    """
    prefix = f"{segment.row.index}-{playable.segment_digest(segment)}"
    max_ms = playlist.max_hls_segment_ms(segment.row.index, characters)
    frame_counts = playlist.split_frames(segment.part.frame_count, max_ms=max_ms)
    return [(f"{prefix}-{number}.mp3", frame_count) for number, frame_count in enumerate(frame_counts)]


def _unbuilt(owner_id: UUID, job_id: UUID) -> tuple[PlaybackJob | None, list[PositionedSegment]]:
    """Return a job and its segments to build; nothing for a deleted job."""
    with database.transaction(owner_id) as connection:
        job = store.get_job(connection, job_id)
        if job is None:
            return None, []
        rows = segment_store.list_for_job(connection, job_id)
        return job, playable.unbuilt_segments(rows, store.list_digests(connection, job_id))


def _build(job: PlaybackJob, segment: PositionedSegment) -> None:
    owner_id, job_id, characters = job.owner_id, job.id, job.characters
    frames = timeline.read_frames(segment)
    speech = mp3.SPEECH_FORMAT
    audio = mp3.Audio(frames, segment.part.frame_count, speech.sample_rate, speech.channels, None)
    max_ms = playlist.max_hls_segment_ms(segment.row.index, characters)
    hls_segments = playlist.split_audio(audio, start_ms=segment.start_ms, max_ms=max_ms)
    with threads.pool(MAX_CONCURRENT_WRITES) as executor:
        writes = [
            executor.submit(storage.put, object_key(owner_id, job_id, name), content.data, media_type=HLS_SEGMENT_TYPE)
            for (name, _), content in zip(plan_hls_segments(segment, characters), hls_segments, strict=True)
        ]
        for write in writes:
            write.result()
    words, timing = _words(segment)
    announced: list[OutboxMessage] = []
    with database.transaction(owner_id) as connection:
        if not store.list_digests(connection, job_id):
            announced = announce(
                connection, owner_id, EventType.SPEECH_FIRST_AUDIO, media_id=job.media_id, job_id=job_id
            )
        store.upsert(
            connection,
            job_id,
            segment.row.index,
            digest=playable.segment_digest(segment),
            start_frame=segment.frames_before,
            frame_count=segment.part.frame_count,
            crc=zlib.crc32(frames),
            words=words,
            timing=timing,
        )
    outbox.send(announced)
    logger.info(
        "HLS segments built",
        job_id=job_id,
        index=segment.row.index,
        hls_segments=len(hls_segments),
        start_ms=segment.start_ms,
    )
    if segment.row.index == 0:
        observability.record_metrics({Metric.TIME_TO_FIRST_AUDIO_MS: observability.age_ms(job_id)})


def _words(segment: PositionedSegment) -> tuple[Sequence[WordTiming], TimingAccuracy]:
    """Return the words of a segment, and how accurate their times are."""
    if segment.row.status != "done":
        return (), "exact"
    audio = segment_audio.get(segment.row.audio_key or "")
    if audio is None:
        raise timeline.SegmentAudioMissingError(segment.row.index)
    return audio.words, audio.timing
