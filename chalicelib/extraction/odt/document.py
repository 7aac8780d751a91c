"""Paragraphs and tables of an OpenDocument text while it is read, and how they become blocks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from chalicelib.extraction.blocks import RawCell
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS
from chalicelib.extraction.inline import NoteMark, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.styled_blocks import StyledBlocks


@dataclass(slots=True)
class OdtParagraph:
    """A paragraph. `followers` are anchored to it and stand behind it: notes, text boxes, descriptions of pictures.

    With a `reason`, it is left out; a `is_rule` is a line across the page, if it has no text.
    """

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    language: str = ""
    reason: str = ""
    is_rule: bool = False
    pieces: list[Piece] = field(default_factory=list)
    followers: list["OdtItem"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def text_before(self) -> str:
        """Return the last characters of the text so far."""
        texts = (piece.text for piece in reversed(self.pieces) if not piece.is_mark)
        return "".join(reversed(list(islice(texts, ANCHOR_CHARACTERS))))[-ANCHOR_CHARACTERS:]


@dataclass(slots=True)
class OdtCell:
    items: list["OdtItem"] = field(default_factory=list)
    is_header: bool = False
    columns: int = 1
    rows: int = 1

    def pieces(self) -> Iterator[Piece]:
        """Yield the text of all paragraphs, parted by spaces."""
        for item in self.items:
            if isinstance(item, OdtParagraph) and not item.reason:
                yield from item.pieces
                yield Piece(" ")


@dataclass(slots=True)
class OdtTable:
    rows: list[list[OdtCell]] = field(default_factory=list)

    def items(self) -> Iterator["OdtItem"]:
        """Yield what is in the cells."""
        for row in self.rows:
            for cell in row:
                yield from cell.items

    def is_layout(self) -> bool:
        """Return whether it only lays out the page: there are headings or tables in it."""
        return any(
            isinstance(item, OdtTable) or (isinstance(item, OdtParagraph) and item.level > 0) for item in self.items()
        )


@dataclass(slots=True)
class OdtNote:
    """Note with its mark. The name is not that of the document, where two may have the same."""

    name: str
    mark: str = ""
    items: list["OdtItem"] = field(default_factory=list)


OdtItem = OdtParagraph | OdtTable | OdtNote


def add(blocks: StyledBlocks, item: OdtItem) -> None:
    """Add an item and what follows it."""
    if isinstance(item, OdtTable):
        _add_table(blocks, item)
        return
    if isinstance(item, OdtNote):
        _add_note(blocks, item)
        return
    if item.reason:
        blocks.builder.leave_out(item.kind, item.reason, item.text)
    elif item.is_rule and not item.text.strip():
        blocks.add_scene_break()
    else:
        blocks.add(item.pieces, item.kind, item.level)
    for follower in item.followers:
        add(blocks, follower)


def _add_note(blocks: StyledBlocks, note: OdtNote) -> None:
    is_read = any(not (isinstance(item, OdtParagraph) and item.reason) for item in note.items)
    if is_read:
        blocks.begin_note(note.name)
    if isinstance(note.items[0], OdtParagraph) and not note.items[0].is_rule:
        note.items[0].pieces.insert(0, Piece("", note_mark=NoteMark(note.mark)))
    for item in note.items:
        add(blocks, item)
    if is_read:
        blocks.end_note()


def _add_table(blocks: StyledBlocks, table: OdtTable) -> None:
    if table.is_layout():
        for item in table.items():
            add(blocks, item)
        return
    blocks.add_table(
        [[RawCell(list(cell.pieces()), cell.is_header, cell.columns, cell.rows) for cell in row] for row in table.rows]
    )
    for item in table.items():
        if isinstance(item, OdtParagraph):
            if item.reason:
                blocks.builder.leave_out(item.kind, item.reason, item.text)
            for follower in item.followers:
                add(blocks, follower)
