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
from chalicelib.speech.audio.marks import Mark
from chalicelib.speech.exports.archive import File, Piece, literal
from chalicelib.speech.playback import chapters, playable, store, timeline
from chalicelib.speech.playback.chapters import Beginning
from chalicelib.speech.playback.timeline import Placed

MAX_NAME_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Chapter:
    """`words` have their times from the chapter's beginning, and their places in the whole text."""

    number: int
    title: str
    text_start: int
    text_end: int
    duration_ms: int
    words: Sequence[Mark]
    stretches: Sequence[Stretch]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some frames of a segment, from one to before another."""

    segment: Placed
    first: int
    last: int

    @property
    def is_whole(self) -> bool:
        return self.first == 0 and self.last == self.segment.part.frame_count

    def read(self, crcs: Mapping[int, int]) -> bytes:
        """Its frames. Raises SegmentLostError when the segment is not what was cut."""
        frames = timeline.frames(self.segment)
        if zlib.crc32(frames) != crcs[self.segment.row.index]:
            raise timeline.SegmentLostError(self.segment.row.index)
        if self.is_whole:
            return frames
        offsets = mp3.frame_offsets(frames)
        return frames[offsets[self.first] : offsets[self.last]]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything about a reading; `text` is all that was read."""

    job_id: UUID
    title: str
    language: str
    made_at: datetime
    text: str
    chapters: Sequence[Chapter]
    crcs: Mapping[int, int]

    def between(self, start: int, end: int) -> str:
        origin = self.chapters[0].text_start
        return self.text[start - origin : end - origin]


def gather(connection: Connection, job_id: UUID, *, made_at: datetime) -> Content | None:
    """None when the reading is not whole, such as while a retry is under way. Raises NotFoundError and ConflictError."""
    heard = playable.find(connection, job_id)
    if not heard.whole:
        return None
    reading, placed = heard.reading, heard.segments
    readable = texts.readable(connection, reading.media_id)
    words = playable.words(connection, job_id, placed)
    found = chapters.find(readable.chapters, placed, words, title=readable.title)
    beginnings = found or [Beginning(readable.title, reading.text_start, 0, 0, 0)]
    start = min(beginnings[0].text_start, placed[0].row.text_start)
    beginnings[0] = beginnings[0]._replace(text_start=start)
    return Content(
        job_id=job_id,
        title=readable.title,
        language=reading.language,
        made_at=made_at,
        text=texts.between(connection, reading.media_id, start, reading.text_end),
        chapters=list(_chapters(beginnings, placed, words, text_end=reading.text_end)),
        crcs=store.crcs(connection, job_id),
    )


def recording(content: Content, chapter: Chapter, name: str) -> File:
    """A chapter as an MP3 file of its own."""
    pieces = [_piece(stretch, content.crcs) for stretch in chapter.stretches]
    parts = [
        mp3.Part(stretch.last - stretch.first, piece.size)
        for stretch, piece in zip(chapter.stretches, pieces, strict=True)
    ]
    head = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=sum(part.byte_count for part in parts),
        title=chapter.title,
        language=content.language,
        parts=parts,
    )
    return File(name, [literal(head), *pieces])


def by_chapters(content: Content) -> Iterator[File]:
    """One MP3 file per chapter, named so that players sort them."""
    width = max(2, len(str(len(content.chapters))))
    for chapter in content.chapters:
        title = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", chapter.title).strip(". ")[:MAX_NAME_CHARACTERS]
        yield recording(content, chapter, f"{chapter.number:0{width}} {title}".strip() + ".mp3")


def _piece(stretch: Stretch, crcs: Mapping[int, int]) -> Piece:
    read = partial(stretch.read, crcs)
    if stretch.is_whole:
        return Piece(stretch.segment.part.byte_count, crcs[stretch.segment.row.index], read)
    content = read()  # where a chapter begins inside a segment: looked at twice, since nothing is known of a half
    return Piece(len(content), zlib.crc32(content), read)


def _chapters(
    beginnings: Sequence[Beginning], placed: Sequence[Placed], words: Sequence[Sequence[Mark]], *, text_end: int
) -> Iterator[Chapter]:
    last = Beginning("", text_end, len(placed) - 1, placed[-1].part.frame_count, placed[-1].end_ms)
    for number, (here, there) in enumerate(pairwise([*beginnings, last]), 1):
        inside = [
            word._replace(start_ms=max(0, word.start_ms - here.start_ms), end_ms=max(0, word.end_ms - here.start_ms))
            for some in words[here.segment : there.segment + 1]
            for word in some
            if here.text_start <= word.text_start < there.text_start
        ]
        yield Chapter(
            number=number,
            title=here.title,
            text_start=here.text_start,
            text_end=there.text_start,
            duration_ms=there.start_ms - here.start_ms,
            words=inside,
            stretches=list(_stretches(here, there, placed)),
        )


def _stretches(here: Beginning, there: Beginning, placed: Sequence[Placed]) -> Iterator[Stretch]:
    for number in range(here.segment, there.segment + 1):
        first = here.frame if number == here.segment else 0
        last = there.frame if number == there.segment else placed[number].part.frame_count
        if first < last:
            yield Stretch(placed[number], first, last)
