"""Paragraphs and tables of an RTF document while it is read. Stories nest: a note is in a paragraph of the body."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby, islice

from chalicelib.extraction import styled_blocks
from chalicelib.extraction.blocks import RawCell
from chalicelib.extraction.inline import NoteMark, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.rtf import words
from chalicelib.extraction.rtf.state import RtfBlock, RtfStyle, Story
from chalicelib.extraction.styled_blocks import StyledBlocks


class RtfBody:
    """Takes the words that make paragraphs and tables, and adds their blocks. `styles` are those of paragraphs."""

    def __init__(self, blocks: StyledBlocks) -> None:
        self.styles: dict[int, RtfStyle] = {}
        self._blocks = blocks
        self._stories = [Story()]
        self._depths = [0]  # of the groups that the stories are in
        self._rows: list[list[RawCell]] = []
        self._row: list[RawCell] = []
        self._row_is_header = False
        self._row_followers: list[RtfBlock] = []
        self._note_count = 0  # of those with a number
        self._notes = 0

    @property
    def story(self) -> Story:
        """The innermost open story."""
        return self._stories[-1]

    def start_story(self, story: Story, depth: int) -> None:
        """Open a story inside of the open paragraph, in the group of this depth."""
        self._stories.append(story)
        self._depths.append(depth)

    def add_anchor(self, name: str) -> None:
        """Add the place that links to this name lead to."""
        if name:
            self.story.open.pieces.append(Piece("", anchor=name))

    def start_note(self, depth: int, *, has_number: bool) -> None:
        """Open a note, with its mark: a number, which the document does not hold, or an asterisk for a mark of its own."""
        self._notes += 1
        self._note_count += has_number
        mark, name = str(self._note_count) if has_number else "*", str(self._notes)
        styled_blocks.close_up_before_mark(self.story.open.pieces)
        self.story.open.pieces.append(Piece("", note_mark=NoteMark(mark, name)))
        self.start_story(Story(BlockKind.FOOTNOTE, name), depth)
        self.story.open.pieces.append(Piece("", note_mark=NoteMark(mark)))

    def end_stories(self, depth: int) -> None:
        """Close the stories in groups that are deeper than this one."""
        while self._depths[-1] > depth:
            self.end_paragraph()
            story = self._stories.pop()
            self._depths.pop()
            for block in story.blocks:
                block.note = story.note
            self.story.open.followers += story.blocks

    def finish(self) -> None:
        """Add what is still open."""
        self.end_stories(0)
        self.end_paragraph()
        self._end_table()
        self._blocks.flush()

    def read_word(self, name: bytes, parameter: int | None) -> None:
        """Apply a control word of paragraphs or tables."""
        self._read_table_word(name)
        self._read_paragraph_word(name, parameter)

    def _read_paragraph_word(self, name: bytes, parameter: int | None) -> None:
        paragraph = self.story.paragraph
        match name:
            case b"pard":
                self.story.paragraph = type(paragraph)()
            case b"s":
                paragraph.style = parameter or 0
            case b"outlinelevel":
                paragraph.outline_level = parameter
            case b"intbl":
                paragraph.is_in_table = True
            case b"fi":
                paragraph.is_hanging = (parameter or 0) < 0
            case b"ls":
                paragraph.is_list_item = bool(parameter)

    def _read_table_word(self, name: bytes) -> None:
        if len(self._stories) > 1:  # a table in a note or a text box is read as paragraphs
            if name in {b"cell", b"row", b"nestcell"}:
                self.end_paragraph()
        elif name == b"cell":
            self._end_cell()
        elif name == b"row":
            self._rows.append(self._row)
            self._row = []
        elif name == b"trowd":
            self._row_is_header = False
        elif name == b"trhdr":
            self._row_is_header = True
        elif name in {b"nestcell", b"nestrow"}:
            self.story.open.pieces.append(Piece(" "))

    def end_paragraph(self, *, is_section: bool = False) -> None:
        """End the paragraph, unless it is a part of a cell."""
        story = self.story
        paragraph, block = story.paragraph, story.open
        if paragraph.is_in_table and len(self._stories) == 1 and not is_section:
            block.pieces.append(Piece(" "))
            return
        style = self.styles.get(paragraph.style, RtfStyle())
        block.level = words.heading_level(style, paragraph.outline_level) if story.kind is None else 0
        kind = styled_blocks.kind_of(style.name)
        if (paragraph.is_list_item or paragraph.has_list_mark) and kind is None and not block.level:
            kind = BlockKind.LIST_ITEM
        elif paragraph.is_hanging and kind is None and not block.level:
            kind = _take_typed_mark(block)
        paragraph.has_list_mark = False
        block.kind = story.kind or kind or BlockKind.PARAGRAPH
        if block.kind in {BlockKind.TOC, BlockKind.CAPTION, BlockKind.REFERENCE}:
            block.level = 0
        story.open = RtfBlock()
        if len(self._stories) > 1:
            story.blocks.append(block)
        else:
            self._end_table()
            self._add([block])

    def _end_cell(self) -> None:
        block = self.story.open
        self.story.open = RtfBlock()
        self._row.append(RawCell(block.pieces, self._row_is_header))
        self._row_followers += block.followers

    def _end_table(self) -> None:
        rows = [*self._rows, self._row] if self._row else self._rows
        followers = self._row_followers
        self._rows, self._row, self._row_followers = [], [], []
        if rows:
            self._blocks.add_table(rows)
        self._add(followers)

    def _add(self, blocks: Iterable[RtfBlock]) -> None:
        for note, parts in groupby(blocks, key=lambda block: block.note):
            if note:
                self._blocks.begin_note(note)
            for block in parts:
                self._blocks.add(block.pieces, block.kind, block.level)
                self._add(block.followers)
            if note:
                self._blocks.end_note()


def _take_typed_mark(block: RtfBlock) -> BlockKind | None:
    """Take the bullet from a block that begins with one. Returns its kind, or None if it is no item of a list."""
    texts = (piece.text for piece in block.pieces if not piece.is_mark)
    is_item, bullet = words.typed_mark("".join(islice(texts, 4)))
    if bullet:
        first = next(index for index, piece in enumerate(block.pieces) if bullet in piece.text)
        piece = block.pieces[first]
        block.pieces[first] = replace(piece, text=piece.text.replace(bullet, "", 1))
    return BlockKind.LIST_ITEM if is_item else None
