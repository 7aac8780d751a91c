"""Formulas in LaTeX between delimiters in a text, as pages have them that a script typesets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_FORMULA_CHARACTERS = 2_000  # of one formula, twice the longest display

_OPENING = re.compile(r"\\\(|\\\[|\$\$|\\begin\{(?:equation|align|gather|multline|eqnarray)\*?\}|\$(?=[^\s$])")
_CLOSING = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}
_MATHEMATICAL = re.compile(r"[\\^_]")  # in a formula between dollars; other dollars are prices


@dataclass(frozen=True, slots=True)
class DelimitedFormula:
    """Formula from `start` up to `end`, with its delimiters. `is_display`: on lines of its own."""

    start: int
    end: int
    source: str
    is_display: bool


def find(text: str) -> Iterator[DelimitedFormula]:
    """Yield the formulas of a text in order."""
    position = 0
    while opening := _OPENING.search(text, position):
        delimiter = opening[0]
        closing = _CLOSING.get(delimiter) or delimiter.replace("begin", "end", 1)
        at = text.find(closing, opening.end(), opening.end() + MAX_FORMULA_CHARACTERS)
        content = text[opening.end() : at]
        if at < 0 or not content.strip() or (delimiter == "$" and not _is_mathematical(content, text[at + 1 : at + 2])):
            position = opening.end()
            continue
        position = at + len(closing)
        source = text[opening.start() : position] if delimiter.startswith("\\begin") else content
        yield DelimitedFormula(opening.start(), position, source, delimiter not in {"\\(", "$"})


def _is_mathematical(content: str, following: str) -> bool:
    """Return True for what pandoc takes for a formula between dollars, if it has a sign of LaTeX: "$5 and $6" is none.

    Nor is "$MY_PATH$", the name of a variable.
    """
    if content.replace("_", "").isalnum() and len(content.partition("_")[0]) > 1:
        return False
    return not content[-1].isspace() and not following.isdigit() and _MATHEMATICAL.search(content) is not None
