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
from chalicelib.platform.db.outbox import Letter
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech import segment_store
from chalicelib.speech.audio import mp3, playlist
from chalicelib.speech.audio.marks import Mark
from chalicelib.speech.model import CutOrder
from chalicelib.speech.playback import playable, store, timeline
from chalicelib.speech.playback.timeline import Placed
from chalicelib.speech.synthesize import description

PART_TYPE = "audio/mpeg"
WORK_S = 60  # nothing is begun after it; half of the function's time limit, since joining may follow
WRITERS = 8  # parts written at once: a segment has six


def order(connection: Connection, owner_id: UUID, job_id: UUID) -> list[Letter]:
    """An order to cut, when there is something that listeners can go on with; to be sent after the commit."""
    if not store.waits_to_be_cut(connection, job_id):
        return []
    return [outbox.write(connection, owner_id, Queue.SPEECH_FINISH, CutOrder(owner_id=owner_id, job_id=job_id))]


def cut(given: CutOrder) -> None:
    """Cut whatever can be cut; what is left when time is up is asked for anew. Safe to repeat."""
    if not extend(given.owner_id, given.job_id):
        queues.send(Queue.SPEECH_FINISH, given.model_dump_json(), group=str(given.owner_id))


def extend(owner_id: UUID, job_id: UUID, *, work_s: float = WORK_S) -> bool:
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


def part_key(owner_id: UUID, job_id: UUID, name: str) -> str:
    return f"speech/{owner_id}/{job_id}/parts/{name}"


def parts(segment: Placed, characters: int) -> list[tuple[str, int]]:
    """The parts of a segment of a text of this length: by what names the playlist calls them, and how many frames each has."""
    name = f"{segment.row.index}-{playable.digest(segment)}"
    longest_ms = playlist.longest_ms(segment.row.index, characters)
    lengths = playlist.layout(segment.part.frame_count, max_ms=longest_ms)
    return [(f"{name}-{number}.mp3", frame_count) for number, frame_count in enumerate(lengths)]


def _uncut(owner_id: UUID, job_id: UUID) -> tuple[list[Placed], int]:
    """The segments to cut, and the length of the text that is read; nothing of a job that is gone."""
    with database.transaction(owner_id) as connection:
        reading = store.find(connection, job_id)
        if reading is None:
            return [], 0
        waiting = playable.uncut(segment_store.of_job(connection, job_id), store.digests(connection, job_id))
        return waiting, reading.characters


def _cut(owner_id: UUID, job_id: UUID, segment: Placed, characters: int) -> None:
    frames = timeline.frames(segment)
    audio = mp3.Audio(frames, segment.part.frame_count, mp3.SPEECH.sample_rate, mp3.SPEECH.channels, None)
    longest_ms = playlist.longest_ms(segment.row.index, characters)
    made = playlist.cut(audio, start_ms=segment.start_ms, max_ms=longest_ms)
    with ThreadPoolExecutor(WRITERS) as writers:
        written = [
            writers.submit(storage.put, part_key(owner_id, job_id, name), part.data, media_type=PART_TYPE)
            for (name, _), part in zip(parts(segment, characters), made, strict=True)
        ]
        for each in written:
            each.result()
    words, is_estimated = _words(segment)
    with database.transaction(owner_id) as connection:
        store.save(
            connection,
            job_id,
            segment.row.index,
            digest=playable.digest(segment),
            start_frame=segment.frames_before,
            frame_count=segment.part.frame_count,
            crc=zlib.crc32(frames),
            words=words,
            estimated=is_estimated,
        )
    logger.info("segment cut", job_id=job_id, index=segment.row.index, parts=len(made), start_ms=segment.start_ms)
    if segment.row.index == 0:
        observability.measure({Metric.TIME_TO_FIRST_AUDIO_MS: observability.age_ms(job_id)})


def _words(segment: Placed) -> tuple[Sequence[Mark], bool]:
    """The words of a segment, and whether their times are estimates."""
    if segment.row.status != "done":
        return (), False
    spoken = description(segment.row.audio_key or "")
    if spoken is None:
        raise timeline.SegmentLostError(segment.row.index)
    return spoken.words, spoken.timing == "estimated"
