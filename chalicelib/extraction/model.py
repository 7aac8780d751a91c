"""Result of text extraction. Plain values, because they cross a process boundary as JSON.

All offsets count code points of `ExtractedText.text`.
"""

from dataclasses import dataclass
from enum import StrEnum

MAX_EXCERPT_CHARACTERS = 200  # enough to find the place in the document


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Text of page `number` (from 1): from `start` up to `end`. Pages are contiguous: no gaps, no overlaps."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ChapterSpan:
    """Chapter from its title up to the next chapter, or the end of the text."""

    title: str
    start: int
    end: int


# Raise it when texts that were extracted before should be made again. 1 is the first release with blocks, 2 with display forms.
EXTRACTOR_VERSION = 2


class BlockKind(StrEnum):
    """The kind of a block of a document. The names are part of the API."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    VERSE = "verse"
    TABLE = "table"  # one row, or the sentence that announces a table
    CODE = "code"
    FORMULA = "formula"
    CAPTION = "caption"
    FIGURE = "figure"  # the description of a picture
    FOOTNOTE = "footnote"
    REFERENCE = "reference"  # an entry of a bibliography
    TOC = "toc"
    FRONT_MATTER = "front_matter"
    SCENE_BREAK = "scene_break"


# Blocks that are in the text, but not read aloud unless the listener asks for them.
UNSPOKEN_KINDS = frozenset({BlockKind.CODE, BlockKind.FOOTNOTE, BlockKind.TOC})


@dataclass(frozen=True, slots=True)
class BlockSpan:
    """Block of the text from `start` up to `end`, without the blank line behind it. `level` is 1 to 6 for headings, else 0."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class TextSpan:
    """Part of a block. `kind`: citation, url, note_mark, formula, code, emphasis, or "language:" and a BCP-47 tag."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Omission:
    """Content of the document that is not in the text. `page` counts from 1; None in documents without pages.

    `reason` is a key of `extract.OMISSION_REASONS`; `excerpt` is the beginning of what was left out.
    """

    kind: str
    page: int | None
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """Text to be read aloud. Blocks end with a blank line ("\\n\\n"). A single line break divides the lines of a verse, of
    code or of an address.

    `pages` is empty for reflowable documents (EPUB, DOCX, HTML, Markdown). `language` is BCP-47, "und" if undetermined.
    `warning` is a key of `extract.EXTRACTION_WARNINGS`. `blocks` are in order and cover the text except its blank lines;
    `spans` are in order of their starts. What the document holds is either in the text, or in `left_out`.
    `left_out_offsets` are the places of the first of `left_out`, in a text without pages.

    `unreadable_pages` (from 1) need text recognition: they are pictures without text, or their text is not language.
    """

    text: str
    pages: tuple[PageSpan, ...]
    chapters: tuple[ChapterSpan, ...]
    language: str
    word_count: int
    warning: str | None
    blocks: tuple[BlockSpan, ...] = ()
    spans: tuple[TextSpan, ...] = ()
    left_out: tuple[Omission, ...] = ()
    unreadable_pages: tuple[int, ...] = ()
    left_out_offsets: tuple[int, ...] = ()


class ExtractionError(Exception):
    """The file is damaged. The message is a code such as "malformed"; it never quotes the file."""
