"""Split a reading text into passages, the units that are stored, indexed and found."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest

from chalicelib.extraction.model import BlockSpan, ExtractedText, Omission, TextSpan

# The densest printed pages stay whole, so that a hit is a page. A text file is one "page" of up to five million characters.
MAX_PASSAGE_CHARACTERS = 6_000
MAX_SPANS = 5_000  # of a passage: almost one a character; with its blocks, well below what one response holds
MAX_STORED_SPANS = 500_000  # of a text, one for each passage that it overlaps; a textbook of 1,200 pages has 60,000
MAX_OMISSIONS = 1_000  # of a page, or of a passage of a text without pages: ~500 kB
_BOUNDARIES = (re.compile(r"\n\n"), re.compile(r"[.!?。！？…]\s*"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True)
class Passage:
    """A page, or a piece of a page that is too long. Offsets are code points of the whole text; numbers start at 1. In a text
    without pages, `page` is 0.
    """

    number: int
    page: int
    text_start: int
    text_end: int
    body: str


@dataclass(slots=True)
class PassageMarks:
    """The marks of a passage, or of another part of a text: all blocks and spans that overlap it.

    `left_out` is what was left out of the page of a passage.
    """

    blocks: list[BlockSpan] = field(default_factory=list)
    spans: list[TextSpan] = field(default_factory=list)
    left_out: list[Omission] = field(default_factory=list)


def split_text(text: str, page_ends: Sequence[int], *, max_characters: int = MAX_PASSAGE_CHARACTERS) -> list[Passage]:
    """Split a text into adjacent passages, at least one per page. `page_ends` is empty for a text without pages.

    A page longer than `max_characters` is split after a paragraph in the second half of the limit, else a sentence, else a word.
    """
    passages: list[Passage] = []
    pages = enumerate(pairwise((0, *page_ends)), 1) if page_ends else [(0, (0, len(text)))]
    for page, (start, end) in pages:
        for piece_start, piece_end in pairwise((start, *_ends(text, start, end, max_characters))):
            passages.append(Passage(len(passages) + 1, page, piece_start, piece_end, text[piece_start:piece_end]))
    return passages


def _ends(text: str, start: int, end: int, max_characters: int) -> Iterator[int]:
    while end - start > max_characters:
        start = _last_boundary(text, start + max_characters // 2, start + max_characters)
        yield start
    yield end


def _last_boundary(text: str, first: int, last: int) -> int:
    for boundary in _BOUNDARIES:
        boundary_ends = [match.end() for match in boundary.finditer(text, first, last)]
        if boundary_ends:
            return boundary_ends[-1]
    return last


def list_marks(passages: Sequence[Passage], text: ExtractedText) -> list[PassageMarks]:
    """Return the marks of each passage of a text.

    What was left out of a page is in its first passage; of a text without pages, in the passage of its place. What has no
    place, or is of a page without passages, is in the first.

    Beyond MAX_SPANS, MAX_STORED_SPANS and MAX_OMISSIONS, spans and omissions are dropped: no document of people has as many.
    """
    marks = [PassageMarks() for _ in passages]
    if not passages:
        return marks
    starts = [passage.text_start for passage in passages]
    for block in text.blocks:
        for index in _overlapped(starts, block.start, block.end):
            marks[index].blocks.append(block)
    room = MAX_STORED_SPANS
    for span in text.spans:
        indexes = _overlapped(starts, span.start, span.end)
        room -= len(indexes)
        if room < 0:
            break
        for index in indexes:
            if len(marks[index].spans) < MAX_SPANS:
                marks[index].spans.append(span)
    first_of_page = {passage.page: index for index, passage in reversed(list(enumerate(passages)))}
    for omission, offset in zip_longest(text.left_out, text.left_out_offsets, fillvalue=None):
        if omission is None:
            break
        index = first_of_page.get(omission.page or 0, 0)
        if omission.page is None and offset is not None:
            index = max(0, bisect_right(starts, offset) - 1)
        of_passage = marks[index].left_out
        if len(of_passage) < MAX_OMISSIONS:
            of_passage.append(omission)
    return marks


def _overlapped(starts: Sequence[int], start: int, end: int) -> range:
    """Return the indexes of the passages that a part of the text overlaps; at least one."""
    first = max(0, bisect_right(starts, start) - 1)
    return range(first, max(first + 1, bisect_left(starts, end)))
