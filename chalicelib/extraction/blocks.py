"""Blocks of documents that mark up their paragraphs, headings and tables: EPUB, DOCX, HTML, Markdown.

Each format module fills a `BlockBuilder`, block by block. What is spoken is decided here, by the same rules for all
formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.extraction import placeholders, table_text
from chalicelib.extraction.cleanup import LINE_END_HYPHEN, clean_line
from chalicelib.extraction.model import BlockKind, Omission
from chalicelib.extraction.placeholders import Placeholder
from chalicelib.extraction.running_text import PARAGRAPH_BREAK, OutlineEntry, Paragraph, RunningText

MAX_EXCERPT_CHARACTERS = 200  # enough to find the place in the document


@dataclass(frozen=True, slots=True)
class Block:
    """Text of one kind; `level` of a heading; or placeholder for content that is not spoken."""

    text: str
    level: int = 0
    placeholder: Placeholder | None = None
    kind: BlockKind = BlockKind.PARAGRAPH


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

    @property
    def is_truncated(self) -> bool:
        """True once the limit is reached; further blocks are ignored."""
        return self.limit <= 0

    def add_paragraph(self, text: str, *, level: int = 0, kind: BlockKind = BlockKind.PARAGRAPH) -> None:
        """Add a block of raw text, unless nothing in it can be read. With a `level`, it is a heading."""
        line = clean_line(text).rstrip(LINE_END_HYPHEN)
        if line and not self.is_truncated:
            self._add(Block(line[: self.limit], level, kind=BlockKind.HEADING if level else kind))

    def leave_out(self, kind: str, reason: str, text: str) -> None:
        """Note content that is not added, with the beginning of its text."""
        line = clean_line(text[: 4 * MAX_EXCERPT_CHARACTERS]).rstrip(LINE_END_HYPHEN)
        self.left_out.append(Omission(kind, None, reason, line[:MAX_EXCERPT_CHARACTERS]))

    def add_table(self, rows: Sequence[Sequence[str]]) -> None:
        """Add a table with cells of raw text."""
        cells = [[clean_line(cell).rstrip(LINE_END_HYPHEN) for cell in row] for row in rows]
        sentences = table_text.to_sentences(cells)
        if sentences is None:
            self.add_placeholder(Placeholder.TABLE)
        for sentence in sentences or ():
            self.add_paragraph(sentence, kind=BlockKind.TABLE)

    def add_placeholder(self, placeholder: Placeholder) -> None:
        """Add a placeholder, unless the last block is the same one."""
        if not self.is_truncated and self.blocks[-1:] != [
            block := Block("", placeholder=placeholder, kind=BlockKind(placeholder))
        ]:
            self._add(block)

    def _add(self, block: Block) -> None:
        self.limit -= len(block.text) + len(PARAGRAPH_BREAK)
        self.blocks.append(block)

    def heading_outline(self) -> list[OutlineEntry]:
        """Return an outline made of the headings, for documents without one."""
        return [OutlineEntry(block.text, block.level, index) for index, block in enumerate(self.blocks) if block.level]

    def plain_text(self) -> str:
        """Return the text without placeholders."""
        return PARAGRAPH_BREAK.join(block.text for block in self.blocks if block.text)


def to_paragraphs(builder: BlockBuilder, language: str) -> RunningText:
    """Return the blocks as one text. Each block is a paragraph on a page of its own, as the outline counts them."""
    running_text = RunningText()
    parts: list[str] = []
    length = 0
    for index, block in enumerate(builder.blocks):
        text = placeholders.text_for(block.placeholder, language) if block.placeholder else block.text
        if parts:
            parts.append(PARAGRAPH_BREAK)
            length += len(PARAGRAPH_BREAK)
        running_text.paragraphs.append(Paragraph(length, length + len(text), index, 0.0, 0.0, block.kind, block.level))
        parts.append(text)
        length += len(text)
    running_text.text = "".join(parts)
    running_text.left_out = builder.left_out
    running_text.page_starts = [paragraph.start for paragraph in running_text.paragraphs]
    return running_text
