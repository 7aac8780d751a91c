"""Parts of a recording that a player can jump over: when words of the side kinds are spoken."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from chalicelib.library.passages import PassageMarks
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.playback.chapters import PREROLL_MS
from chalicelib.speech.skipping import SIDE_KINDS, SPAN_KINDS, SkippableKind, TextRange


class SkippableRange(LazyModel):
    """A part of the recording in which only words of one kind are spoken.

    A jump from `start_ms` to `end_ms` leaves out these words and no others. Ranges of different kinds may overlap: a citation
    in a footnote is in both.
    """

    kind: SkippableKind
    start_ms: int
    end_ms: int
    text_start: int
    text_end: int


def find_ranges(
    marks: PassageMarks, words: Sequence[WordTiming], *, start_ms: int, end_ms: int
) -> list[SkippableRange]:
    """Return the ranges between two times, in order of their starts. `words` are all that are spoken between them.

    A range begins and ends in the silence before a word, at most PREROLL_MS ahead: times of words are not exact to a frame. A
    range without a word before or behind it reaches to the border.
    """
    ranges = []
    for kind, first, last in find_words(marks, words):
        start = start_ms if first == 0 else _before(words[first - 1], words[first])
        end = end_ms if last + 1 == len(words) else _before(words[last], words[last + 1])
        text = words[first].text_start, words[last].text_end
        if start < end:
            ranges.append(SkippableRange(kind=kind, start_ms=start, end_ms=end, text_start=text[0], text_end=text[1]))
    return sorted(ranges, key=lambda found: (found.start_ms, found.kind))


def find_words(marks: PassageMarks, words: Sequence[WordTiming]) -> Iterator[tuple[SkippableKind, int, int]]:
    """Yield each run of words of one kind: the kind, and the indices of its first and its last word."""
    for kind, parts in _parts_by_kind(marks).items():
        for first, last in _word_runs(parts, words):
            yield kind, first, last


def _parts_by_kind(marks: PassageMarks) -> dict[SkippableKind, list[TextRange]]:
    parts: dict[SkippableKind, list[TextRange]] = {}
    for block in marks.blocks:
        if block.kind.value in SIDE_KINDS:
            parts.setdefault(SkippableKind(block.kind.value), []).append((block.start, block.end))
    for span in marks.spans:
        if span.kind in SPAN_KINDS:
            parts.setdefault(SkippableKind(span.kind), []).append((span.start, span.end))
    return parts


def _word_runs(parts: Sequence[TextRange], words: Sequence[WordTiming]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last index of words that follow each other and are each inside of a part."""
    run: tuple[int, int] | None = None
    for start, end in sorted(parts):
        first = bisect_left(words, start, key=lambda word: word.text_start)
        last = bisect_left(words, end, key=lambda word: word.text_start) - 1
        if last >= first and words[last].text_end > end:
            last -= 1
        if last < first:
            continue
        if run is not None and first <= run[1] + 1:
            run = run[0], max(run[1], last)
            continue
        if run is not None:
            yield run
        run = first, last
    if run is not None:
        yield run


def _before(word: WordTiming, following: WordTiming) -> int:
    """Return the time between two words that a jump leads to, or starts from."""
    return max(word.end_ms, following.start_ms - PREROLL_MS)
