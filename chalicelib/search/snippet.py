"""The snippet of a search hit: from match offsets to HTML. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from itertools import pairwise

from chalicelib.search.matches import MatchSpan

CHARACTERS_BEFORE = 60  # shown before the first match
CHARACTERS_AFTER = 180  # shown from its start on: two lines in all
_SPACES = re.compile(r"\s+")


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
