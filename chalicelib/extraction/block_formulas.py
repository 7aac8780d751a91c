"""Formulas in blocks: tokens in the text, which are said in words once the language of the text is known."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.extraction import inline
from chalicelib.extraction.inline import Piece
from chalicelib.extraction.model import TextSpan

if TYPE_CHECKING:
    from chalicelib.extraction.formulas import Notation

MAX_FORMULA_CHARACTERS = 1_000_000  # of one document, said in words: 2.5 s

# Tokens are private-use characters, which are never read.
FIRST_TOKEN = 0xF0000
TOKENS = re.compile("[\U000f0000-\U000ffffd]")


@dataclass(frozen=True, slots=True)
class Formula:
    """Source of a formula in its notation; `language` is that of the text around it, None for the document's."""

    source: str
    notation: "Notation"
    language: str | None = None


def symbols(source: str, notation: "Notation") -> str:
    from chalicelib.extraction.formulas import MAX_SOURCE_CHARACTERS, plain

    return plain.symbols(source[:MAX_SOURCE_CHARACTERS], notation)


def spoken_texts(formulas: Sequence[Formula], language: str) -> list[str]:
    """Return the formulas in words; those beyond MAX_FORMULA_CHARACTERS as their symbols."""
    texts = []
    budget = MAX_FORMULA_CHARACTERS
    for formula in formulas:
        budget -= len(formula.source)
        if budget >= 0:
            from chalicelib.extraction.formulas import spoken

            words = spoken(formula.source, formula.notation, formula.language or language)
        else:
            words = symbols(formula.source, formula.notation)
        texts.append(inline.clean((Piece(words),), separator=" ").text)
    return texts


def in_words(text: str, spans: Sequence[TextSpan], spoken: Sequence[str]) -> tuple[str, Sequence[TextSpan]]:
    """Return a text with its formulas in words, and its spans where they are then."""
    tokens = list(TOKENS.finditer(text))
    if not tokens:
        return text, spans
    parts: list[str] = []
    position, shifts = 0, [0]
    for token in tokens:
        words = spoken[ord(token[0]) - FIRST_TOKEN]
        parts += (text[position : token.start()], words)
        position = token.end()
        shifts.append(shifts[-1] + len(words) - 1)
    starts = [token.start() for token in tokens]

    def moved(offset: int) -> int:
        return offset + shifts[bisect_left(starts, offset)]

    moved_spans = [TextSpan(span.kind, moved(span.start), moved(span.end)) for span in spans]
    return "".join((*parts, text[position:])), moved_spans
