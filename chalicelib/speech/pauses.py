"""Pauses that a listener expects: how long, and where, by what the blocks of a text are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from chalicelib.extraction.model import BlockKind, BlockSpan
from chalicelib.speech.segments import HEADING_PAUSE_MS, PARAGRAPH_PAUSE_MS, Segment

# From the last word before to the first one behind, as narrators of audiobooks read: about a second around headings, half a
# second between items, and clearly more between scenes and chapters than between paragraphs.
CHAPTER_PAUSE_MS = 1_600
SCENE_BREAK_PAUSE_MS = 1_300
LINE_PAUSE_MS = 350  # between the lines of a verse, an address, a listing
_AFTER_MS = {
    BlockKind.HEADING: HEADING_PAUSE_MS,
    BlockKind.LIST_ITEM: 500,
    BlockKind.TABLE: 500,
    BlockKind.REFERENCE: 600,
    BlockKind.TOC: 500,
    BlockKind.VERSE: 750,
    BlockKind.QUOTE: 650,
    BlockKind.CAPTION: 650,
    BlockKind.FIGURE: 650,
    BlockKind.FOOTNOTE: 650,
    BlockKind.CODE: 650,
}
_BEFORE_MS = {
    BlockKind.HEADING: HEADING_PAUSE_MS,
    BlockKind.QUOTE: 550,
    BlockKind.VERSE: 550,
    BlockKind.CAPTION: 650,
    BlockKind.FIGURE: 650,
    BlockKind.FOOTNOTE: 650,
    BlockKind.CODE: 650,
}
_DIVIDING_KINDS = frozenset({BlockKind.HEADING, BlockKind.SCENE_BREAK})


class Pause(NamedTuple):
    """Silence of `ms` at an offset of a segment's text, in place of what the voice leaves between the words there."""

    offset: int
    ms: int


@dataclass(frozen=True, slots=True)
class Outline:
    """Blocks of a text in order, and the starts of its chapters: its pauses follow from them."""

    blocks: Sequence[BlockSpan] = ()
    chapter_starts: Sequence[int] = ()

    def borders(self) -> list[int]:
        """Return where segments end whatever their length: around headings and scene breaks, and before chapters.

        A voice gives a heading its own melody only when nothing follows it, and a long pause there needs no place found for it.
        """
        edges = (
            offset for block in self.blocks if block.kind in _DIVIDING_KINDS for offset in (block.start, block.end)
        )
        return sorted({*edges, *self.chapter_starts} if self.blocks else ())

    def silent_ranges(self, skipped_kinds: Collection[str]) -> list[tuple[int, int]]:
        """Return what is not spoken: the blocks of these kinds, and scene breaks, which are a pause."""
        return [(block.start, block.end) for block in self.blocks if not _is_spoken(block, skipped_kinds)]


class _Gap(NamedTuple):
    """The silence between what ends at `offset` and what follows. `is_usual`: voices leave it by themselves."""

    offset: int
    ms: int
    is_usual: bool


def place(
    text: str,
    segments: Sequence[Segment],
    outline: Outline,
    skipped_kinds: Collection[str] = (),
    *,
    scale: float = 1.0,
) -> list[tuple[Pause, ...]]:
    """Return the pauses of each segment, those inside it and the one behind it, where they differ from what its audio has.

    The audio of a segment has its `pause_ms` behind it, and inside what the voice makes of the text. With a `scale` of 1 the
    gaps between paragraphs inside a segment stay as the voice leaves them. Offsets count from the segment's start.
    """
    gaps = sorted(_gaps(text, outline, skipped_kinds))
    offsets = [gap.offset for gap in gaps]
    placed: list[tuple[Pause, ...]] = []
    for segment, following in pairwise([*segments, None]):
        assert segment is not None  # noqa: S101 - only the last item is none
        inside = gaps[bisect_right(offsets, segment.start) : bisect_left(offsets, segment.end)]
        pauses = [
            Pause(gap.offset - segment.start, round(gap.ms * scale)) for gap in inside if scale != 1 or not gap.is_usual
        ]
        if following is not None:
            behind = gaps[bisect_left(offsets, segment.end) : bisect_right(offsets, following.start)]
            pause_ms = round(max((gap.ms for gap in behind), default=segment.pause_ms) * scale)
            if pause_ms != segment.pause_ms:
                pauses.append(Pause(segment.end - segment.start, pause_ms))
        placed.append(tuple(pauses))
    return placed


def _is_spoken(block: BlockSpan, skipped_kinds: Collection[str]) -> bool:
    return block.kind is not BlockKind.SCENE_BREAK and block.kind not in skipped_kinds


def _gaps(text: str, outline: Outline, skipped_kinds: Collection[str]) -> Iterator[_Gap]:
    """Yield the gaps between spoken blocks, and between the lines of each."""
    previous: BlockSpan | None = None
    has_scene_break = False
    for block in outline.blocks:
        if not _is_spoken(block, skipped_kinds):
            has_scene_break |= block.kind is BlockKind.SCENE_BREAK
            continue
        if previous is not None:
            yield _between(previous, block, outline.chapter_starts, has_scene_break=has_scene_break)
        line_end = text.find("\n", block.start, block.end)
        while line_end >= 0:
            yield _Gap(line_end, LINE_PAUSE_MS, is_usual=False)
            line_end = text.find("\n", line_end + 1, block.end)
        previous, has_scene_break = block, False


def _between(previous: BlockSpan, block: BlockSpan, chapter_starts: Sequence[int], *, has_scene_break: bool) -> _Gap:
    chapter = bisect_left(chapter_starts, previous.end)
    is_chapter = chapter < len(chapter_starts) and chapter_starts[chapter] <= block.start
    pause_ms = max(
        _AFTER_MS.get(previous.kind, PARAGRAPH_PAUSE_MS),
        _BEFORE_MS.get(block.kind, PARAGRAPH_PAUSE_MS),
        SCENE_BREAK_PAUSE_MS if has_scene_break else 0,
        CHAPTER_PAUSE_MS if is_chapter else 0,
    )
    return _Gap(previous.end, pause_ms, is_usual=pause_ms == PARAGRAPH_PAUSE_MS)
