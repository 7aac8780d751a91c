"""A finished recording as an archive: one MP3 file per chapter, or an EPUB book."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from uuid import UUID

from chalicelib.exports.archive import FileChunk, PlannedFile, literal_chunk
from chalicelib.exports.content import illustrations
from chalicelib.exports.content.illustrations import PlacedIllustrations
from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, BlockSpan, Omission, TextSpan
from chalicelib.library import media, texts
from chalicelib.platform import file_names
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError
from chalicelib.speech import album as albums
from chalicelib.speech import job_list_store, listening_report
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.id3 import Album, Track
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback import chapters, playable, store, timeline
from chalicelib.speech.playback.chapters import ChapterStart
from chalicelib.speech.playback.timeline import PositionedSegment

REPORT = "listening-report.json"
URL = "url"  # a kind of span, and of what is left out
_SCHEME = re.compile(r"(https?://)?(www\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RecordingChapter:
    """A chapter of a recording. Times of `words` count from its start, offsets from that of the whole text."""

    number: int
    title: str
    text_start: int
    text_end: int
    duration_ms: int
    words: Sequence[WordTiming]
    frame_ranges: Sequence[FrameRange]


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames of a segment, `end` excluded."""

    segment: PositionedSegment
    start: int
    end: int

    @property
    def is_whole_segment(self) -> bool:
        return self.start == 0 and self.end == self.segment.part.frame_count

    def read(self, checksums: Mapping[int, int]) -> bytes:
        """Read its frames. Raises SegmentAudioMissingError if the segment's audio has changed."""
        frames = timeline.read_frames(self.segment)
        if zlib.crc32(frames) != checksums[self.segment.row.index]:
            raise timeline.SegmentAudioMissingError(self.segment.row.index)
        if self.is_whole_segment:
            return frames
        offsets = mp3.frame_offsets(frames)
        return frames[offsets[self.start] : offsets[self.end]]


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished recording. `text` is what it says; `checksums` are the CRC-32 of its segments' frames, by index.

    `blocks` are the parts of the text, and `spans` parts of blocks; there are none in a text of an earlier release.
    `addresses` are those of which the text says only a part, by the start of that. `report` is the listening report, as JSON.
    """

    job_id: UUID
    title: str
    album: Album
    published: str | None
    language: str
    made_at: datetime
    text: str
    blocks: Sequence[BlockSpan]
    spans: Sequence[TextSpan]
    addresses: Mapping[int, str]
    illustrations: PlacedIllustrations
    chapters: Sequence[RecordingChapter]
    checksums: Mapping[int, int]
    report: str

    def text_between(self, start: int, end: int) -> str:
        offset = self.chapters[0].text_start
        return self.text[start - offset : end - offset]


def load(connection: Connection, job_id: UUID, *, made_at: datetime, with_illustrations: bool) -> Recording:
    """Load a recording, with the illustrations of its text if they are wanted.

    Raises NotFoundError, and ConflictError when it is incomplete, such as during a retry.
    """
    playable_timeline = playable.get_timeline(connection, job_id)
    if not playable_timeline.is_complete:
        raise ConflictError("The recording is being generated again. Request a new export when it is finished.")
    job, segments = playable_timeline.job, playable_timeline.segments
    readable = texts.get_readable(connection, job.media_id, version=job.text_version)
    document = media.load(connection, job.media_id)
    words = playable.word_timings(connection, job_id, segments)
    starts = chapters.chapter_starts(readable.chapters, segments, words, title=readable.title) or [
        ChapterStart(readable.title, job.text_start, 0, 0, 0)
    ]
    text_start = min(starts[0].text_start, segments[0].row.text_start)
    starts[0] = starts[0]._replace(text_start=text_start)
    text = texts.get_slice(connection, job.media_id, text_start, job.text_end, version=job.text_version)
    marks = texts.list_marks(connection, job.media_id, text_start, job.text_end, version=job.text_version)
    return Recording(
        job_id=job_id,
        title=readable.title,
        album=albums.of_media(document, albums.read_cover(job.owner_id, job.media_id)),
        published=document.metadata.published,
        language=job.language,
        made_at=made_at,
        text=text,
        blocks=marks.blocks,
        spans=marks.spans,
        addresses=list_addresses(marks.spans, marks.left_out, text, text_start=text_start),
        illustrations=illustrations.load(job.owner_id, job.media_id, text, text_start=text_start)
        if with_illustrations
        else illustrations.NONE,
        chapters=list(_chapters(starts, segments, words, text_end=job.text_end)),
        checksums=store.list_checksums(connection, job_id),
        report=_report(connection, job_id),
    )


def _report(connection: Connection, job_id: UUID) -> str:
    job = job_list_store.get(connection, job_id)
    return listening_report.of_job(connection, job).model_dump_json(indent=1) if job is not None else ""


def list_addresses(
    spans: Sequence[TextSpan], left_out: Sequence[Omission], text: str, *, text_start: int
) -> dict[int, str]:
    """Return the whole addresses of hosts that the text names, by the start of the name."""
    by_host: dict[str, deque[str]] = defaultdict(deque)
    for omission in left_out:
        # A longer one may have been cut off.
        if omission.kind == URL and len(omission.excerpt) < MAX_EXCERPT_CHARACTERS:
            by_host[_host(omission.excerpt)].append(omission.excerpt)
    addresses = {}
    for span in spans:
        if span.kind == URL and (
            same_host := by_host.get(_host(text[span.start - text_start : span.end - text_start]))
        ):
            addresses[span.start] = same_host.popleft()
    return addresses


def _host(address: str) -> str:
    return _SCHEME.sub("", address).partition("/")[0].lower()


def chapter_file(recording: Recording, chapter: RecordingChapter, name: str) -> PlannedFile:
    """Plan a chapter as an MP3 file of its own."""
    chunks = [_frame_chunk(frames, recording.checksums) for frames in chapter.frame_ranges]
    parts = [
        mp3.Mp3Part(frames.end - frames.start, chunk.size)
        for frames, chunk in zip(chapter.frame_ranges, chunks, strict=True)
    ]
    header = mp3.header(
        frame_count=sum(part.frame_count for part in parts),
        audio_bytes=sum(part.byte_count for part in parts),
        title=chapter.title,
        language=recording.language,
        album=recording.album,
        track=Track(chapter.number, len(recording.chapters)),
        parts=parts,
    )
    return PlannedFile(name, [literal_chunk(header), *chunks])


def list_chapter_files(recording: Recording) -> Iterator[PlannedFile]:
    """Plan one MP3 file per chapter, named so that players sort them, and the listening report."""
    width = max(2, len(str(len(recording.chapters))))
    for chapter in recording.chapters:
        name = file_names.safe(f"{chapter.number:0{width}} {chapter.title}".strip() + ".mp3")
        yield chapter_file(recording, chapter, name)
    yield report_file(recording)


def report_file(recording: Recording, folder: str = "") -> PlannedFile:
    """Plan the listening report: what was spoken, left out, checked, spoken again, and accepted in doubt."""
    return PlannedFile(f"{folder}{REPORT}", [literal_chunk(recording.report.encode())])


def _frame_chunk(frames: FrameRange, checksums: Mapping[int, int]) -> FileChunk:
    read = partial(frames.read, checksums)
    if frames.is_whole_segment:
        return FileChunk(frames.segment.part.byte_count, checksums[frames.segment.row.index], read)
    content = read()  # a chapter starts inside the segment: it is read twice, since no checksum of its half is stored
    return FileChunk(len(content), zlib.crc32(content), read)


def _chapters(
    starts: Sequence[ChapterStart],
    segments: Sequence[PositionedSegment],
    words: Sequence[Sequence[WordTiming]],
    *,
    text_end: int,
) -> Iterator[RecordingChapter]:
    end = ChapterStart("", text_end, len(segments) - 1, segments[-1].part.frame_count, segments[-1].end_ms)
    for number, (start, following) in enumerate(pairwise([*starts, end]), 1):
        chapter_words = [
            word._replace(start_ms=max(0, word.start_ms - start.start_ms), end_ms=max(0, word.end_ms - start.start_ms))
            for segment_words in words[start.segment_number : following.segment_number + 1]
            for word in segment_words
            if start.text_start <= word.text_start < following.text_start
        ]
        yield RecordingChapter(
            number=number,
            title=start.title,
            text_start=start.text_start,
            text_end=following.text_start,
            duration_ms=following.start_ms - start.start_ms,
            words=chapter_words,
            frame_ranges=list(_frame_ranges(start, following, segments)),
        )


def _frame_ranges(
    start: ChapterStart, following: ChapterStart, segments: Sequence[PositionedSegment]
) -> Iterator[FrameRange]:
    for number in range(start.segment_number, following.segment_number + 1):
        first = start.frame if number == start.segment_number else 0
        end = following.frame if number == following.segment_number else segments[number].part.frame_count
        if first < end:
            yield FrameRange(segments[number], first, end)
