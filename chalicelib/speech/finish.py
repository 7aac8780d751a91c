"""Putting the segments together: one recording, one set of marks, one of captions. Audio is streamed, never held whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.library import texts
from chalicelib.library.model import Chapter
from chalicelib.platform import database, outbox, queues, storage
from chalicelib.platform.database import Connection
from chalicelib.platform.errors import AppError
from chalicelib.platform.observability import logger
from chalicelib.platform.queues import Queue
from chalicelib.speech import chapters, jobs, moments, mp3, place, store
from chalicelib.speech.marks import Mark
from chalicelib.speech.model import FinishOrder, JobStatus, PlanOrder
from chalicelib.speech.moments import Spoken
from chalicelib.speech.place import Placed, SegmentLostError
from chalicelib.speech.playback import cut, listen, ready
from chalicelib.speech.playback import store as playback
from chalicelib.speech.playback.listen import Marks
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices.model import Timing

LEASE_S = 125  # the function's time limit and a little


@dataclass(frozen=True, slots=True)
class _Content:
    """What is put together. `words` are those of each segment, `text` is what was read."""

    title: str
    chapters: Sequence[Chapter]
    segments: Sequence[Placed]
    words: Sequence[Sequence[Mark]]
    timing: Timing
    text: str

    @property
    def duration_ms(self) -> int:
        return self.segments[-1].end_ms


def finish(order: FinishOrder) -> None:
    """Write the recording, its marks and its captions, then settle the job. Safe to repeat.

    A segment whose audio was lost meanwhile is spoken again.
    """
    try:
        _finish(order)
    except SegmentLostError as lost:
        _speak_again(order, lost.index)


def _finish(order: FinishOrder) -> None:
    if not cut.extend(order.owner_id, order.job_id):  # what players fetch; whoever was told that all is done finds it
        queues.send(Queue.SPEECH_FINISH, order.model_dump_json(), group=str(order.owner_id))
        return
    with database.transaction(order.owner_id) as connection:
        job = store.claim_job(
            connection, order.job_id, waiting=JobStatus.FINISHING, working=JobStatus.FINISHING, lease_s=LEASE_S
        )
        if job is None:
            return
        content = _read(connection, job)
    size_bytes = _write_recording(job, content)
    _write_marks(job, content)
    _write_captions(job, content)
    status = (
        JobStatus.PARTIAL if any(segment.row.status == "failed" for segment in content.segments) else JobStatus.DONE
    )
    with database.transaction(order.owner_id) as connection:
        settled = store.move_job(connection, job.id, status, fence=job.fence, duration_ms=content.duration_ms)
        if settled:
            moments.save(connection, order.owner_id, job.id, _spoken(content))
            playback.note_recording(connection, job.id, size_bytes)
    if settled:
        logger.info(
            "speech settled",
            job_id=job.id,
            status=status.value,
            segments=len(content.segments),
            duration_ms=content.duration_ms,
        )


def _speak_again(order: FinishOrder, index: int) -> None:
    logger.error("segment lost", job_id=order.job_id, index=index)
    with database.transaction(order.owner_id) as connection:
        job = store.lock_job(connection, order.job_id)
        if job is None or job.status != JobStatus.FINISHING:
            return
        store.interrupt(connection, job.id, JobStatus.SPEAKING)
        store.plan_lost_again(connection, job.id, index)
        going = PlanOrder(owner_id=order.owner_id, job_id=order.job_id)
        letters = [outbox.write(connection, order.owner_id, Queue.SPEECH_PLAN, going)]
    outbox.send(letters)


def _read(connection: Connection, job: JobRow) -> _Content:
    placed = place.place(store.segments(connection, job.id))
    title, found = _headings(connection, job)
    return _Content(
        title=title,
        chapters=found,
        segments=placed,
        words=ready.words(connection, job.id, placed),
        timing=ready.timing(connection, job.id, placed),
        text=texts.between(connection, job.media_id, job.text_start, job.text_end),
    )


def _headings(connection: Connection, job: JobRow) -> tuple[str, Sequence[Chapter]]:
    try:
        readable = texts.readable(connection, job.media_id)
    except AppError:  # trashed meanwhile; the recording was paid for and is finished without chapters
        return "", ()
    return readable.title, readable.chapters


def _write_recording(job: JobRow, content: _Content) -> int:
    """Answers how many bytes it has."""
    parts = [segment.part for segment in content.segments]
    found = chapters.find(content.chapters, content.segments, content.words, title=content.title)
    audio_bytes = sum(part.byte_count for part in parts)
    head = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=audio_bytes,
        title=content.title,
        chapters=chapters.times(found, content.duration_ms),
        language=job.language,
        parts=parts,
    )
    with storage.PartWriter(jobs.recording_key(job.owner_id, job.id), media_type=jobs.RECORDING_TYPE) as writer:
        writer.write(head)
        for segment in content.segments:
            writer.write(place.frames(segment))
    return len(head) + audio_bytes


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
    body = listen.all_captions(content.text, job.text_start, content.segments, content.words).encode()
    storage.put(jobs.captions_key(job.owner_id, job.id), body, media_type=listen.CAPTIONS_TYPE)


def _spoken(content: _Content) -> list[Spoken]:
    return [
        Spoken(segment.row.text_start, segment.row.text_end, words)
        for segment, words in zip(content.segments, content.words, strict=True)
        if segment.row.status == "done"
    ]
