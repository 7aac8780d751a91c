"""Splitting a text into segments, one per call, short ones first for an early start.

Deterministic: the same text gives the same segments, so their audio is found in the cache. And local (content-defined
chunking): some boundaries are anchors, chosen by the text around them alone, and every anchor splits. An edit changes the
segments between the two anchors around it, and no others.
"""

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import category
from zlib import crc32

# ~14 s and ~30 s of speech: playback starts early and lasts until the next segment
FIRST_TARGET_CHARACTERS = (220, 500)
TARGET_CHARACTERS = 1_200  # larger segments cost parallelism, smaller ones prosody and overhead per call
MAX_CHARACTERS = 1_900  # Speechify rejects more than 2,000, markup included
MIN_CHARACTERS = 60  # a shorter last segment joins the one before it when it fits
# Of the target: the best boundary within 2,000 characters either side is an anchor, one in ~4,000.
ANCHOR_WINDOW_RATIO = 5 / 3
HASHED_CHARACTERS = 48  # after a boundary: their checksum decides between boundaries of the same kind

SENTENCE_PAUSE_MS = 120
PARAGRAPH_PAUSE_MS = 400
HEADING_PAUSE_MS = 900
MAX_HEADING_CHARACTERS = 120  # a longer paragraph without a full stop is prose that lost it

_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_LINE_END = re.compile(r"\n")
_CLAUSE_END = re.compile(r"[;:,](?=\s)|[，、；：]")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Segment:
    """The text `text[start:end]`, followed by `pause_ms` of silence."""

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
    skipped: Sequence[tuple[int, int]] = (),
    borders: Sequence[int] = (),
    first_targets: Sequence[int] = FIRST_TARGET_CHARACTERS,
    target: int = TARGET_CHARACTERS,
    maximum: int = MAX_CHARACTERS,
) -> list[Segment]:
    """Split `text[start:end]` into segments of about `target` characters, the first ones of `first_targets`.

    `sentence_ends` are ascending offsets in the text. A segment ends at an anchor; else at a paragraph's end in the last 40 %
    of the target, else at the last sentence's end, else at the end of a sentence that stays below `maximum`, else at a clause,
    a space, or anywhere. `skipped` are ranges in rising order that no segment touches, `borders` ascending offsets that none
    crosses: the first targets are for segments long enough to play until the next. Every other letter and digit is in exactly one
    segment; segments without any are dropped.
    """
    end = len(text) if end is None else end
    boundaries = _Boundaries(text, sentence_ends, start, end, window=round(target * ANCHOR_WINDOW_RATIO))
    spans: list[tuple[int, int]] = []
    long_count = 0
    for range_start, range_end in _divided(_spoken_ranges(start, end, skipped), borders):
        position = _skip_space(text, range_start, range_end)
        while position < range_end:
            length = first_targets[long_count] if long_count < len(first_targets) else target
            next_position = boundaries.split_at(
                position,
                range_end,
                length,
                min(length * maximum // target, maximum),
                is_even=length == target,  # the two segments before an anchor are about the same length
            )
            stop = next_position
            while text[stop - 1].isspace():
                stop -= 1
            if any(character.isalnum() for character in text[position:stop]):
                spans.append((position, stop))
                long_count += stop - position >= MIN_CHARACTERS
            position = _skip_space(text, next_position, range_end)
    pauses = [_pause_ms(text, boundaries, stop, next_start) for (_, stop), (next_start, _) in pairwise(spans)]
    return [Segment(index, *span, pause) for index, (span, pause) in enumerate(zip(spans, [*pauses, 0], strict=False))]


def _spoken_ranges(start: int, end: int, skipped: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for skipped_start, skipped_end in skipped:
        if start < skipped_start:
            yield start, min(skipped_start, end)
        start = max(start, skipped_end)
        if start >= end:
            return
    yield start, end


def _divided(ranges: Iterator[tuple[int, int]], borders: Sequence[int]) -> Iterator[tuple[int, int]]:
    for start, end in ranges:
        inside = borders[bisect_right(borders, start) : bisect_left(borders, end)]
        yield from pairwise((start, *inside, end))


class _Boundaries:
    """The offsets where a text may be split, best kind first."""

    def __init__(self, text: str, sentence_ends: Sequence[int], start: int, end: int, *, window: int) -> None:
        self.text = text
        self.paragraphs = [match.start() for match in _PARAGRAPH_END.finditer(text)]
        lines = (match.start() for match in _LINE_END.finditer(text))
        self.sentences = sorted({*sentence_ends, *lines})
        self.anchors = [
            anchor for anchor in _anchors(text, self.paragraphs, self.sentences, window) if start < anchor < end
        ]

    def split_at(self, position: int, end: int, target: int, maximum: int, *, is_even: bool) -> int:
        """Return where the segment from `position` ends: about `target` characters on, never more than `maximum`, and not
        beyond `end`.
        """
        end = _first(self.anchors, position + 1, end) or end
        remaining = end - position
        if remaining <= target or remaining < min(target + MIN_CHARACTERS, maximum + 1):
            return end
        if is_even and remaining <= 2 * target:
            target = min(target, remaining * 3 // 5)
        first, last = position + max(1, min(MIN_CHARACTERS, target // 3)), position + target
        boundary = (
            _last(self.paragraphs, max(first, position + target * 3 // 5), last)
            or _last(self.sentences, first, last)
            or _first(self.sentences, last, min(position + maximum, end))
            or self._inside_sentence(first, last)
        )
        is_remainder_short = end - boundary < MIN_CHARACTERS and remaining <= maximum
        return end if is_remainder_short else boundary

    def _inside_sentence(self, first: int, last: int) -> int:
        for pattern in (_CLAUSE_END, _SPACE):
            ends = [match.end() for match in pattern.finditer(self.text, first, last)]
            if ends:
                return ends[-1]
        offset = last
        while offset > first and _belongs_to_previous(self.text, offset):
            offset -= 1
        return offset if offset > first else last

    def is_sentence_end(self, stop: int, next_start: int) -> bool:
        return _last(self.sentences, stop, next_start) is not None


def _last(offsets: Sequence[int], low: int, high: int) -> int | None:
    index = bisect_right(offsets, high) - 1
    return offsets[index] if index >= 0 and offsets[index] >= low else None


def _first(offsets: Sequence[int], low: int, high: int) -> int | None:
    index = bisect_left(offsets, low)
    return offsets[index] if index < len(offsets) and offsets[index] <= high else None


def _anchors(text: str, paragraphs: Sequence[int], sentences: Sequence[int], window: int) -> list[int]:
    """Return the boundaries that rank best within `window` either side.

    Headings rank before paragraphs, and these before sentences. A checksum of the following text decides between
    equals; of identical text, the first boundary wins. The start and the end of a text need no anchor: a short text is
    not split without need.
    """
    boundaries = sorted({offset for offset in (*sentences, *paragraphs) if window < offset < len(text) - window // 2})
    paragraph_ends = set(paragraphs)
    ranks = [_rank(text, boundary, is_paragraph=boundary in paragraph_ends) for boundary in boundaries]
    anchors: list[int] = []
    rising: deque[int] = deque()  # indices within `window` before the boundary: the best, the best after it, and so on
    for index, boundary in enumerate(boundaries):
        while rising and boundaries[rising[0]] < boundary - window:
            rising.popleft()
        while rising and ranks[rising[-1]] > ranks[index]:
            rising.pop()
        if not rising:  # better than all before it
            if anchors and boundary - anchors[-1] <= window:
                anchors.pop()
            anchors.append(boundary)
        rising.append(index)
    return anchors


def _rank(text: str, boundary: int, *, is_paragraph: bool) -> int:
    following = text[boundary : boundary + 2 * MAX_HEADING_CHARACTERS].lstrip()
    kind = 2
    if is_paragraph:
        heading = _PARAGRAPH_END.split(following, maxsplit=1)[0]
        kind = 0 if len(heading) < min(len(following), MAX_HEADING_CHARACTERS) and heading[-1:].isalnum() else 1
    return kind << 32 | crc32(following[:HASHED_CHARACTERS].encode("utf-8", "replace"))


def _skip_space(text: str, position: int, end: int) -> int:
    while position < end and text[position].isspace():
        position += 1
    return position


def _belongs_to_previous(text: str, offset: int) -> bool:
    """Return whether a split here would break an accented letter or an emoji."""
    return (
        category(text[offset])[0] == "M"
        or "\u200d" in text[offset - 1 : offset + 1]
        or "\U0001f3fb" <= text[offset] <= "\U0001f3ff"
    )


def _pause_ms(text: str, boundaries: _Boundaries, stop: int, next_start: int) -> int:
    """Return the silence between two segments: none inside a sentence, the longest after a heading."""
    if _PARAGRAPH_END.search(text, stop, next_start):
        line = text[text.rfind("\n", 0, stop) + 1 : stop]
        is_heading = len(line) <= MAX_HEADING_CHARACTERS and line[-1].isalnum()
        return HEADING_PAUSE_MS if is_heading else PARAGRAPH_PAUSE_MS
    return SENTENCE_PAUSE_MS if boundaries.is_sentence_end(stop, next_start) else 0
