"""What of a text is shown around a match. Pure: from marked plain text to places, from places to HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from chalicelib.library import search_terms

CHARACTERS_BEFORE = 60  # characters shown before the first match,
CHARACTERS_AFTER = 180  # and behind its beginning: two lines in all
MAX_WORD_GAP = 2  # characters between words of one match: a space, a hyphen, a comma and a space
_SPACES = re.compile(r"\s+")


class MatchSpan(NamedTuple):
    start: int
    end: int


def match_spans(text: str, marked: str) -> list[MatchSpan]:
    """Where the matches stand in the text, in order; words of a match that follow each other are one.

    `marked` holds pieces of `words.plain(text)` in their order, apart by \\x01, matches between \\x02 and \\x03.
    """
    plain = search_terms.normalize(text)
    found: list[MatchSpan] = []
    position = 0
    for fragment in marked.split("\x01"):
        bare = fragment.replace("\x02", "").replace("\x03", "")
        begin = plain.find(bare, position)
        if "\x02" not in fragment or begin < 0:
            continue
        position = begin + len(bare)
        for piece in fragment.split("\x02"):
            match, closed, rest = piece.partition("\x03")
            if closed:
                _add(found, MatchSpan(begin, begin + len(match)), plain)
            begin += len(match) + len(rest)
    borders = search_terms.original_offsets(text, [place for span in found for place in (span.start, span.end - 1)])
    return [MatchSpan(start, last + 1) for start, last in zip(borders[::2], borders[1::2], strict=True)]


def _add(found: list[MatchSpan], span: MatchSpan, plain: str) -> None:
    gap = plain[found[-1].end : span.start] if found else None
    if gap is not None and len(gap) <= MAX_WORD_GAP and not gap.strip():
        found[-1] = MatchSpan(found[-1].start, span.end)
    else:
        found.append(span)


def to_html(text: str, matches: Sequence[MatchSpan]) -> str:
    """The text around the first match as HTML on one line: all of it escaped, matches inside `<mark>`."""
    first = matches[0] if matches else MatchSpan(0, 0)
    start = _word_border(text, max(0, first.start - CHARACTERS_BEFORE), first.start)
    end = _word_border(text, min(len(text), max(first.end, first.start + CHARACTERS_AFTER)), first.end)
    inside = [span for span in matches if span.end <= end]
    borders = [start, *(place for span in inside for place in span), end]
    pieces = [html.escape(_SPACES.sub(" ", text[begin:until])) for begin, until in pairwise(borders)]
    shown = "".join(f"<mark>{piece}</mark>" if nth % 2 else piece for nth, piece in enumerate(pieces))
    return ("… " if text[:start].strip() else "") + shown.strip() + (" …" if text[end:].strip() else "")


def _word_border(text: str, place: int, match: int) -> int:
    """The place nearest to `place`, on the way to the match, that does not cut a word in two."""
    step = 1 if place < match else -1
    while 0 < place < len(text) and place != match and not (text[place - 1].isspace() or text[place].isspace()):
        place += step
    return place
