"""Cutting settled segments into the parts that players fetch, as soon as the time at which each begins is known.

The standard wants every part to begin with its time in the whole recording (RFC 8216, 3.4). A segment's own audio cannot
carry that: it serves many readings, and is spoken before those in front of it. So parts are objects of their own, written here.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech import segment_store
from chalicelib.speech.audio import mp3, playlist
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.model import BuildHlsSegmentsMessage
from chalicelib.speech.playback import playable, store, timeline
from chalicelib.speech.playback.timeline import PositionedSegment
from chalicelib.speech.synthesize import get_segment_audio

HLS_SEGMENT_TYPE = "audio/mpeg"
WORK_S = 60  # nothing is begun after it; half of the function's time limit, since joining may follow
MAX_CONCURRENT_WRITES = 8  # parts written at once: a segment has six


def enqueue(connection: Connection, owner_id: UUID, job_id: UUID) -> list[OutboxMessage]:
    """An order to cut, when there is something that listeners can go on with; to be sent after the commit."""
    if not store.has_unbuilt_segment(connection, job_id):
        return []
    return [
        outbox.enqueue(
            connection, owner_id, Queue.SPEECH_FINISH, BuildHlsSegmentsMessage(owner_id=owner_id, job_id=job_id)
        )
    ]


def build_segments(given: BuildHlsSegmentsMessage) -> None:
    """Cut whatever can be cut; what is left when time is up is asked for anew. Safe to repeat."""
    if not build_pending(given.owner_id, given.job_id):
        queues.send(Queue.SPEECH_FINISH, given.model_dump_json(), group=str(given.owner_id))


def build_pending(owner_id: UUID, job_id: UUID, *, work_s: float = WORK_S) -> bool:
    """Cut the settled segments from the beginning on. False when time was up before that was done."""
    began = time.monotonic()
    while True:
        waiting, characters = _uncut(owner_id, job_id)
        if not waiting:
            return True
        for segment in waiting:
            if time.monotonic() - began > work_s:
                return False
            _cut(owner_id, job_id, segment, characters)


def object_key(owner_id: UUID, job_id: UUID, name: str) -> str:
    return f"speech/{owner_id}/{job_id}/parts/{name}"


def plan_hls_segments(segment: PositionedSegment, characters: int) -> list[tuple[str, int]]:
    """The parts of a segment of a text of this length: by what names the playlist calls them, and how many frames each has."""
    name = f"{segment.row.index}-{playable.segment_digest(segment)}"
    longest_ms = playlist.max_hls_segment_ms(segment.row.index, characters)
    lengths = playlist.split_frames(segment.part.frame_count, max_ms=longest_ms)
    return [(f"{name}-{number}.mp3", frame_count) for number, frame_count in enumerate(lengths)]


def _uncut(owner_id: UUID, job_id: UUID) -> tuple[list[PositionedSegment], int]:
    """The segments to cut, and the length of the text that is read; nothing of a job that is gone."""
    with database.transaction(owner_id) as connection:
        reading = store.get_job(connection, job_id)
        if reading is None:
            return [], 0
        waiting = playable.unbuilt_segments(
            segment_store.list_for_job(connection, job_id), store.list_digests(connection, job_id)
        )
        return waiting, reading.characters


def _cut(owner_id: UUID, job_id: UUID, segment: PositionedSegment, characters: int) -> None:
    frames = timeline.read_frames(segment)
    audio = mp3.Audio(frames, segment.part.frame_count, mp3.SPEECH_FORMAT.sample_rate, mp3.SPEECH_FORMAT.channels, None)
    longest_ms = playlist.max_hls_segment_ms(segment.row.index, characters)
    made = playlist.split_audio(audio, start_ms=segment.start_ms, max_ms=longest_ms)
    with ThreadPoolExecutor(MAX_CONCURRENT_WRITES) as writers:
        written = [
            writers.submit(storage.put, object_key(owner_id, job_id, name), part.data, media_type=HLS_SEGMENT_TYPE)
            for (name, _), part in zip(plan_hls_segments(segment, characters), made, strict=True)
        ]
        for each in written:
            each.result()
    words, is_estimated = _words(segment)
    with database.transaction(owner_id) as connection:
        store.upsert(
            connection,
            job_id,
            segment.row.index,
            digest=playable.segment_digest(segment),
            start_frame=segment.frames_before,
            frame_count=segment.part.frame_count,
            crc=zlib.crc32(frames),
            words=words,
            estimated=is_estimated,
        )
    logger.info("segment cut", job_id=job_id, index=segment.row.index, parts=len(made), start_ms=segment.start_ms)
    if segment.row.index == 0:
        observability.record_metrics({Metric.TIME_TO_FIRST_AUDIO_MS: observability.age_ms(job_id)})


def _words(segment: PositionedSegment) -> tuple[Sequence[WordTiming], bool]:
    """The words of a segment, and whether their times are estimates."""
    if segment.row.status != "done":
        return (), False
    spoken = get_segment_audio(segment.row.audio_key or "")
    if spoken is None:
        raise timeline.SegmentAudioMissingError(segment.row.index)
    return spoken.words, spoken.timing == "estimated"
