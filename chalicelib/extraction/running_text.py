"""Running text and outline: the form that every format is brought into before chapters are detected."""

from dataclasses import dataclass, field

from chalicelib.extraction.model import BlockKind, Omission, TextSpan

PARAGRAPH_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Offsets of a paragraph in the text, and where it started on the page."""

    start: int
    end: int
    page_index: int
    baseline: float
    font_size: float
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0  # of a heading


@dataclass(slots=True)
class RunningText:
    """Paragraphs as one text. `page_starts[k]` is the offset of page k (from 0); it is at the start of a word, and
    offsets never decrease.
    """

    text: str = ""
    page_starts: list[int] = field(default_factory=list)
    paragraphs: list[Paragraph] = field(default_factory=list)
    spans: list[TextSpan] = field(default_factory=list)
    sources: list[TextSpan] = field(default_factory=list)  # what each text of the document has become
    left_out: list[Omission] = field(default_factory=list)
    left_out_offsets: list[int] = field(default_factory=list)  # of texts without pages


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """Entry of the document's own table of contents, and its target. `page_index` counts from 0.

    Documents without pages count blocks instead: each block is a page of its own.
    """

    title: str
    level: int
    page_index: int
    baseline: float | None = None
