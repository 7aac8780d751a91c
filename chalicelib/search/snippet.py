"""The snippet of a search hit: from marked, normalized text to match offsets, and from offsets to HTML. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from chalicelib.library import search_terms

CHARACTERS_BEFORE = 60  # shown before the first match
CHARACTERS_AFTER = 180  # shown from its start on: two lines in all
MAX_WORD_GAP = 2  # characters between words of one match: a space, a hyphen, a comma and a space
_SPACES = re.compile(r"\s+")


class MatchSpan(NamedTuple):
    start: int
    end: int


def match_spans(text: str, marked: str) -> list[MatchSpan]:
    """Locate the matches in a text, in order; adjacent words of a match are one span.

    `marked` consists of fragments of `search_terms.normalize(text)`, in order and separated by \\x01, with each match between
    \\x02 and \\x03.
    """
    normalized = search_terms.normalize(text)
    spans: list[MatchSpan] = []
    searched_to = 0
    for fragment in marked.split("\x01"):
        unmarked = fragment.replace("\x02", "").replace("\x03", "")
        start = normalized.find(unmarked, searched_to)
        if "\x02" not in fragment or start < 0:
            continue
        searched_to = start + len(unmarked)
        for section in fragment.split("\x02"):
            match, is_closed, tail = section.partition("\x03")
            if is_closed:
                _append(spans, MatchSpan(start, start + len(match)), normalized)
            start += len(match) + len(tail)
    offsets = search_terms.original_offsets(text, [offset for span in spans for offset in (span.start, span.end - 1)])
    return [MatchSpan(start, last + 1) for start, last in zip(offsets[::2], offsets[1::2], strict=True)]


def _append(spans: list[MatchSpan], span: MatchSpan, normalized: str) -> None:
    """Append a span, or extend the last one across a gap between words."""
    gap = normalized[spans[-1].end : span.start] if spans else None
    if gap is not None and len(gap) <= MAX_WORD_GAP and not gap.strip():
        spans[-1] = MatchSpan(spans[-1].start, span.end)
    else:
        spans.append(span)


def to_html(text: str, matches: Sequence[MatchSpan]) -> str:
    """Return the text around the first match as one line of HTML: escaped, with matches inside `<mark>`."""
    first = matches[0] if matches else MatchSpan(0, 0)
    start = _word_boundary(text, max(0, first.start - CHARACTERS_BEFORE), first.start)
    end = _word_boundary(text, min(len(text), max(first.end, first.start + CHARACTERS_AFTER)), first.end)
    shown = [span for span in matches if span.end <= end]
    offsets = [start, *(offset for span in shown for offset in span), end]
    sections = [html.escape(_SPACES.sub(" ", text[left:right])) for left, right in pairwise(offsets)]
    marked = "".join(f"<mark>{section}</mark>" if nth % 2 else section for nth, section in enumerate(sections))
    return ("… " if text[:start].strip() else "") + marked.strip() + (" …" if text[end:].strip() else "")


def _word_boundary(text: str, offset: int, match: int) -> int:
    """Move an offset towards the match until it is not inside a word."""
    step = 1 if offset < match else -1
    while 0 < offset < len(text) and offset != match and not (text[offset - 1].isspace() or text[offset].isspace()):
        offset += step
    return offset
