"""Documents that say themselves what their paragraphs, headings and tables are: EPUB, DOCX, HTML, Markdown.

A reader writes a `BlockBuilder`, block by block; what is spoken of it is decided here, by the same rules for all formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.extraction import table_text
from chalicelib.extraction.cleanup import LINE_END_HYPHEN, clean_line
from chalicelib.extraction.pdf.layout import OutlineEntry
from chalicelib.extraction.pdf.paragraphs import PARAGRAPH_BREAK, Paragraph, RunningText
from chalicelib.extraction.placeholders import Placeholder, text_for


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; a heading when it has a level, from 1; or, with a notice, what stands there and is not spoken."""

    text: str
    level: int = 0
    placeholder: Placeholder | None = None


@dataclass(slots=True)
class BlockBuilder:
    """The blocks of a document in order, and its own table of contents; an entry's `sheet` is the block it points to.

    At most `limit` characters are taken; `cut` says that there were more.
    """

    limit: int
    blocks: list[Block] = field(default_factory=list)
    outline: list[OutlineEntry] = field(default_factory=list)

    @property
    def is_truncated(self) -> bool:
        return self.limit <= 0

    def add_paragraph(self, text: str, *, level: int = 0) -> None:
        """A paragraph as it stands in the document. One in which nothing can be read is left out."""
        line = clean_line(text).rstrip(LINE_END_HYPHEN)
        if line and not self.is_truncated:
            self._add(Block(line[: self.limit], level))

    def add_table(self, rows: Sequence[Sequence[str]]) -> None:
        """A table; cells are texts as they stand in the document."""
        cells = [[clean_line(cell).rstrip(LINE_END_HYPHEN) for cell in row] for row in rows]
        spoken = table_text.to_sentences(cells)
        if spoken is None:
            self.add_placeholder(Placeholder.TABLE)
        for line in spoken or ():
            self.add_paragraph(line)

    def add_placeholder(self, placeholder: Placeholder) -> None:
        """Something that is not spoken, and what is said instead. Two of a kind in a row are one."""
        if not self.is_truncated and self.blocks[-1:] != [Block("", placeholder=placeholder)]:
            self._add(Block("", placeholder=placeholder))

    def _add(self, block: Block) -> None:
        self.limit -= len(block.text) + len(PARAGRAPH_BREAK)
        self.blocks.append(block)

    def heading_outline(self) -> list[OutlineEntry]:
        """A table of contents made of the headings, for documents that have none."""
        return [
            OutlineEntry(block.text, block.level, number) for number, block in enumerate(self.blocks) if block.level
        ]

    def plain_text(self) -> str:
        """What the document says, without what is said instead of its tables and code."""
        return PARAGRAPH_BREAK.join(block.text for block in self.blocks if block.text)


def to_paragraphs(script: BlockBuilder, language: str) -> RunningText:
    """The blocks as one text. Each is a paragraph on a sheet of its own, as the entries of the outline count them."""
    made = RunningText()
    parts: list[str] = []
    length = 0
    for block in script.blocks:
        text = text_for(block.placeholder, language) if block.placeholder else block.text
        if parts:
            parts.append(PARAGRAPH_BREAK)
            length += len(PARAGRAPH_BREAK)
        made.paragraphs.append(Paragraph(length, length + len(text), len(made.paragraphs), 0.0, 0.0))
        parts.append(text)
        length += len(text)
    made.text = "".join(parts)
    made.page_starts = [paragraph.start for paragraph in made.paragraphs]
    return made
