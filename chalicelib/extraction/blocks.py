"""Documents that say themselves what their paragraphs, headings and tables are: EPUB, DOCX, HTML, Markdown.

A reader writes a `Script`, block by block; what is spoken of it is decided here, by the same rules for all formats.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.extraction import table_text
from chalicelib.extraction.cleanup import HYPHEN, clean_line
from chalicelib.extraction.pdf.layout import Entry
from chalicelib.extraction.pdf.paragraphs import BREAK, Flow, Paragraph
from chalicelib.extraction.placeholders import Notice, say


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; a heading when it has a level, from 1; or, with a notice, what stands there and is not spoken."""

    text: str
    level: int = 0
    notice: Notice | None = None


@dataclass(slots=True)
class Script:
    """The blocks of a document in order, and its own table of contents; an entry's `sheet` is the block it points to.

    At most `limit` characters are taken; `cut` says that there were more.
    """

    limit: int
    blocks: list[Block] = field(default_factory=list)
    outline: list[Entry] = field(default_factory=list)

    @property
    def cut(self) -> bool:
        return self.limit <= 0

    def paragraph(self, text: str, *, level: int = 0) -> None:
        """A paragraph as it stands in the document. One in which nothing can be read is left out."""
        line = clean_line(text).rstrip(HYPHEN)
        if line and not self.cut:
            self._add(Block(line[: self.limit], level))

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """A table; cells are texts as they stand in the document."""
        cells = [[clean_line(cell).rstrip(HYPHEN) for cell in row] for row in rows]
        spoken = table_text.spoken(cells)
        if spoken is None:
            self.omit(Notice.TABLE)
        for line in spoken or ():
            self.paragraph(line)

    def omit(self, notice: Notice) -> None:
        """Something that is not spoken, and what is said instead. Two of a kind in a row are one."""
        if not self.cut and self.blocks[-1:] != [Block("", notice=notice)]:
            self._add(Block("", notice=notice))

    def _add(self, block: Block) -> None:
        self.limit -= len(block.text) + len(BREAK)
        self.blocks.append(block)

    def headings(self) -> list[Entry]:
        """A table of contents made of the headings, for documents that have none."""
        return [Entry(block.text, block.level, number) for number, block in enumerate(self.blocks) if block.level]

    def words(self) -> str:
        """What the document says, without what is said instead of its tables and code."""
        return BREAK.join(block.text for block in self.blocks if block.text)


def flow(script: Script, language: str) -> Flow:
    """The blocks as one text. Each is a paragraph on a sheet of its own, as the entries of the outline count them."""
    made = Flow()
    parts: list[str] = []
    length = 0
    for block in script.blocks:
        text = say(block.notice, language) if block.notice else block.text
        if parts:
            parts.append(BREAK)
            length += len(BREAK)
        made.paragraphs.append(Paragraph(length, length + len(text), len(made.paragraphs), 0.0, 0.0))
        parts.append(text)
        length += len(text)
    made.text = "".join(parts)
    made.starts = [paragraph.start for paragraph in made.paragraphs]
    return made
