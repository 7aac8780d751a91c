"""Blocks of documents that mark up their paragraphs, headings and tables: EPUB, DOCX, HTML, Markdown.

Each format module fills a `BlockBuilder`, block by block. What is spoken is decided here, by the same rules for all
formats.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chalicelib.extraction import (
    citations,
    formula_markup,
    inline,
    letterspacing,
    scene_breaks,
    table_announcements,
    table_text,
)
from chalicelib.extraction.block_structure import BlockStructure
from chalicelib.extraction.cleanup import readable_text
from chalicelib.extraction.display.recorder import SOURCE_PREFIX, StructureRecorder
from chalicelib.extraction.inline import LINE_BREAK, Inline, Piece
from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, BlockKind, Omission, TextSpan
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, OutlineEntry, Paragraph, RunningText
from chalicelib.extraction.table_text import TableCell, TableSize
from chalicelib.formats.normalization import to_nfc

if TYPE_CHECKING:
    from chalicelib.extraction.formulas import Notation

MAX_HEADING_LEVEL = 6
MAX_OMISSIONS = 20_000  # of one document, which has as many paragraphs
MAX_FORMULAS = 20_000  # of one document, said in words: 0.2 ms each
MAX_FORMULA_CHARACTERS = 1_000_000  # of one document, said in words: 2.5 s

_PROSE_KINDS = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.VERSE, BlockKind.HEADING})
_REFERENCES_TITLE = re.compile(
    r"(?:\d{1,2}\.? )?(?:references|bibliography|works cited|literature(?: cited)?|further reading|sources"
    r"|literatur(?:verzeichnis)?|quellen(?:verzeichnis)?|bibliograf[ií]a|bibliographie|références|referencias|bibliografie)",
    re.IGNORECASE,
)
# Tokens of formulas, which are said in words when the language is known: private-use characters, which are never read.
_FIRST_TOKEN = 0xF0000
_TOKENS = re.compile("[\U000f0000-\U000ffffd]")


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
class Formula:
    """Source of a formula in its notation; `language` is that of the text around it, None for the document's."""

    source: str
    notation: "Notation"
    language: str | None = None


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

    def add_block(self, pieces: Iterable[Piece], kind: BlockKind = BlockKind.PARAGRAPH, *, level: int = 0) -> None:
        """Add a block of pieces, unless nothing in it can be read. With a `level`, it is a heading, on one line."""
        if self.is_truncated:
            return
        if level:
            kind = BlockKind.HEADING
        if self.shown is not None:
            pieces = self.shown.add_block(pieces, kind)
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
            return Piece(_symbols(source, notation))
        self.formulas.append(Formula(source, notation, language))
        return Piece(chr(_FIRST_TOKEN + len(self.formulas) - 1), (inline.FORMULA,))

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

    def show_blocks(self) -> None:
        """Record the blocks that are added in the structure, for formats that do not record it themselves."""
        self.shown = BlockStructure(self.structure, self._show_formula)

    def _show_formula(self, piece: Piece) -> tuple[str, str, str]:
        token = _TOKENS.search(piece.text)
        if token is None:
            return "", "", piece.text
        formula = self.formulas[ord(token[0]) - _FIRST_TOKEN]
        symbols = _symbols(formula.source, formula.notation)
        return formula_markup.mathml(formula.source, formula.notation), "", symbols

    def add_large_table(self, size: TableSize, *rows: str) -> None:
        """Add the announcement of a table that is not read, with the texts of its rows, or of its beginning."""
        if not self.is_truncated:
            self._add(Block("", kind=BlockKind.TABLE, announced=size, is_read=False))
        for row in rows:
            self.leave_out(
                "table", "large_table", _TOKENS.sub(self._formula_symbols, row[: 4 * MAX_EXCERPT_CHARACTERS])
            )

    def _formula_symbols(self, token: re.Match[str]) -> str:
        formula = self.formulas[ord(token[0]) - _FIRST_TOKEN]
        return _symbols(formula.source, formula.notation)

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


def heading_outline(running_text: RunningText) -> list[OutlineEntry]:
    """Return an outline made of the headings, for documents without one."""
    return [
        OutlineEntry(running_text.text[paragraph.start : paragraph.end], paragraph.level, paragraph.page_index)
        for paragraph in running_text.paragraphs
        if paragraph.level
    ]


def to_paragraphs(builder: BlockBuilder, language: str) -> RunningText:
    """Return the blocks as one text. Each block is a paragraph on a page of its own, as the outline counts them."""
    _mark_references(builder.blocks)
    _close_up_titles(builder)
    running_text = RunningText(left_out=builder.left_out)
    spoken_formulas = _spoken_formulas(builder.formulas, language)
    parts: list[str] = []
    length = 0
    for index, block in enumerate(builder.blocks):
        if block.announced is not None:
            block = replace(
                block,
                text=table_announcements.announcement(block.announced, language, is_read=block.is_read),
            )
        text, spans = _with_formulas(block, spoken_formulas)
        if parts:
            parts.append(PARAGRAPH_BREAK)
            length += len(PARAGRAPH_BREAK)
        running_text.paragraphs.append(Paragraph(length, length + len(text), index, 0.0, 0.0, block.kind, block.level))
        for span in spans:
            if not _is_language(span.kind, language):
                is_source = span.kind.startswith(SOURCE_PREFIX)
                moved = TextSpan(span.kind, length + span.start, length + span.end)
                (running_text.sources if is_source else running_text.spans).append(moved)
        parts.append(text)
        length += len(text)
    running_text.text = "".join(parts)
    running_text.page_starts = [paragraph.start for paragraph in running_text.paragraphs]
    starts = [*running_text.page_starts, length]
    running_text.left_out_offsets = [starts[min(index, len(starts) - 1)] for index in builder.left_out_before]
    return running_text


def _mark_references(blocks: list[Block]) -> None:
    """Mark the entries below the heading of a bibliography, up to the next heading that is not below it."""
    level = 0
    for index, block in enumerate(blocks):
        if block.level:
            is_title = _REFERENCES_TITLE.fullmatch(block.text) is not None
            if is_title or block.level <= level:
                level = block.level if is_title else 0
        elif level and block.kind in {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM}:
            blocks[index] = replace(block, kind=BlockKind.REFERENCE)


def _close_up_titles(builder: BlockBuilder) -> None:
    """Close up letterspaced titles, as words that the document has."""
    indices = [
        index
        for index, block in enumerate(builder.blocks)
        if block.kind not in {BlockKind.CODE, BlockKind.TABLE} and letterspacing.is_letterspaced(block.text)
    ]
    if indices:
        titles = " ".join(entry.title for entry in builder.outline)
        vocabulary = letterspacing.words_of(f"{titles} {builder.plain_text()}")
        for index in indices:
            block = builder.blocks[index]
            text = letterspacing.close_up(block.text, vocabulary)
            builder.blocks[index] = replace(block, text=text, spans=_first_source(block.spans, len(text)))


def _first_source(spans: Sequence[TextSpan], length: int) -> tuple[TextSpan, ...]:
    """Return a span of the first source over a whole text; the others have no part of it."""
    sources = [span for span in spans if span.kind.startswith(SOURCE_PREFIX)]
    return tuple(replace(span, start=0 if index == 0 else length, end=length) for index, span in enumerate(sources))


def _is_language(kind: str, language: str) -> bool:
    """Return whether a span only says that its text is in the language of the whole."""
    tag = kind.removeprefix(inline.LANGUAGE_PREFIX)
    return tag != kind and tag.partition("-")[0] == language.partition("-")[0]


def _spoken_formulas(formulas: Sequence[Formula], language: str) -> list[str]:
    """Return the formulas in words; those beyond MAX_FORMULA_CHARACTERS as their symbols."""
    spoken_formulas = []
    budget = MAX_FORMULA_CHARACTERS
    for formula in formulas:
        budget -= len(formula.source)
        if budget >= 0:
            from chalicelib.extraction.formulas import spoken

            words = spoken(formula.source, formula.notation, formula.language or language)
        else:
            words = _symbols(formula.source, formula.notation)
        spoken_formulas.append(inline.clean((Piece(words),), separator=" ").text)
    return spoken_formulas


def _symbols(source: str, notation: "Notation") -> str:
    from chalicelib.extraction.formulas import MAX_SOURCE_CHARACTERS, plain

    return plain.symbols(source[:MAX_SOURCE_CHARACTERS], notation)


def _with_formulas(block: Block, spoken_formulas: Sequence[str]) -> tuple[str, Sequence[TextSpan]]:
    """Return the block's text with its formulas in words, and its spans where they are then."""
    tokens = list(_TOKENS.finditer(block.text))
    if not tokens:
        return block.text, block.spans
    parts: list[str] = []
    position, shifts = 0, [0]
    for token in tokens:
        words = spoken_formulas[ord(token[0]) - _FIRST_TOKEN]
        parts += (block.text[position : token.start()], words)
        position = token.end()
        shifts.append(shifts[-1] + len(words) - 1)
    starts = [token.start() for token in tokens]

    def moved(offset: int) -> int:
        return offset + shifts[bisect_left(starts, offset)]

    spans = [TextSpan(span.kind, moved(span.start), moved(span.end)) for span in block.spans]
    return "".join((*parts, block.text[position:])), spans
