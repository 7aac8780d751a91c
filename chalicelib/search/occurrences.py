"""Find the occurrences of a text in another one, as a reader who looks for a passage expects. Pure.

Whole words and stems do not matter here, as in the search of a browser: "keep" occurs in "keeper". What does not matter in
chalicelib/library/folding.py does not matter either, nor how wide the space between words is.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

from chalicelib.library import folding
from chalicelib.search.matches import MatchSpan


def find_occurrences(text: str, query: str) -> Iterator[MatchSpan]:
    """Yield the occurrences in order, each with the accents of its last letter. None is inside another one."""
    words = folding.fold(query).split()
    if not words:
        return
    folded = text.translate(folding.FOLDED_FORMS)
    matches = re.finditer(r"\s+".join(map(re.escape, words)), folded)
    origins = _origins(text)
    end = 0
    for match in matches:
        start = match.start() if origins is None else origins[match.start()]
        if start < end:
            continue  # two letters of one character: "ss" of an ß
        end = match.end() if origins is None else origins[match.end() - 1] + 1
        while end < len(text) and not folding.FOLDED_FORMS[ord(text[end])]:
            end += 1
        yield MatchSpan(start, end)


def _origins(text: str) -> array[int] | None:
    """Return the index in the text of each character of the folded text; None if they are equal."""
    widths = {character: len(folding.FOLDED_FORMS[ord(character)]) for character in set(text)}
    if set(widths.values()) <= {1}:
        return None
    return array("I", (index for index, character in enumerate(text) for _ in range(widths[character])))
