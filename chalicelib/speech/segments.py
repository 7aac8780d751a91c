"""Cut a reading text into segments: one voice call each, short ones first so that listening can begin.

The cut is a function of the text alone: the same text gives the same segments, so their audio is found again in the
cache. And it is local: some borders are anchors, chosen by what stands around them and by nothing else, and every anchor is
a cut. What is edited changes the segments up to the anchors around it, and none beyond (content-defined chunking).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import category
from zlib import crc32

FIRST_TARGET_CHARACTERS = (
    220,
    500,
)  # characters; ~14 s and ~30 s of speech: playing begins early and lasts until the next is there
TARGET_CHARACTERS = 1_200  # characters; larger segments cost parallelism, smaller ones prosody and overhead per call
MAX_CHARACTERS = 1_900  # characters; Speechify refuses more than 2,000, markup included
MIN_CHARACTERS = 60  # characters; a shorter last piece joins the one before when it fits
ANCHOR_WINDOW_RATIO = (
    5 / 3
)  # of the limit: the best border within 2,000 characters either side is an anchor, one in ~4,000
HASHED_CHARACTERS = 48  # characters behind a border that decide how good an anchor it is

SENTENCE_PAUSE_MS = 120
PARAGRAPH_PAUSE_MS = 400
HEADING_PAUSE_MS = 900
MAX_HEADING_CHARACTERS = 120  # characters; a longer paragraph without a full stop is prose that lost it

_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_LINE_END = re.compile(r"\n")
_CLAUSE_END = re.compile(r"[;:,](?=\s)|[，、；：]")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Segment:
    """What is spoken is `text[start:end]`; `pause_ms` of silence follow it."""

    index: int
    start: int
    end: int
    pause_ms: int


def split(
    text: str,
    sentence_ends: Sequence[int],
    *,
    start: int = 0,
    end: int | None = None,
    first_targets: Sequence[int] = FIRST_TARGET_CHARACTERS,
    target: int = TARGET_CHARACTERS,
    maximum: int = MAX_CHARACTERS,
) -> list[Segment]:
    """Cut `text[start:end]` into segments of about `limit` characters, the first ones of `first_limits`.

    `sentence_ends` are ascending offsets in the text. A cut falls on an anchor; else on a paragraph's end in the last 40 % of
    the limit, else on the last sentence's end, else on the end of a sentence that stays below the hard limit, else on a clause, a
    space, or anywhere. Every letter and digit is in exactly one segment; pieces without any are dropped.
    """
    end = len(text) if end is None else end
    borders = _Borders(text, sentence_ends, start, end, reach=round(target * ANCHOR_WINDOW_RATIO))
    pieces: list[tuple[int, int]] = []
    position = _skip_space(text, start, end)
    while position < end:
        wanted = first_targets[len(pieces)] if len(pieces) < len(first_targets) else target
        even = wanted == target  # two pieces before an anchor are about as long as each other
        cut = borders.cut(position, wanted, min(wanted * maximum // target, maximum), even=even)
        stop = cut
        while text[stop - 1].isspace():
            stop -= 1
        if any(character.isalnum() for character in text[position:stop]):
            pieces.append((position, stop))
        position = _skip_space(text, cut, end)
    pauses = [_pause_ms(text, borders, stop, next_start) for (_, stop), (next_start, _) in pairwise(pieces)]
    return [
        Segment(index, *piece, pause) for index, (piece, pause) in enumerate(zip(pieces, [*pauses, 0], strict=False))
    ]


class _Borders:
    """Where a text may be cut, best places first."""

    def __init__(self, text: str, sentence_ends: Sequence[int], start: int, end: int, *, reach: int) -> None:
        self.text, self.end = text, end
        self.paragraphs = [match.start() for match in _PARAGRAPH_END.finditer(text)]
        lines = (match.start() for match in _LINE_END.finditer(text))
        self.sentences = sorted({*sentence_ends, *lines})
        self.anchors = [
            anchor for anchor in _anchors(text, self.paragraphs, self.sentences, reach) if start < anchor < end
        ]

    def cut(self, position: int, limit: int, reach: int, *, even: bool) -> int:
        """Where the segment that begins at `position` ends: near `limit` characters on, never more than `reach`."""
        end = _first(self.anchors, position + 1, self.end) or self.end
        left = end - position
        if left <= limit or left < min(limit + MIN_CHARACTERS, reach + 1):
            return end
        if even and left <= 2 * limit:
            limit = min(limit, left * 3 // 5)
        first, last = position + max(1, min(MIN_CHARACTERS, limit // 3)), position + limit
        cut = (
            _last(self.paragraphs, max(first, position + limit * 3 // 5), last)
            or _last(self.sentences, first, last)
            or _first(self.sentences, last, min(position + reach, end))
            or self._inside_sentence(first, last)
        )
        rest_is_short = end - cut < MIN_CHARACTERS and left <= reach
        return end if rest_is_short else cut

    def _inside_sentence(self, first: int, last: int) -> int:
        for border in (_CLAUSE_END, _SPACE):
            ends = [match.end() for match in border.finditer(self.text, first, last)]
            if ends:
                return ends[-1]
        cut = last
        while cut > first and _belongs_to_previous(self.text, cut):
            cut -= 1
        return cut if cut > first else last

    def is_sentence_end(self, stop: int, next_start: int) -> bool:
        return _last(self.sentences, stop, next_start) is not None


def _last(borders: Sequence[int], low: int, high: int) -> int | None:
    index = bisect_right(borders, high) - 1
    return borders[index] if index >= 0 and borders[index] >= low else None


def _first(borders: Sequence[int], low: int, high: int) -> int | None:
    index = bisect_left(borders, low)
    return borders[index] if index < len(borders) and borders[index] <= high else None


def _anchors(text: str, paragraphs: Sequence[int], sentences: Sequence[int], reach: int) -> Iterator[int]:
    """The borders that are better than all others within `reach`: before a heading, then between paragraphs, then sentences.

    Among equals a number decides that is made of what follows; where the same words come again, the first one is it. The
    beginning and the end of a text need none: what is short is not cut for nothing.
    """
    borders = sorted({border for border in (*sentences, *paragraphs) if reach < border < len(text) - reach // 2})
    ends = set(paragraphs)
    ranks = [_rank(text, border, is_paragraph=border in ends) for border in borders]
    for number, border in enumerate(borders):
        before = ranks[bisect_left(borders, border - reach) : number]
        after = ranks[number + 1 : bisect_right(borders, border + reach)]
        if min(before, default=_WORST) > ranks[number] <= min(after, default=_WORST):
            yield border


_WORST = 1 << 40


def _rank(text: str, border: int, *, is_paragraph: bool) -> int:
    following = text[border : border + 2 * MAX_HEADING_CHARACTERS].lstrip()
    kind = 2
    if is_paragraph:
        heading = _PARAGRAPH_END.split(following, maxsplit=1)[0]
        kind = 0 if len(heading) < min(len(following), MAX_HEADING_CHARACTERS) and heading[-1:].isalnum() else 1
    return kind << 32 | crc32(following[:HASHED_CHARACTERS].encode("utf-8", "replace"))


def _skip_space(text: str, position: int, end: int) -> int:
    while position < end and text[position].isspace():
        position += 1
    return position


def _belongs_to_previous(text: str, cut: int) -> bool:
    """Whether a cut here would tear an accent off its letter or an emoji apart."""
    return (
        category(text[cut])[0] == "M"
        or "\u200d" in text[cut - 1 : cut + 1]
        or "\U0001f3fb" <= text[cut] <= "\U0001f3ff"
    )


def _pause_ms(text: str, borders: _Borders, stop: int, next_start: int) -> int:
    """The silence between two segments: nothing inside a sentence, longest behind a heading."""
    if _PARAGRAPH_END.search(text, stop, next_start):
        line = text[text.rfind("\n", 0, stop) + 1 : stop]
        is_heading = len(line) <= MAX_HEADING_CHARACTERS and line[-1].isalnum()
        return HEADING_PAUSE_MS if is_heading else PARAGRAPH_PAUSE_MS
    return SENTENCE_PAUSE_MS if borders.is_sentence_end(stop, next_start) else 0
