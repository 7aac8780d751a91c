"""Layout: lines at their positions on pages, before paragraphs are known. PDF and plain text are brought into this form."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.extraction.model import BlockKind, Omission
from chalicelib.extraction.running_text import OutlineEntry

MIN_PICTURE_SHARE = 0.05  # of the page's area: smaller ones are ornaments


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a line between two wide gaps."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """Printed line. Lengths share one unit (points in a PDF, characters in plain text); `baseline` grows upwards.

    `has_footnote_mark`: starts with a superscript figure or sign, as footnotes do. `footnote_marks`: marks that were
    removed from `text`. `cells`: set if wide gaps split the line. `is_monospaced`: all characters have the same width,
    as in code. `is_standalone`: a paragraph of its own, whatever surrounds it. `kind`: what the line is part of, if that is
    known before paragraphs are.
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
    is_bold: bool = False
    is_standalone: bool = False
    kind: BlockKind | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Lines of one page, in reading order.

    `height` and `bottom` are those of the page's box, in the unit of its lines. `picture_share`: the part of its area that
    pictures cover. `has_drawings`: so many that they may be letters drawn as shapes.
    `has_hidden_text`: its text is that of an earlier text recognition. `is_unmapped`: its fonts do not say which
    characters they show.
    """

    lines: tuple[Line, ...] = ()
    height: float = 0.0
    bottom: float = 0.0
    picture_share: float = 0.0
    has_drawings: bool = False
    has_hidden_text: bool = False
    is_unmapped: bool = False

    @property
    def has_picture(self) -> bool:
        """True if what the page shows may be text that is not in the file."""
        return self.picture_share >= MIN_PICTURE_SHARE or self.has_drawings


@dataclass(frozen=True, slots=True)
class DocumentLayout:
    """Document before cleanup. `is_truncated`: it exceeded the limit of characters.

    `language` is what the document says of itself, as it is written there.
    """

    pages: Sequence[Page]
    outline: Sequence[OutlineEntry] = ()
    is_truncated: bool = False
    language: str | None = None
    left_out: Sequence[Omission] = ()


def body_font_size(pages: Sequence[Page]) -> float:
    """Return the font size of most characters, to half a unit; 0 if there are none."""
    exact: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            exact[line.font_size] += len(line.text)
    character_counts: Counter[float] = Counter()
    for font_size, count in exact.items():  # a book has a few sizes, and a hundred thousand lines
        character_counts[round(font_size * 2) / 2] += count
    return character_counts.most_common(1)[0][0] if character_counts else 0.0
