"""Stops at the ends of lines without punctuation: most voices read on there, so that two items of a list become one phrase."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from chalicelib.speech.normalization.model import Replacement

_LINE_END = re.compile(r"(?<!\s)\n\s*+(?=(?P<next>\S))")


def add_stops(text: str, replacements: Sequence[Replacement]) -> list[Replacement]:
    """Return replacements with those of line ends among them: a full stop before a blank line, else a comma.

    Before a small letter it is a comma as well: what goes on is no new sentence. Only figures, and letters that are large or
    small, get one, because other scripts have stops of their own.
    """
    starts = [replacement.start for replacement in replacements]
    stops: list[Replacement] = []
    for line_end in _LINE_END.finditer(text):
        start, end = line_end.span()
        before = bisect_right(starts, start) - 1
        if before >= 0 and replacements[before].end > start:  # as a scene break, which is left out with its line
            continue
        if _takes_stop(_last_spoken(text, start, replacements[: before + 1])):
            is_sentence = line_end[0].count("\n") > 1 and not line_end["next"].islower()
            stops.append(Replacement(start, end, ("." if is_sentence else ",") + text[start:end]))
    return sorted((*replacements, *stops))


def _last_spoken(text: str, end: int, replacements: Sequence[Replacement]) -> str:
    """Return the last character that is said before an offset; none if it is the first of its line."""
    for replacement in reversed(replacements):
        if replacement.end != end:
            break
        if replacement.spoken.strip():
            return replacement.spoken.rstrip()[-1]
        end = replacement.start
    return text[end - 1 : end]


def _takes_stop(character: str) -> bool:
    return character.isdecimal() or character.islower() or character.isupper()
