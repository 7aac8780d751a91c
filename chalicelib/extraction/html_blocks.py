"""Pieces of HTML → blocks: what stands between two block elements becomes blocks, omissions, figures and notes."""

import re
from dataclasses import dataclass, field, replace

from chalicelib.extraction import inline
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS, MAX_SUPERSCRIPT_CHARACTERS, superscript_text
from chalicelib.extraction.display.recorder import SOURCE_PREFIX
from chalicelib.extraction.html_roles import CONTENTS_TITLE, NOTES_TITLE
from chalicelib.extraction.inline import LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind

MAX_INITIAL_CHARACTERS = 3  # of a block that is only the initial of the next: "“W"
_SENTENCE_ENDS = tuple('.!?…:;”’"»)')
_NUMBERING = "0123456789ivxlcIVXLC.…·_ -–—\u2003\u00a0\t\n"  # around the links of a contents page
_NOTE_NUMBER = re.compile(r"[\[(]?(?:\d{1,4}|[*†‡§]{1,3})[\])]?[.:)]?\s")
_PLACED_KINDS = frozenset(
    {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.QUOTE}
)  # may become notes by their place


@dataclass(frozen=True, slots=True)
class Context:
    """Context of a text: what the open elements say of it. `is_fixed`: `kind` holds for all blocks inside.

    `reason` is that of an omission, `level` that of a heading, `language` a BCP 47 tag that differs from the document's.
    """

    kind: BlockKind = BlockKind.PARAGRAPH
    is_fixed: bool = False
    level: int = 0
    reason: str = ""
    language: str = ""
    spans: tuple[str, ...] = ()
    is_verse: bool = False
    is_line: bool = False  # of verse
    is_note_in_line: bool = False
    is_link: bool = False
    is_ruby: bool = False
    is_header: bool = False  # of a page, of which only the headings are read

    @property
    def omission(self) -> str:
        """The reason why text is left out here, or empty."""
        return self.reason or ("navigation" if self.is_header and not self.level else "")

    def span_kinds(self) -> tuple[str, ...]:
        return (*self.spans, f"{inline.LANGUAGE_PREFIX}{self.language}") if self.language else self.spans


@dataclass(slots=True)
class BlockWriter:
    """Writes pieces to a BlockBuilder. `cell`, if there is one, collects the pieces of a table's cell instead.

    `anchors` maps the id of an element to the index of its block.
    """

    builder: BlockBuilder
    cell: list[Piece] | None = None
    anchors: dict[str, int] = field(default_factory=dict)
    pieces: list[Piece] = field(default_factory=list)
    pending_anchors: list[str] = field(default_factory=list)
    source: tuple[str, ...] = ()  # kind of the span of the text that is added
    _omitted: dict[str, list[str]] = field(default_factory=dict)
    _figures: list[Piece] = field(default_factory=list)
    _notes: list[Piece] = field(default_factory=list)
    _unlinked: list[str] = field(default_factory=list)  # what is not in a link
    _has_link: bool = False
    _is_needing_space: bool = False  # once a picture or a page number was taken out
    _initial: list[Piece] = field(default_factory=list)
    _contents_at: int | None = None  # index of the heading of the open contents page
    _is_notes_chapter: bool = False
    _is_after_note: bool = False
    _is_line_open: bool = False  # with text since the last line break

    def add_text(self, text: str, context: Context) -> None:
        """Add raw text where the context puts it."""
        if reason := context.omission:
            self._omitted.setdefault(reason, []).append(text)
        elif context.is_note_in_line:
            self._notes.append(Piece(text, (*context.span_kinds(), *self.source)))
        else:
            if self._is_needing_space and text[:1].isalnum() and self._ends_sentence():
                self.pieces.append(Piece(" "))
            self._is_needing_space = False
            self._has_link |= context.is_link
            if not context.is_link:
                self._unlinked.append(text)
            self.pieces.append(Piece(text, (*context.span_kinds(), *self.source)))
            self._is_line_open |= not text.isspace()

    def add_piece(self, piece: Piece, context: Context) -> None:
        """Add a finished piece, such as a formula."""
        if context.reason:
            return
        (self._notes if context.is_note_in_line else self.pieces).append(
            replace(piece, kinds=(*piece.kinds, *context.span_kinds(), *self.source))
        )
        if piece.text == LINE_BREAK:
            self.builder.structure.break_line()
        self._unlinked.append(piece.text)
        self._is_line_open = piece.text != LINE_BREAK

    def end_omission(self, reason: str) -> None:
        """End one omission inside a block."""
        if reason in self._omitted:
            self._omitted[reason].append(" ")
        self._is_needing_space = True

    def add_figure(self, description: str, context: Context) -> None:
        """Add a picture's description as a block of its own behind the open one."""
        if context.reason:
            self._omitted.setdefault(context.reason, []).append(f" {description} ")
        elif self.cell is not None:
            self.pieces.append(Piece(f" {description} ", self.source))
        else:
            self._figures.append(Piece(description, self.source))
            self._is_needing_space = True

    def add_line_break(self) -> None:
        """End a line that is not empty."""
        if self._is_line_open:
            self.pieces.append(Piece(LINE_BREAK))
            self.builder.structure.break_line()
            self._is_line_open = False

    def needs_space(self) -> None:
        """Part the sentences on both sides of what was taken out."""
        self._is_needing_space = True

    def apply_superscript(self, start: int) -> None:
        """Read the pieces from `start` as a superscript: a note mark is removed, a square is raised."""
        text = self._short_text(start)
        if text is not None:
            kinds = self.pieces[start].kinds if start < len(self.pieces) else ()
            raised = superscript_text(self.text_before(start), text)
            self.pieces[start:] = [Piece(raised, kinds)] if raised else []

    def _short_text(self, start: int) -> str | None:
        """Return the text since `start`, or None if it is too long for a superscript, or holds a formula."""
        length = 0
        for piece in self.pieces[start:]:
            length += len(piece.text)
            if length > MAX_SUPERSCRIPT_CHARACTERS or inline.FORMULA in piece.kinds:
                return None
        return "".join(piece.text for piece in self.pieces[start:])

    def text_before(self, index: int | None = None) -> str:
        """Return the last characters before an index of `pieces`, by default the end."""
        index = len(self.pieces) if index is None else index
        text = ""
        while index > 0 and len(text) < ANCHOR_CHARACTERS:
            index -= 1
            text = self.pieces[index].text[-ANCHOR_CHARACTERS:] + text
        return text

    def add_code(self, text: str) -> None:
        """Add a block of code."""
        count = len(self.builder.blocks)
        self.builder.add_code(text, source=self.builder.structure.add_code(text))
        self.resolve_anchors(count)

    def _ends_sentence(self) -> bool:
        return self.text_before().endswith(_SENTENCE_ENDS)

    def flush(self, context: Context) -> None:
        """End the open block. Two line breaks divide it."""
        self.builder.structure.end_block()
        for reason, texts in self._omitted.items():
            self.builder.leave_out(context.kind, reason, "".join(texts))
        self._omitted.clear()
        if self.cell is not None:
            self.cell += (*self.pieces, Piece(" "), *self._notes)
            self.pieces.clear()
            self._notes.clear()
            return
        if self.pieces:
            self._add_pieces(context)
        for figure in self._figures:
            self._add([figure], BlockKind.FIGURE, 0)
        self._figures.clear()
        if self._notes:
            self._add(self._notes, BlockKind.FOOTNOTE, 0)
            self._notes = []

    def finish(self, context: Context) -> None:
        """End the document."""
        self.flush(context)
        if self._initial:
            initial, self._initial = self._initial, []
            self._add(initial, context.kind, context.level)

    def _add_pieces(self, context: Context) -> None:
        text = "".join(piece.text for piece in self.pieces).strip()
        if text.isupper() and len(text) <= MAX_INITIAL_CHARACTERS and inline.INITIAL in self.pieces[-1].kinds:
            sources = (kind for piece in self.pieces for kind in piece.kinds if kind.startswith(SOURCE_PREFIX))
            self._initial = [Piece(text, tuple(sources))]
        else:
            is_linked = self._has_link and not "".join(self._unlinked).strip(_NUMBERING)
            kind, level = self._placed(text, context, is_linked=is_linked)
            if kind in _PLACED_KINDS and not level and inline.is_formula(self.pieces):
                kind = BlockKind.FORMULA
            for pieces in inline.paragraphs(self.pieces):
                self._add([*self._initial, *pieces], kind, level)
                self._initial = []
        self.pieces.clear()
        self._unlinked.clear()
        self._has_link = self._is_needing_space = self._is_line_open = False

    def _placed(self, text: str, context: Context, *, is_linked: bool) -> tuple[BlockKind, int]:
        """Return the kind and level of a block by its context and by the headings before it."""
        if not text:
            return context.kind, context.level
        if context.level:
            self._contents_at = len(self.builder.blocks) if CONTENTS_TITLE.fullmatch(text) else None
            self._is_notes_chapter = NOTES_TITLE.fullmatch(text) is not None
            self._is_after_note = False
        elif self._contents_at is not None:
            if is_linked:
                self.builder.change_kind(self._contents_at, BlockKind.TOC)
                return BlockKind.TOC, 0
            self._contents_at = None
        if context.kind is BlockKind.FOOTNOTE:
            self._is_after_note = True
        elif self._is_notes_chapter and context.kind in _PLACED_KINDS:
            self._is_after_note |= _NOTE_NUMBER.match(text) is not None
            if self._is_after_note:  # also a further paragraph of a note
                return BlockKind.FOOTNOTE, 0
        return context.kind, context.level

    def _add(self, pieces: list[Piece], kind: BlockKind, level: int) -> None:
        count = len(self.builder.blocks)
        self.builder.add_block(pieces, kind, level=level)
        self.resolve_anchors(count)

    def resolve_anchors(self, count: int) -> None:
        """Resolve the pending anchors to the last block, if there are more than `count`."""
        if len(self.builder.blocks) > count:
            for anchor in self.pending_anchors:
                self.anchors.setdefault(anchor, len(self.builder.blocks) - 1)
            self.pending_anchors.clear()
