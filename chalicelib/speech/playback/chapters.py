"""Where the chapters of a text begin in its recording."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.library.model import Chapter
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback.timeline import PositionedSegment

PREROLL_MS = 100  # a chapter begins in the rest before its first word: a decoder needs two frames to find its feet


class ChapterStart(NamedTuple):
    """A chapter as it is heard: from this frame of this segment (by its place in the list) on."""

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
    """The chapters that were read, each from its first word on, or from its first segment when no word of that was spoken.

    What stands before the first one is a chapter of its own, by the title of the whole. Of chapters that begin together, such as
    a part and its first chapter, the first is kept.
    """
    found: list[ChapterStart] = []
    ends = [segment.row.text_end for segment in segments]
    for chapter in chapters:
        number = bisect_right(ends, chapter.start)
        if number == len(segments) or segments[number].row.text_start >= chapter.end:
            continue
        beginning = _beginning(chapter, number, segments[number], words[number])
        if not found and beginning.start_ms > 0:
            found.append(ChapterStart(title, segments[0].row.text_start, 0, 0, 0))
        if not found or beginning.start_ms > found[-1].start_ms:
            found.append(beginning)
    return found


def audio_chapters(found: Sequence[ChapterStart], duration_ms: int) -> list[mp3.AudioChapter]:
    """From where to where each of them is heard."""
    ends = [*(beginning.start_ms for beginning in found[1:]), duration_ms]
    return [mp3.AudioChapter(each.title, each.start_ms, end) for each, end in zip(found, ends, strict=False)]


def _beginning(chapter: Chapter, number: int, segment: PositionedSegment, words: Sequence[WordTiming]) -> ChapterStart:
    index = bisect_left(words, chapter.start, key=lambda word: word.text_start)
    frame = 0
    if words and index == len(words):  # all of its words are in the next segment
        frame = segment.part.frame_count - 1
    elif index > 0:
        rest_ms = max(words[index - 1].end_ms, words[index].start_ms - PREROLL_MS) - segment.start_ms
        frame = min(rest_ms // mp3.duration_ms(1), segment.part.frame_count - 1)
    return ChapterStart(chapter.title, chapter.start, number, frame, mp3.duration_ms(segment.frames_before + frame))
