"""Structure of documents whose formats fill a BlockBuilder directly: what is added is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

from chalicelib.extraction import html_structure, inline
from chalicelib.extraction.display.model import Attributes
from chalicelib.extraction.display.recorder import StructureRecorder
from chalicelib.extraction.inline import LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind

_GROUPS = {BlockKind.LIST_ITEM: "ul", BlockKind.QUOTE: "blockquote"}  # of adjacent blocks
_NOTES = "notes"  # the document of their places
_INLINE = {inline.EMPHASIS: "em", inline.CODE: "code"}


class EntryNumber(NamedTuple):
    """Number of a list's entry. `type` is how it is written, as that of an <ol>: "1", "a", "A", "i" or "I"."""

    list: str
    type: str
    number: int


@dataclass(slots=True)
class BlockStructure:
    """Records blocks in a structure. `show_formula` returns the forms of the formula that a piece is."""

    structure: StructureRecorder
    show_formula: Callable[[Piece], tuple[str, str, str]]
    _group: str = ""
    _last_entry: EntryNumber | None = None  # of the open group
    _anchors: list[str] = field(default_factory=list)  # at which no block has begun

    def begin_note(self, note: str) -> None:
        """Begin the note that marks with this name open. `end_note` ends it."""
        self._enter_group("")
        self.structure.open(("aside", {"data-note-id": self.structure.note_number((_NOTES, note))}))

    def end_note(self) -> None:
        self._enter_group("")
        self.structure.close()

    def resolve_anchors(self, block_index: int) -> None:
        """Resolve the anchors so far to a block. Of two with a name, the first one counts."""
        for name in self._anchors:
            self.structure.anchors.setdefault(("", name), block_index)
        self._anchors.clear()

    def add_block(self, pieces: Iterable[Piece], kind: BlockKind, entry: EntryNumber | None = None) -> list[Piece]:
        """Record a block; return its pieces with their sources."""
        self._enter_group(_GROUPS.get(kind, ""), entry if kind is BlockKind.LIST_ITEM else None)
        # A note may begin with its mark, which has no place in the text that would tell the kind.
        attributes = {"data-kind": kind.value} if kind is BlockKind.FOOTNOTE else {}
        self.structure.open(("li" if kind is BlockKind.LIST_ITEM else "p", attributes))
        sourced = self._add_pieces(pieces)
        self.structure.end_block()
        self.structure.close()
        return sourced

    def add_code(self, text: str) -> str:
        self._enter_group("")
        self.structure.open(("pre", {}), ("code", {}))
        source = self.structure.add_code(text)
        self.structure.close()
        return source

    def begin_table(self) -> None:
        self._enter_group("")
        self.structure.open(("table", {}))

    def add_cell(self, pieces: Iterable[Piece], *, is_header: bool, columns: int, rows: int) -> list[Piece]:
        """Record a cell of the open row; return its pieces with their sources."""
        spans = {"colspan": columns, "rowspan": rows}
        attributes: Attributes = {name: str(count) for name, count in spans.items() if count > 1}
        self.structure.open(("th" if is_header else "td", attributes))
        sourced = self._add_pieces(pieces)
        self.structure.close()
        return sourced

    def _enter_group(self, group: str, entry: EntryNumber | None = None) -> None:
        last, self._last_entry = self._last_entry, entry
        follows = entry is not None and last is not None and entry == last._replace(number=last.number + 1)
        if self._group == group and (follows or entry is last is None):
            return
        if self._group:
            self.structure.close()
        if entry is not None:
            self.structure.open(("ol", {"type": entry.type, "start": str(entry.number)}))
        elif group:
            self.structure.open((group, {}))
        self._group = group

    def _add_pieces(self, pieces: Iterable[Piece]) -> list[Piece]:
        sourced = []
        for link, linked in groupby(pieces, key=lambda piece: piece.link):
            self._open_link(link)
            sourced += [self._add_piece(piece) for piece in linked]
            self.structure.close()
        return sourced

    def _open_link(self, link: str) -> None:
        if link.startswith("#"):
            self.structure.open_link(("", link[1:]))
        elif html_structure.is_external(link):
            self.structure.open(("a", {"href": link.strip()}))
        else:
            self.structure.open()

    def _add_piece(self, piece: Piece) -> Piece:
        if piece.text == LINE_BREAK:
            self.structure.break_line()
            return piece
        if piece.anchor:
            self._anchors.append(piece.anchor)
            return piece
        if piece.note_mark is not None:
            place = (_NOTES, piece.note_mark.note) if piece.note_mark.note else None
            self.structure.add_note_mark(piece.note_mark.text, place, is_raised=False)
            return piece
        elements = [element for kind in piece.kinds if (element := _element(kind)) is not None]
        self.structure.open(*elements)
        source = (
            self.structure.add_formula(*self.show_formula(piece))
            if inline.FORMULA in piece.kinds
            else self.structure.add_text(piece.text)
        )
        self.structure.close()
        return replace(piece, kinds=(*piece.kinds, source))


def _element(kind: str) -> tuple[str, Attributes] | None:
    language = kind.removeprefix(inline.LANGUAGE_PREFIX)
    if language != kind:
        return "span", {"lang": language}
    return (_INLINE[kind], {}) if kind in _INLINE else None
