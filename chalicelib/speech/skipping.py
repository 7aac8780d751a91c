"""Kinds of content that a listener may skip, and which parts of a text they are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from chalicelib.extraction.model import UNSPOKEN_KINDS, TextSpan
from chalicelib.library.passages import PassageMarks

TextRange = tuple[int, int]


class SkippableKind(StrEnum):
    """Kinds of blocks, and the kinds of spans that a sentence does without. The names are those of blocks and spans."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    VERSE = "verse"
    TABLE = "table"
    CODE = "code"
    FORMULA = "formula"
    CAPTION = "caption"
    FIGURE = "figure"
    FOOTNOTE = "footnote"
    REFERENCE = "reference"
    TOC = "toc"
    FRONT_MATTER = "front_matter"
    SCENE_BREAK = "scene_break"
    CITATION = "citation"
    URL = "url"
    NOTE_MARK = "note_mark"


SPAN_KINDS = frozenset({SkippableKind.CITATION, SkippableKind.URL, SkippableKind.NOTE_MARK})
# Skipped until a listener says otherwise.
DEFAULT_SKIP = sorted({*map(SkippableKind, UNSPOKEN_KINDS), SkippableKind.CITATION, SkippableKind.NOTE_MARK})
# Beside the running text, so that listeners can do without it: a player offers to skip these.
SIDE_KINDS = SPAN_KINDS | {
    SkippableKind.TABLE,
    SkippableKind.CODE,
    SkippableKind.FORMULA,
    SkippableKind.CAPTION,
    SkippableKind.FIGURE,
    SkippableKind.FOOTNOTE,
    SkippableKind.REFERENCE,
    SkippableKind.TOC,
    SkippableKind.FRONT_MATTER,
}


def sorted_kinds(kinds: list[SkippableKind]) -> list[SkippableKind]:
    return sorted(set(kinds))


def skipped_spans(spans: Iterable[TextSpan], skip: Collection[str]) -> list[TextRange]:
    """Return the parts of blocks that are spans of these kinds, in order and without overlap.

    Citations are not among them: which of these are certain, normalization finds out by their words.
    """
    kinds = SPAN_KINDS.intersection(skip) - {SkippableKind.CITATION}
    ranges: list[TextRange] = []
    for start, end in sorted((span.start, span.end) for span in spans if span.kind in kinds):
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    return ranges


def clip(ranges: Sequence[TextRange], start: int, end: int) -> list[TextRange]:
    """Return the parts of ranges that are between two offsets, counted from the first one."""
    first = bisect_right(ranges, start, key=lambda text_range: text_range[1])
    last = bisect_left(ranges, end, key=lambda text_range: text_range[0])
    return [
        (max(range_start, start) - start, min(range_end, end) - start) for range_start, range_end in ranges[first:last]
    ]


def count_characters(marks: PassageMarks, start: int, end: int) -> dict[SkippableKind, int]:
    """Count the characters of each side kind between two offsets."""
    counts = Counter[SkippableKind]()
    parts = [(block.kind.value, block.start, block.end) for block in marks.blocks]
    parts += [(span.kind, span.start, span.end) for span in marks.spans if span.kind in SPAN_KINDS]
    for kind, part_start, part_end in parts:
        if kind in SIDE_KINDS:
            counts[SkippableKind(kind)] += max(0, min(part_end, end) - max(part_start, start))
    return {kind: counts[kind] for kind in sorted(counts) if counts[kind]}
