"""Anchoring: a place in a text is kept as a quotation, and found again in another version of the text.

A quotation is a TextQuoteSelector (W3C Web Annotation Data Model, 4.2.4): the quoted text, and what is before and behind it. A
version may differ in every blank, hyphen or heading, so that words are compared, and the place with most of them wins.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Self

SELECTOR_TYPE = "TextQuoteSelector"
CONTEXT_CHARACTERS = 96  # before and behind: about 15 words, of which hardly any two places have half in common
NEARBY_CHARACTERS = 100_000  # before and behind the expected place: versions of a text differ in details
POSITION_CHARACTERS = 32  # quoted from a position on
QUOTED_CHARACTERS = POSITION_CHARACTERS + CONTEXT_CHARACTERS  # that a quotation of a position needs from its offset on
MIN_SHARE = (
    0.4  # of the quotation's words that must be there, in order; in another encoding, every second one may differ
)
MIN_WORDS = 2  # a single word proves nothing, unless nothing else was quoted
MAX_SHIFT_WORDS = 6  # by which the first and last words may be displaced: some between were split or joined
MAX_CANDIDATES = 20  # that are compared word by word
MAX_OCCURRENCES = 300_000  # of all words of a quotation that are compared; rare words first
_SHIFTS = range(-MAX_SHIFT_WORDS, MAX_SHIFT_WORDS + 1)
# Chinese and Japanese have no spaces: each of their characters is a word.
_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W_\u3040-\u30ff\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Quotation:
    """The text of a place, and its context."""

    exact: str
    prefix: str
    suffix: str

    def to_selector(self) -> dict[str, str]:
        return {"type": SELECTOR_TYPE, **asdict(self)}

    @classmethod
    def from_selector(cls, selector: Mapping[str, str]) -> Self:
        return cls(selector["exact"], selector["prefix"], selector["suffix"])


@dataclass(frozen=True, slots=True)
class TextRange:
    start: int
    end: int


@dataclass(slots=True)
class _Words:
    """The words of a text in order, the start of each, and the indexes of those that are looked for."""

    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    indexes: dict[str, list[int]] = field(default_factory=dict)


def quote(text: str, start: int, end: int) -> Quotation:
    """Quote a range of a text."""
    return Quotation(
        exact=text[start:end],
        prefix=text[max(0, start - CONTEXT_CHARACTERS) : start],
        suffix=text[end : end + CONTEXT_CHARACTERS],
    )


def quote_position(text: str, offset: int) -> Quotation:
    """Quote what follows a position, which is no range of its own."""
    return quote(text, offset, offset + POSITION_CHARACTERS)


def find(text: str, quotation: Quotation, *, near: int) -> TextRange | None:
    """Return where a text has what was quoted, the place nearest to `near` of several; None if it has no such place."""
    verbatim = find_verbatim(text, quotation, near=near)
    if verbatim is not None:
        return verbatim
    # Nearby first: in a whole book, every word of a short quotation may occur thousands of times.
    offset = max(0, near - NEARBY_CHARACTERS)
    nearby = text[offset : near + NEARBY_CHARACTERS]
    place = _find_words(nearby, quotation, near - offset)
    if place is not None:
        return TextRange(place.start + offset, place.end + offset)
    return _find_words(text, quotation, near) if len(nearby) < len(text) else None


def find_verbatim(text: str, quotation: Quotation, *, near: int) -> TextRange | None:
    """Return where a text has exactly what was quoted, with its context, as `find`; ~2 ms in a text of a million characters."""
    whole = quotation.prefix + quotation.exact + quotation.suffix
    if not whole.strip():
        return None
    expected = max(0, near - len(quotation.prefix))
    before, behind = text.rfind(whole, 0, expected + len(whole)), text.find(whole, expected)
    places = [place for place in (before, behind) if place >= 0]
    if not places:
        return None
    start = min(places, key=lambda place: abs(place - expected)) + len(quotation.prefix)
    return TextRange(start, start + len(quotation.exact))


def _find_words(text: str, quotation: Quotation, near: int) -> TextRange | None:
    exact = _WORD.findall(quotation.exact.casefold())
    prefix, suffix = (_WORD.findall(context.casefold()) for context in (quotation.prefix, quotation.suffix))
    quoted = [*prefix, *exact, *suffix]
    words = _index(text, set(quoted))
    votes = _count_matches(words, quoted)
    at_near = bisect_left(words.starts, near) - len(prefix)
    candidates = heapq.nlargest(
        MAX_CANDIDATES,
        votes,
        key=lambda place: (sum(votes[place + shift] for shift in _SHIFTS), -abs(place - at_near)),
    )
    best = max(
        (_align(words, quoted, place) for place in candidates),
        key=lambda places: (len(places), -abs(min(places.values(), default=0) - at_near)),
        default={},
    )
    if len(best) < max(MIN_SHARE * len(quoted), min(len(quoted), MIN_WORDS), 1):
        return None
    first = _nearest(best, len(prefix))
    start = words.starts[first]
    if not exact:
        return TextRange(start, start)
    last = max(first, _nearest(best, len(prefix) + len(exact) - 1))
    return TextRange(start, words.starts[last] + len(words.words[last]))


def _index(text: str, quoted: set[str]) -> _Words:
    words = _Words()
    for match in _WORD.finditer(text):
        word = match.group().casefold()
        if word in quoted:
            words.indexes.setdefault(word, []).append(len(words.words))
        words.words.append(word)
        words.starts.append(match.start())
    return words


def _count_matches(words: _Words, quoted: list[str]) -> Counter[int]:
    """Count, for each place where the quotation may begin, how many of its words are where they are expected."""
    votes = Counter[int]()
    compared = 0
    for number, word in sorted(enumerate(quoted), key=lambda item: len(words.indexes.get(item[1], ()))):
        indexes = words.indexes.get(word, ())
        compared += len(indexes)
        if votes and compared > MAX_OCCURRENCES:
            break
        votes.update(index - number for index in indexes)
    return votes


def _align(words: _Words, quoted: list[str], place: int) -> dict[int, int]:
    """Return which words of a text near a place are which ones of the quotation, by index and in the same order."""
    offset = max(0, place - MAX_SHIFT_WORDS)
    nearby = words.words[offset : place + len(quoted) + MAX_SHIFT_WORDS]
    blocks = SequenceMatcher(None, quoted, nearby, autojunk=False).get_matching_blocks()
    return {block.a + nth: offset + block.b + nth for block in blocks for nth in range(block.size)}


def _nearest(places: dict[int, int], number: int) -> int:
    """Return the index in the text of a word of the quotation, otherwise of the next one that is there."""
    return places[min(places, key=lambda found: (abs(found - number), -found))]
