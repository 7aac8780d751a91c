"""A finished reading, chapter by chapter: what archives are made of."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from uuid import UUID

from chalicelib.library import texts
from chalicelib.platform.db.database import Connection
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.exports.archive import FileChunk, PlannedFile, literal_chunk
from chalicelib.speech.playback import chapters, playable, store, timeline
from chalicelib.speech.playback.chapters import ChapterStart
from chalicelib.speech.playback.timeline import PositionedSegment

MAX_NAME_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class ExportChapter:
    """`words` have their times from the chapter's beginning, and their places in the whole text."""

    number: int
    title: str
    text_start: int
    text_end: int
    duration_ms: int
    words: Sequence[WordTiming]
    frame_ranges: Sequence[FrameRange]


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Some frames of a segment, from one to before another."""

    segment: PositionedSegment
    start: int
    end: int

    @property
    def is_whole(self) -> bool:
        return self.start == 0 and self.end == self.segment.part.frame_count

    def read(self, crcs: Mapping[int, int]) -> bytes:
        """Its frames. Raises SegmentLostError when the segment is not what was cut."""
        frames = timeline.read_frames(self.segment)
        if zlib.crc32(frames) != crcs[self.segment.row.index]:
            raise timeline.SegmentAudioMissingError(self.segment.row.index)
        if self.is_whole:
            return frames
        offsets = mp3.frame_offsets(frames)
        return frames[offsets[self.start] : offsets[self.end]]


@dataclass(frozen=True, slots=True)
class RecordingContent:
    """Everything about a reading; `text` is all that was read."""

    job_id: UUID
    title: str
    language: str
    made_at: datetime
    text: str
    chapters: Sequence[ExportChapter]
    crcs: Mapping[int, int]

    def text_between(self, start: int, end: int) -> str:
        origin = self.chapters[0].text_start
        return self.text[start - origin : end - origin]


def load(connection: Connection, job_id: UUID, *, made_at: datetime) -> RecordingContent | None:
    """None when the reading is not whole, such as while a retry is under way. Raises NotFoundError and ConflictError."""
    heard = playable.get_timeline(connection, job_id)
    if not heard.is_complete:
        return None
    reading, placed = heard.job, heard.segments
    readable = texts.get_readable(connection, reading.media_id)
    words = playable.word_timings(connection, job_id, placed)
    found = chapters.chapter_starts(readable.chapters, placed, words, title=readable.title)
    beginnings = found or [ChapterStart(readable.title, reading.text_start, 0, 0, 0)]
    start = min(beginnings[0].text_start, placed[0].row.text_start)
    beginnings[0] = beginnings[0]._replace(text_start=start)
    return RecordingContent(
        job_id=job_id,
        title=readable.title,
        language=reading.language,
        made_at=made_at,
        text=texts.get_slice(connection, reading.media_id, start, reading.text_end),
        chapters=list(_chapters(beginnings, placed, words, text_end=reading.text_end)),
        crcs=store.list_checksums(connection, job_id),
    )


def chapter_file(content: RecordingContent, chapter: ExportChapter, name: str) -> PlannedFile:
    """A chapter as an MP3 file of its own."""
    pieces = [_piece(stretch, content.crcs) for stretch in chapter.frame_ranges]
    parts = [
        mp3.Mp3Part(stretch.end - stretch.start, piece.size)
        for stretch, piece in zip(chapter.frame_ranges, pieces, strict=True)
    ]
    head = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=sum(part.byte_count for part in parts),
        title=chapter.title,
        language=content.language,
        parts=parts,
    )
    return PlannedFile(name, [literal_chunk(head), *pieces])


def list_chapter_files(content: RecordingContent) -> Iterator[PlannedFile]:
    """One MP3 file per chapter, named so that players sort them."""
    width = max(2, len(str(len(content.chapters))))
    for chapter in content.chapters:
        title = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", chapter.title).strip(". ")[:MAX_NAME_CHARACTERS]
        yield chapter_file(content, chapter, f"{chapter.number:0{width}} {title}".strip() + ".mp3")


def _piece(stretch: FrameRange, crcs: Mapping[int, int]) -> FileChunk:
    read = partial(stretch.read, crcs)
    if stretch.is_whole:
        return FileChunk(stretch.segment.part.byte_count, crcs[stretch.segment.row.index], read)
    content = read()  # where a chapter begins inside a segment: looked at twice, since nothing is known of a half
    return FileChunk(len(content), zlib.crc32(content), read)


def _chapters(
    beginnings: Sequence[ChapterStart],
    placed: Sequence[PositionedSegment],
    words: Sequence[Sequence[WordTiming]],
    *,
    text_end: int,
) -> Iterator[ExportChapter]:
    last = ChapterStart("", text_end, len(placed) - 1, placed[-1].part.frame_count, placed[-1].end_ms)
    for number, (here, there) in enumerate(pairwise([*beginnings, last]), 1):
        inside = [
            word._replace(start_ms=max(0, word.start_ms - here.start_ms), end_ms=max(0, word.end_ms - here.start_ms))
            for some in words[here.segment_number : there.segment_number + 1]
            for word in some
            if here.text_start <= word.text_start < there.text_start
        ]
        yield ExportChapter(
            number=number,
            title=here.title,
            text_start=here.text_start,
            text_end=there.text_start,
            duration_ms=there.start_ms - here.start_ms,
            words=inside,
            frame_ranges=list(_stretches(here, there, placed)),
        )


def _stretches(here: ChapterStart, there: ChapterStart, placed: Sequence[PositionedSegment]) -> Iterator[FrameRange]:
    for number in range(here.segment_number, there.segment_number + 1):
        first = here.frame if number == here.segment_number else 0
        last = there.frame if number == there.segment_number else placed[number].part.frame_count
        if first < last:
            yield FrameRange(placed[number], first, last)
