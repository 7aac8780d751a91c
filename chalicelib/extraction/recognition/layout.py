"""Recognised page → lines as a printed page has them, so that both are read by the same rules."""

from itertools import pairwise

from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, Omission
from chalicelib.extraction.pdf.glyphs import CELL_GAP
from chalicelib.extraction.pdf.layout import Cell, Line, Page
from chalicelib.extraction.recognition.model import RecognizedLine, RecognizedPage, RecognizedWord

MIN_LINE_CONFIDENCE = 35.0  # of 100, weighted by characters; below, a line is dirt or a picture: text has 80 and more
MIN_PAGE_CONFIDENCE = 75.0  # of 100: below, the owner is told that the page may be read wrongly


def to_page(page: RecognizedPage) -> Page:
    """Return the lines that are text."""
    return Page(tuple(_to_line(line) for line in page.lines if is_text(line)), height=page.height)


def omissions(page: RecognizedPage, number: int) -> list[Omission]:
    """Return the lines that are not in the text because the recognition is not sure of them."""
    return [
        Omission("paragraph", number, "unrecognized", _text(line.words)[:MAX_EXCERPT_CHARACTERS])
        for line in page.lines
        if not is_text(line)
    ]


def is_text(line: RecognizedLine) -> bool:
    """Return False for a line that the recognition is not sure of: dirt, or a part of a picture."""
    characters = sum(len(word.text) for word in line.words)
    confidence = sum(len(word.text) * word.confidence for word in line.words) / characters
    return confidence >= MIN_LINE_CONFIDENCE and any(map(str.isalnum, _text(line.words)))


def _to_line(line: RecognizedLine) -> Line:
    text = _text(line.words)
    return Line(
        f"{line.leading_mark} {text}" if line.leading_mark else text,
        line.words[0].left,
        line.words[-1].right,
        line.baseline,
        line.font_size,
        has_footnote_mark=bool(line.leading_mark),
        footnote_marks=line.footnote_marks,
        cells=_cells(line),
    )


def _cells(line: RecognizedLine) -> tuple[Cell, ...]:
    """Split a line at its wide gaps; return () if it has none."""
    cells: list[list[RecognizedWord]] = [[line.words[0]]]
    for word, following in pairwise(line.words):
        if following.left - word.right > CELL_GAP * line.font_size:
            cells.append([])
        cells[-1].append(following)
    if len(cells) == 1:
        return ()
    return tuple(Cell(_text(words), words[0].left, words[-1].right) for words in cells)


def _text(words: list[RecognizedWord] | tuple[RecognizedWord, ...]) -> str:
    return " ".join(word.text for word in words)
