"""Split a reading text into passages, the units that are stored, indexed and found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

# The densest printed pages stay whole, so that a hit is a page. A text file is one "page" of up to five million characters.
MAX_PASSAGE_CHARACTERS = 6_000
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
