"""Paragraphs, runs and tables of a Word document while they are open."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.extraction import inline
from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS, superscript_text
from chalicelib.extraction.inline import LINE_BREAK, NoteMark, Piece
from chalicelib.extraction.model import BlockKind

MAX_MANUAL_HEADING = 120  # characters; a longer paragraph in large type is text
MIN_PASSAGE_LETTERS = 12  # of a passage in another language: programs mark single words at random
_PAGE_NUMBER = re.compile(r"\t\s?(?:\d{1,5}|[ivxlc]{1,8})\s?$", re.IGNORECASE)  # at the end of a contents entry
_SENTENCE_ENDS = (".", ":", ";", ",", "!", "?", "…")


@dataclass(slots=True)
class Run:
    """Characters with the same formatting. `reason`: of an omission. `language` is empty if it is not stated.

    A run with `notes`, whose names these are, is their mark.
    """

    text: list[str] = field(default_factory=list)
    language: str = ""
    size: int | None = None
    is_bold: bool | None = None
    is_italic: bool = False
    is_superscript: bool = False
    notes: list[str] = field(default_factory=list)
    has_own_mark: bool = False  # as its text
    link: str = ""
    reason: str = ""


@dataclass(slots=True)
class DocxParagraph:
    """Paragraph with its pieces, and with what belongs behind it: pictures, and the ids of notes."""

    pieces: list[Piece] = field(default_factory=list)
    omitted: dict[str, list[str]] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    last_characters: str = ""  # before a superscript
    kind: BlockKind | None = None
    level: int = 0
    list_id: str = ""
    list_level: int = 0
    style_size: int | None = None
    is_style_bold: bool = False
    is_joined: bool = False  # to the next one: its mark was deleted
    sizes: Counter[tuple[int, bool]] = field(default_factory=Counter)  # letters by size and boldness

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def add(self, run: Run, language_kind: str, default_size: int) -> None:
        """Add a closed run."""
        text = "".join(run.text)
        if run.reason:
            self.omitted.setdefault(run.reason, []).append(text)
            return
        if run.is_superscript:
            text = superscript_text(self.last_characters, text)
        is_bold = self.is_style_bold if run.is_bold is None else run.is_bold
        kinds = [inline.EMPHASIS] if (run.is_italic or run.is_bold) and not self.level else []
        kinds += [language_kind] if language_kind else []
        for index, line in enumerate(text.split(LINE_BREAK)):
            self.pieces += [Piece(LINE_BREAK, link=run.link)] if index else []
            self.pieces.append(Piece(line, tuple(kinds), run.link))
        self.last_characters = (self.last_characters + text[-ANCHOR_CHARACTERS:])[-ANCHOR_CHARACTERS:]
        self.sizes[run.size or self.style_size or default_size, is_bold] += sum(map(str.isalnum, text))

    def add_note_mark(self, mark: NoteMark) -> None:
        self.pieces.append(Piece("", note_mark=mark))

    def add_anchor(self, name: str) -> None:
        self.pieces.append(Piece("", anchor=name))

    def take(self, other: "DocxParagraph") -> None:
        """Put another paragraph before this one, whose mark was deleted."""
        other.pieces += self.pieces
        other.figures += self.figures
        other.notes += self.notes
        self.pieces, self.figures, self.notes = other.pieces, other.figures, other.notes
        self.sizes += other.sizes
        for reason, texts in self.omitted.items():
            other.omitted.setdefault(reason, []).extend(texts)
        self.omitted = other.omitted

    def manual_heading(self) -> tuple[int, bool] | None:
        """Return the size and boldness of a paragraph that may be a heading by its type."""
        text = self.text.strip()
        if (
            len(self.sizes) != 1
            or len(text) > MAX_MANUAL_HEADING
            or LINE_BREAK in text
            or text.endswith(_SENTENCE_ENDS)
        ):
            return None
        return next(iter(self.sizes))

    def without_page_number(self) -> list[Piece]:
        """Return the pieces of a contents entry without the page number behind the tab."""
        number = _PAGE_NUMBER.search(self.text[-20:])
        surplus = len(number[0]) if number else 0
        pieces = list(self.pieces)
        while surplus and pieces:
            last = pieces.pop()
            if len(last.text) > surplus:
                pieces.append(replace(last, text=last.text[:-surplus]))
            surplus = max(0, surplus - len(last.text))
        return pieces


def without_short_passages(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without language spans of a few letters."""
    letters = Counter[str]()
    for piece in pieces:
        for kind in piece.kinds:
            letters[kind] += sum(map(str.isalpha, piece.text))
    short = {
        kind
        for kind, count in letters.items()
        if kind.startswith(inline.LANGUAGE_PREFIX) and count < MIN_PASSAGE_LETTERS
    }
    return (
        [replace(piece, kinds=tuple(kind for kind in piece.kinds if kind not in short)) for piece in pieces]
        if short
        else pieces
    )


@dataclass(slots=True)
class DocxCell:
    """Cell of a table. One that continues the cell above (`vMerge`) is empty."""

    items: list["DocxParagraph | DocxTable"] = field(default_factory=list)
    columns: int = 1

    def as_raw_cell(self, *, is_header: bool) -> RawCell:
        pieces: list[Piece] = []
        for paragraph in self.items:
            if isinstance(paragraph, DocxParagraph):
                pieces += (*paragraph.pieces, *(Piece(f" {figure}") for figure in paragraph.figures), Piece(" "))
        return RawCell(pieces, is_header, self.columns)


@dataclass(slots=True)
class DocxTable:
    """Table with its rows of cells."""

    rows: list[list[DocxCell]] = field(default_factory=list)
    header_rows: set[int] = field(default_factory=set)  # by index

    def items(self) -> Iterator["DocxParagraph | DocxTable"]:
        for row in self.rows:
            for cell in row:
                yield from cell.items

    def paragraphs(self) -> Iterator[DocxParagraph]:
        """Yield the paragraphs in the cells; tables in them are not visited."""
        return (item for item in self.items() if isinstance(item, DocxParagraph))

    def is_layout(self) -> bool:
        """Return whether the table only lays out the page: there are headings or tables in it."""
        return any(isinstance(item, DocxTable) or item.level for item in self.items())

    def cells(self) -> list[list[RawCell]]:
        return [
            [cell.as_raw_cell(is_header=index in self.header_rows) for cell in row]
            for index, row in enumerate(self.rows)
        ]


def leave_out(builder: BlockBuilder, paragraph: DocxParagraph) -> None:
    """Note what is left out of a paragraph."""
    for reason, texts in paragraph.omitted.items():
        builder.leave_out(str(paragraph.kind or BlockKind.PARAGRAPH), reason, "".join(texts))
