"""Cutting a reading text into passages: what is kept, found and answered in one piece."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

# The densest printed pages stay whole, so that a hit is a page; a text file is one "page" of up to five million characters.
MAX_PASSAGE_CHARACTERS = 6_000
_BORDERS = (re.compile(r"\n\n"), re.compile(r"[.!?。！？…]\s*"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True)
class Passage:
    """A page, or a piece of one that is too long; offsets count code points of the whole text. Numbers count from 1; page 0
    is a text without pages.
    """

    number: int
    page: int
    text_start: int
    text_end: int
    body: str


def split_text(text: str, page_ends: Sequence[int], *, max_characters: int = MAX_PASSAGE_CHARACTERS) -> list[Passage]:
    """Passages that follow each other without gap or overlap, at least one for each page. A text without pages has no ends.

    A page longer than `longest` is cut behind a paragraph in the second half of the limit, else a sentence, else a word.
    """
    passages: list[Passage] = []
    pages = enumerate(pairwise((0, *page_ends)), 1) if page_ends else [(0, (0, len(text)))]
    for page, (start, end) in pages:
        for piece_start, piece_end in pairwise((start, *_ends(text, start, end, max_characters))):
            passages.append(Passage(len(passages) + 1, page, piece_start, piece_end, text[piece_start:piece_end]))
    return passages


def _ends(text: str, start: int, end: int, longest: int) -> Iterator[int]:
    while end - start > longest:
        start = _last_border(text, start + longest // 2, start + longest)
        yield start
    yield end


def _last_border(text: str, first: int, last: int) -> int:
    for border in _BORDERS:
        ends = [match.end() for match in border.finditer(text, first, last)]
        if ends:
            return ends[-1]
    return last
