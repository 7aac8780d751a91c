"""Structure of documents whose formats fill a BlockBuilder directly: what is added is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from chalicelib.extraction import inline
from chalicelib.extraction.display.model import Attributes
from chalicelib.extraction.display.recorder import StructureRecorder
from chalicelib.extraction.inline import LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind

_GROUPS = {BlockKind.LIST_ITEM: "ul", BlockKind.QUOTE: "blockquote"}  # of adjacent blocks
_INLINE = {inline.EMPHASIS: "em", inline.CODE: "code"}


@dataclass(slots=True)
class BlockStructure:
    """Records blocks in a structure. `show_formula` returns the forms of the formula that a piece is."""

    structure: StructureRecorder
    show_formula: Callable[[Piece], tuple[str, str, str]]
    _group: str = ""

    def add_block(self, pieces: Iterable[Piece], kind: BlockKind) -> list[Piece]:
        """Record a block; return its pieces with their sources."""
        self._enter_group(_GROUPS.get(kind, ""))
        self.structure.open(("li" if kind is BlockKind.LIST_ITEM else "p", {}))
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

    def _enter_group(self, group: str) -> None:
        if self._group == group:
            return
        if self._group:
            self.structure.close()
        if group:
            self.structure.open((group, {}))
        self._group = group

    def _add_pieces(self, pieces: Iterable[Piece]) -> list[Piece]:
        sourced = []
        for piece in pieces:
            if piece.text == LINE_BREAK:
                self.structure.break_line()
                sourced.append(piece)
                continue
            elements = [element for kind in piece.kinds if (element := _element(kind)) is not None]
            self.structure.open(*elements)
            source = (
                self.structure.add_formula(*self.show_formula(piece))
                if inline.FORMULA in piece.kinds
                else self.structure.add_text(piece.text)
            )
            self.structure.close()
            sourced.append(replace(piece, kinds=(*piece.kinds, source)))
        return sourced


def _element(kind: str) -> tuple[str, Attributes] | None:
    language = kind.removeprefix(inline.LANGUAGE_PREFIX)
    if language != kind:
        return "span", {"lang": language}
    return (_INLINE[kind], {}) if kind in _INLINE else None
