"""Lines as they stand on pages, before anything is known of paragraphs. Every format is read into this; cleaning
starts from here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a line between wide gaps."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line. Lengths share one unit (points in a PDF, characters in plain text); `base` grows upwards.

    `marked`: begins with a raised figure or sign, as footnotes do. `marks`: those that stood in it and were taken out
    of `text`. `cells`: its pieces, when wide gaps part it. `typed`: all characters are equally wide, as in programs.
    `alone`: a paragraph by itself, whatever stands around it.
    """

    text: str
    left: float
    right: float
    baseline: float
    font_size: float
    has_footnote_mark: bool = False
    footnote_marks: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()
    is_monospaced: bool = False
    is_standalone: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of one page, in reading order."""

    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """An entry of the document's own table of contents, and where it points to. `sheet` counts from 0."""

    title: str
    level: int
    page_index: int
    baseline: float | None = None


@dataclass(frozen=True, slots=True)
class DocumentLayout:
    """A document before cleaning. `cut`: it went on after the limit of characters."""

    pages: Sequence[Page]
    outline: Sequence[OutlineEntry] = ()
    is_truncated: bool = False


def body_font_size(sheets: Sequence[Page]) -> float:
    """The size that most characters have, to half a unit; 0 when there are none."""
    weights: Counter[float] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            weights[round(line.font_size * 2) / 2] += len(line.text)
    return weights.most_common(1)[0][0] if weights else 0.0
