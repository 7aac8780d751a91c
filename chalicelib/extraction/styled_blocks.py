"""Blocks of documents whose paragraphs have named styles: OpenDocument and RTF."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.extraction import preformatted
from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.inline import EMPHASIS, LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind

MAX_HEADING_LEVEL = 6
TITLE_LEVEL = 1  # "heading 1" has the next one, as in Word documents
_TITLES = {"title": TITLE_LEVEL, "subtitle": TITLE_LEVEL + 1}
_HEADING = re.compile(r"heading ([1-9])", re.IGNORECASE)

# Names of built-in styles, which programs write in English in every language, and of common templates.
_KINDS = (
    (BlockKind.TOC, re.compile(r"(?:toc|contents|(?:\w+ )?index) (?:\d|heading)|table of figures", re.IGNORECASE)),
    (BlockKind.CAPTION, re.compile(r"\w*caption|illustration", re.IGNORECASE)),
    (BlockKind.QUOTE, re.compile(r"(?:intense )?quot(?:e|ations?)|block (?:text|quotation)|epigraph", re.IGNORECASE)),
    (BlockKind.LIST_ITEM, re.compile(r"list(?: (?:bullet|number|continue|paragraph))?(?: \d)?", re.IGNORECASE)),
    (BlockKind.FOOTNOTE, re.compile(r"(?:foot|end)note(?: text)?", re.IGNORECASE)),
    (
        BlockKind.CODE,
        re.compile(r"html preformatted|preformatted text|source code|code|macro(?: text)?", re.IGNORECASE),
    ),
    (BlockKind.REFERENCE, re.compile(r"bibliography(?: \d)?", re.IGNORECASE)),
    (BlockKind.VERSE, re.compile(r"verse|poem|poetry", re.IGNORECASE)),
)
_RULE = "horizontal line"


def kind_of(style_name: str) -> BlockKind | None:
    """Return the kind of paragraphs with a style of this name, or None."""
    name = style_name.strip()
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(name)), None)


def is_rule(style_name: str) -> bool:
    """Return whether paragraphs with a style of this name are lines across the page, which divide scenes."""
    return style_name.strip().lower() == _RULE


def heading_level(style_name: str) -> int | None:
    """Return the level of a heading with a style of this name, or None."""
    name = style_name.strip().lower()
    heading = _HEADING.fullmatch(name)
    return outline_heading_level(int(heading[1])) if heading else _TITLES.get(name)


def outline_heading_level(outline_level: int) -> int:
    """Return the level of a heading that is on this level of the outline, from 1."""
    return min(outline_level + TITLE_LEVEL, MAX_HEADING_LEVEL)


def close_up_before_mark(pieces: list[Piece]) -> None:
    """Take the space at the end of the text before the mark of a note, which is not read: "a word [1]." is "a word."."""
    last = next((index for index in range(len(pieces) - 1, -1, -1) if not pieces[index].anchor), None)
    if last is not None and pieces[last].text.endswith((" ", "\u00a0")):
        pieces[last] = replace(pieces[last], text=pieces[last].text.rstrip(" \u00a0"))


class StyledBlocks:
    """Adds blocks to a builder. Paragraphs of code that follow each other are the lines of one block."""

    def __init__(self, builder: BlockBuilder) -> None:
        self.builder = builder
        self._lines: list[str] = []

    def add(self, pieces: Sequence[Piece], kind: BlockKind, level: int = 0) -> None:
        """Add a paragraph. The emphasis of a whole heading is its style."""
        if kind is BlockKind.CODE:
            self._lines.append("".join(piece.text for piece in pieces).replace(LINE_BREAK, "\n"))
            return
        self.flush()
        if level:
            pieces = [replace(piece, kinds=tuple(kind for kind in piece.kinds if kind != EMPHASIS)) for piece in pieces]
        self.builder.add_block(pieces, kind, level=level)

    def add_table(self, rows: Sequence[Sequence[RawCell]]) -> None:
        """Add a table."""
        self.flush()
        self.builder.add_table(rows)

    def begin_note(self, name: str) -> None:
        """Begin the blocks of a note. `end_note` ends them."""
        self.flush()
        self.builder.begin_note(name)

    def end_note(self) -> None:
        self.flush()
        self.builder.end_note()

    def add_scene_break(self) -> None:
        """Add a line across the page."""
        self.flush()
        self.builder.add_scene_break()

    def flush(self) -> None:
        """Add the lines of code that are still open; as prose if they do not look like code."""
        text = "\n".join(self._lines)
        self._lines.clear()
        if preformatted.looks_like_code(text):
            self.builder.add_code(text)
            return
        for lines in preformatted.paragraphs(text):
            self.builder.add_paragraph(_joined(lines))


def _joined(lines: Iterable[str]) -> str:
    return LINE_BREAK.join(lines)
