"""Putting the segments together: one recording, one set of marks. Audio is streamed, never held whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from pydantic import BaseModel

from chalicelib.library import texts
from chalicelib.library.model import Chapter
from chalicelib.platform import database, storage
from chalicelib.platform.errors import AppError
from chalicelib.platform.observability import logger
from chalicelib.speech import jobs, marks, moments, mp3, store
from chalicelib.speech.marks import Mark
from chalicelib.speech.model import FinishOrder, JobStatus
from chalicelib.speech.moments import Spoken
from chalicelib.speech.store import JobRow, SegmentRow
from chalicelib.speech.synthesize import SpokenSegment

LEASE_S = 125  # the function's time limit and a little
GAP_MS = 500  # silence in place of what no provider would speak


class Marks(BaseModel):
    """The marks of a recording: `words` are [start_ms, end_ms, text_start, text_end], offsets in code points of the
    reading text."""

    version: int = 1
    job_id: UUID
    media_id: UUID
    language: str
    duration_ms: int
    words: list[Mark]


@dataclass(frozen=True, slots=True)
class Placed:
    """A segment, and how many frames stand before it."""

    row: SegmentRow
    part: mp3.Part
    frames_before: int

    @property
    def start_ms(self) -> int:
        return mp3.duration_ms(self.frames_before)


class SegmentLostError(Exception):
    """The bytes of a segment are not what its row says; joining them would spoil the recording."""


def finish(order: FinishOrder) -> None:
    """Write the recording and its marks, then settle the job. Safe to repeat."""
    with database.transaction(order.owner_id) as connection:
        job = store.claim_job(
            connection, order.job_id, waiting=JobStatus.FINISHING, working=JobStatus.FINISHING, lease_s=LEASE_S
        )
        if job is None:
            return
        rows = store.segments(connection, job.id)
    placed = place(rows)
    duration_ms = mp3.duration_ms(placed[-1].frames_before + placed[-1].part.frame_count)
    _write_recording(job, placed)
    spoken = _spoken(placed)
    _write_marks(job, spoken, duration_ms)
    status = JobStatus.PARTIAL if any(row.status == "failed" for row in rows) else JobStatus.DONE
    with database.transaction(order.owner_id) as connection:
        settled = store.move_job(connection, job.id, status, fence=job.fence, duration_ms=duration_ms)
        if settled:
            moments.save(connection, order.owner_id, job.id, spoken)
    if settled:
        logger.info("speech settled", job_id=job.id, status=status.value, segments=len(rows), duration_ms=duration_ms)


def place(rows: Sequence[SegmentRow]) -> list[Placed]:
    """Where each segment stands in the recording; a failed one is a moment of silence."""
    gap = mp3.silence(GAP_MS).part
    parts = [mp3.Part(row.frame_count or 0, row.audio_bytes or 0) if row.status == "done" else gap for row in rows]
    before = accumulate((part.frame_count for part in parts), initial=0)
    return [Placed(row, part, frames) for row, part, frames in zip(rows, parts, before, strict=False)]


def _write_recording(job: JobRow, placed: Sequence[Placed]) -> None:
    title, chapters = _headings(job)
    parts = [segment.part for segment in placed]
    head = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=sum(part.byte_count for part in parts),
        title=title,
        chapters=chapter_times(chapters, placed),
        parts=parts,
    )
    with storage.PartWriter(jobs.recording_key(job.owner_id, job.id), media_type=jobs.RECORDING_TYPE) as writer:
        writer.write(head)
        for segment in placed:
            writer.write(_frames(segment))


def _frames(segment: Placed) -> bytes:
    if segment.row.status != "done":
        return mp3.silence(GAP_MS).frames
    frames = storage.read(f"{segment.row.audio_key}.mp3")
    if len(frames) != segment.part.byte_count:
        raise SegmentLostError(
            f"segment {segment.row.index} has {len(frames)} bytes instead of {segment.part.byte_count}"
        )
    return frames


def _headings(job: JobRow) -> tuple[str, Sequence[Chapter]]:
    try:
        with database.transaction(job.owner_id) as connection:
            readable = texts.readable(connection, job.media_id)
    except AppError:  # trashed meanwhile; the recording was paid for and is finished without chapters
        return "", ()
    return readable.title, readable.chapters


def chapter_times(chapters: Sequence[Chapter], placed: Sequence[Placed]) -> list[mp3.Chapter]:
    """When each chapter begins: with the first segment that reaches into it. Chapters that were not read are left out."""
    end_ms = mp3.duration_ms(placed[-1].frames_before + placed[-1].part.frame_count)
    starts: list[tuple[str, int]] = []
    for chapter in chapters:
        inside = (s for s in placed if s.row.text_end > chapter.start and s.row.text_start < chapter.end)
        first = next(inside, None)
        if first is not None and (not starts or first.start_ms > starts[-1][1]):
            starts.append((chapter.title, first.start_ms))
    ends = [*(start for _, start in starts[1:]), end_ms]
    return [mp3.Chapter(title, start, end) for (title, start), end in zip(starts, ends, strict=False)]


def _write_marks(job: JobRow, spoken: Sequence[Spoken], duration_ms: int) -> None:
    document = Marks(
        job_id=job.id,
        media_id=job.media_id,
        language=job.language,
        duration_ms=duration_ms,
        words=[word for segment in spoken for word in segment.words],
    )
    body = document.model_dump_json().encode()
    storage.put(jobs.marks_key(job.owner_id, job.id), body, media_type="application/json")


def _spoken(placed: Sequence[Placed]) -> list[Spoken]:
    """The words of the segments that were spoken, moved to where they stand in the whole."""
    spoken = []
    for segment in placed:
        row = segment.row
        if row.status == "done":
            kept = SpokenSegment.model_validate_json(storage.read(f"{row.audio_key}.json"))
            words = marks.shift(kept.words, ms=segment.start_ms, text=row.text_start)
            spoken.append(Spoken(row.text_start, row.text_end, words))
    return spoken
