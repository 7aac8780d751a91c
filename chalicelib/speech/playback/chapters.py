"""Chapters of a recording: where the chapters of its text begin in the audio."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.library.model import Chapter
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback.timeline import PositionedSegment

PREROLL_MS = 100  # a chapter begins in the silence before its first word: a decoder needs two frames to settle


class ChapterStart(NamedTuple):
    """A chapter's beginning: a frame of the segment with this index in the list of segments."""

    title: str
    text_start: int
    segment_number: int
    frame: int
    start_ms: int


def chapter_starts(
    chapters: Sequence[Chapter],
    segments: Sequence[PositionedSegment],
    words: Sequence[Sequence[WordTiming]],
    *,
    title: str,
) -> list[ChapterStart]:
    """Return the starts of the recorded chapters.

    A chapter starts at its first word, or at its first segment when that has no words. Text before the first chapter
    becomes a chapter of its own, with the title of the whole. Of chapters that begin together, such as a part and its
    first chapter, the first is kept.
    """
    starts: list[ChapterStart] = []
    text_ends = [segment.row.text_end for segment in segments]
    for chapter in chapters:
        number = bisect_right(text_ends, chapter.start)
        if number == len(segments) or segments[number].row.text_start >= chapter.end:
            continue
        start = _chapter_start(chapter, number, segments[number], words[number])
        if not starts and start.start_ms > 0:
            starts.append(ChapterStart(title, segments[0].row.text_start, 0, 0, 0))
        if not starts or start.start_ms > starts[-1].start_ms:
            starts.append(start)
    return starts


def audio_chapters(starts: Sequence[ChapterStart], duration_ms: int) -> list[mp3.AudioChapter]:
    """Return the chapters with their start and end times: each ends where the next one begins."""
    ends_ms = [*(start.start_ms for start in starts[1:]), duration_ms]
    return [
        mp3.AudioChapter(start.title, start.start_ms, end_ms) for start, end_ms in zip(starts, ends_ms, strict=False)
    ]


def _chapter_start(
    chapter: Chapter, number: int, segment: PositionedSegment, words: Sequence[WordTiming]
) -> ChapterStart:
    index = bisect_left(words, chapter.start, key=lambda word: word.text_start)
    frame = 0
    if words and index == len(words):  # all of its words are in the next segment
        frame = segment.part.frame_count - 1
    elif index > 0:
        offset_ms = max(words[index - 1].end_ms, words[index].start_ms - PREROLL_MS) - segment.start_ms
        frame = min(offset_ms // mp3.duration_ms(1), segment.part.frame_count - 1)
    return ChapterStart(chapter.title, chapter.start, number, frame, mp3.duration_ms(segment.frames_before + frame))
