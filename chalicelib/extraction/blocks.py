"""Blocks of documents that mark up their paragraphs, headings and tables: EPUB, DOCX, HTML, Markdown.

Each format module fills a `BlockBuilder`, block by block. What is spoken is decided here, by the same rules for all
formats.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chalicelib.extraction import block_formulas, citations, formula_markup, inline, scene_breaks, table_text
from chalicelib.extraction.block_formulas import Formula
from chalicelib.extraction.block_structure import BlockStructure, EntryNumber
from chalicelib.extraction.cleanup import readable_text
from chalicelib.extraction.display.recorder import StructureRecorder
from chalicelib.extraction.inline import LINE_BREAK, Inline, Piece
from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, BlockKind, Omission, TextSpan
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, OutlineEntry
from chalicelib.extraction.table_text import TableCell, TableSize
from chalicelib.formats.normalization import to_nfc

if TYPE_CHECKING:
    from chalicelib.extraction.formulas import Notation

MAX_HEADING_LEVEL = 6
MAX_OMISSIONS = 20_000  # of one document, which has as many paragraphs
MAX_FORMULAS = 20_000  # of one document, said in words: 0.2 ms each

_PROSE_KINDS = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.VERSE, BlockKind.HEADING})


@dataclass(frozen=True, slots=True)
class Block:
    """Text of one kind with its spans; `level` of a heading. Or the announcement of a table: `is_read`, if its rows follow."""

    text: str
    level: int = 0
    kind: BlockKind = BlockKind.PARAGRAPH
    spans: tuple[TextSpan, ...] = ()
    announced: TableSize | None = None
    is_read: bool = True


@dataclass(frozen=True, slots=True)
class RawCell:
    """Cell of a table with raw text or pieces. `columns` and `rows` are what it spans."""

    content: str | Sequence[Piece]
    is_header: bool = False
    columns: int = 1
    rows: int = 1

    def pieces(self) -> Sequence[Piece]:
        return (Piece(self.content),) if isinstance(self.content, str) else self.content


@dataclass(slots=True)
class BlockBuilder:
    """Blocks of a document in order, and its own outline.

    The outline's entries point to blocks by `page_index`. `limit` is the number of characters that may still be added.
    `language` is what the document says of itself, as it is written there.
    """

    limit: int
    language: str | None = None
    blocks: list[Block] = field(default_factory=list)
    outline: list[OutlineEntry] = field(default_factory=list)
    left_out: list[Omission] = field(default_factory=list)
    left_out_before: list[int] = field(default_factory=list)  # the index of the block behind each omission
    formulas: list[Formula] = field(default_factory=list)
    structure: StructureRecorder = field(default_factory=StructureRecorder)
    shown: BlockStructure | None = None
    _has_scene_break: bool = False

    @property
    def is_truncated(self) -> bool:
        """True once the limit is reached; further blocks are ignored."""
        return self.limit <= 0

    def add_paragraph(self, text: str, *, level: int = 0, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """Add a block of raw text, unless nothing in it can be read. With a `level`, it is a heading."""
        self.add_block((Piece(text),), kind, level=level)

    def add_block(
        self,
        pieces: Iterable[Piece],
        kind: BlockKind = BlockKind.PARAGRAPH,
        *,
        level: int = 0,
        entry: EntryNumber | None = None,
    ) -> None:
        """Add a block of pieces, unless nothing in it can be read. With a `level`, it is a heading, on one line.

        The number of a list's `entry` is shown, but not read.
        """
        if self.is_truncated:
            return
        if level:
            kind = BlockKind.HEADING
        if self.shown is not None:
            pieces = self.shown.add_block(pieces, kind, entry)
        self._add_inline(inline.clean(pieces, separator=" " if level else "\n"), kind, level)

    def add_code(self, text: str, *, source: str | None = None) -> None:
        """Add a block of code, with its lines and their indentation."""
        if not self.is_truncated:
            if self.shown is not None:
                source = self.shown.add_code(text)
            code = inline.clean_code(text)
            kinds = (inline.CODE,) if source is None else (inline.CODE, source)
            self._add_inline(Inline(code, tuple(TextSpan(kind, 0, len(code)) for kind in kinds)), BlockKind.CODE, 0)

    def add_scene_break(self) -> None:
        """Add a scene break before the next block, if it stands between two blocks that are no headings."""
        last = self.blocks[-1].kind if self.blocks else BlockKind.HEADING
        self._has_scene_break = last not in {BlockKind.HEADING, BlockKind.SCENE_BREAK}

    def change_kind(self, index: int, kind: BlockKind) -> None:
        """Change what a block is, which is known only by what follows it. It is no heading then."""
        self.blocks[index] = replace(self.blocks[index], kind=kind, level=0)

    def make_heading(self, index: int, level: int) -> None:
        """Make a block a heading, which is known only by the table of contents."""
        block = self.blocks[index]
        level = min(level, MAX_HEADING_LEVEL)
        spans = tuple(span for span in block.spans if span.kind != inline.EMPHASIS)
        text = block.text.replace("\n", " ")
        self.blocks[index] = replace(block, text=text, kind=BlockKind.HEADING, level=level, spans=spans)

    def formula(self, source: str, notation: "Notation", language: str | None = None) -> Piece:
        """Return a formula as an inline piece. It is said in words when the language of the text is known."""
        if len(self.formulas) >= MAX_FORMULAS:
            return Piece(block_formulas.symbols(source, notation))
        self.formulas.append(Formula(source, notation, language))
        return Piece(chr(block_formulas.FIRST_TOKEN + len(self.formulas) - 1), (inline.FORMULA,))

    def leave_out(self, kind: str, reason: str, text: str) -> None:
        """Note content that is not added, with the beginning of its text."""
        line = readable_text(text[: 4 * MAX_EXCERPT_CHARACTERS].replace(LINE_BREAK, " ")).strip()
        self._leave_out(kind, reason, to_nfc(line))

    def _leave_out(self, kind: str, reason: str, line: str) -> None:
        if line and len(self.left_out) < MAX_OMISSIONS:
            self.left_out.append(Omission(kind, None, reason, line[:MAX_EXCERPT_CHARACTERS]))
            self.left_out_before.append(len(self.blocks))

    def add_table(self, rows: Sequence[Sequence[RawCell]]) -> None:
        """Add a table as `table_text` reads it."""
        if self.shown is not None:
            rows = self._show_table(self.shown, rows)
        table = table_text.read_table([[self._cell(cell) for cell in row] for row in rows])
        if table.left_out and table.announced is not None:
            self.add_large_table(table.announced, *table.left_out)
        elif table.announced is not None and not self.is_truncated:
            self._add(Block("", kind=BlockKind.TABLE, announced=table.announced))
        kind = BlockKind.PARAGRAPH if table.is_layout else BlockKind.TABLE
        for sentence, spans in zip(table.sentences, table.spans, strict=True):
            self._add_inline(Inline(sentence, spans), kind, 0)

    def _show_table(self, shown: BlockStructure, rows: Sequence[Sequence[RawCell]]) -> list[list[RawCell]]:
        shown.begin_table()
        sourced: list[list[RawCell]] = []
        for row in rows:
            self.structure.open(("tr", {}))
            sourced.append([])
            for cell in row:
                pieces = shown.add_cell(cell.pieces(), is_header=cell.is_header, columns=cell.columns, rows=cell.rows)
                sourced[-1].append(replace(cell, content=pieces))
            self.structure.close()
        self.structure.close()
        return sourced

    def begin_note(self, note: str) -> None:
        """Begin the blocks of a note, which marks with this name open. `end_note` ends them."""
        if self.shown is not None:
            self.shown.begin_note(note)

    def end_note(self) -> None:
        if self.shown is not None:
            self.shown.end_note()

    def show_blocks(self) -> None:
        """Record the blocks that are added in the structure, for formats that do not record it themselves."""
        self.shown = BlockStructure(self.structure, self._show_formula)

    def _show_formula(self, piece: Piece) -> tuple[str, str, str]:
        token = block_formulas.TOKENS.search(piece.text)
        if token is None:
            return "", "", piece.text
        formula = self.formulas[ord(token[0]) - block_formulas.FIRST_TOKEN]
        symbols = block_formulas.symbols(formula.source, formula.notation)
        return formula_markup.mathml(formula.source, formula.notation), "", symbols

    def add_large_table(self, size: TableSize, *rows: str) -> None:
        """Add the announcement of a table that is not read, with the texts of its rows, or of its beginning."""
        if not self.is_truncated:
            self._add(Block("", kind=BlockKind.TABLE, announced=size, is_read=False))
        for row in rows:
            self.leave_out(
                "table",
                "large_table",
                block_formulas.TOKENS.sub(self._formula_symbols, row[: 4 * MAX_EXCERPT_CHARACTERS]),
            )

    def _formula_symbols(self, token: re.Match[str]) -> str:
        formula = self.formulas[ord(token[0]) - block_formulas.FIRST_TOKEN]
        return block_formulas.symbols(formula.source, formula.notation)

    def _cell(self, cell: RawCell) -> TableCell:
        content = inline.clean(cell.pieces(), separator=" ")
        self._note_addresses(content)
        return TableCell(content.text, cell.is_header, cell.columns, cell.rows, content.spans)

    def _add_inline(self, content: Inline, kind: BlockKind, level: int) -> None:
        self._note_addresses(content)
        content = inline.clip(content, self.limit)
        if kind in _PROSE_KINDS and scene_breaks.is_scene_break(content.text):
            self.add_scene_break()
        elif content.text:
            spans = content.spans if kind is BlockKind.CODE else _with_citations(content)
            self._add(Block(content.text, level, kind=kind, spans=spans))

    def _note_addresses(self, content: Inline) -> None:
        for address in content.addresses:
            self._leave_out("url", "address", address)

    def _add(self, block: Block) -> None:
        if self._has_scene_break:
            self._has_scene_break = False
            if block.kind is not BlockKind.HEADING:
                self._add(Block(scene_breaks.SCENE_BREAK, kind=BlockKind.SCENE_BREAK))
        self.limit -= len(block.text) + len(PARAGRAPH_BREAK)
        self.blocks.append(block)
        if self.shown is not None and block.kind is not BlockKind.SCENE_BREAK:
            self.shown.resolve_anchors(len(self.blocks) - 1)

    def plain_text(self) -> str:
        """Return the text without the announcements of tables."""
        return PARAGRAPH_BREAK.join(block.text for block in self.blocks if block.text)


def _with_citations(content: Inline) -> tuple[TextSpan, ...]:
    """Return the spans with those of citations, which only their brackets mark."""
    marked = inline.Coverage(span for span in content.spans if span.kind in {inline.CITATION, inline.CODE})
    found = [
        TextSpan(inline.CITATION, start, end)
        for start, end in citations.find(content.text)
        if not marked.overlaps(start, end)
    ]
    return tuple(sorted((*content.spans, *found), key=lambda span: span.start)) if found else content.spans
