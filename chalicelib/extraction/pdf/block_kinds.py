"""Kinds of printed blocks: headings by their type, list entries and captions by their labels, quotations by their indents."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf import labels
from chalicelib.extraction.pdf.paragraph_starts import ends_sentence
from chalicelib.extraction.pdf.printed_blocks import PrintedBlock

LARGE_TYPE = 1.12  # times the body's font size, and above: a heading
SMALL_TYPE = 0.97  # times the body's font size, and below: captions are set in it
MAX_HEADING_CHARACTERS = 200
MAX_BOLD_HEADING_CHARACTERS = 120  # in the body's font size
MAX_CHAPTER_TITLE_CHARACTERS = 60  # below "Chapter 7"
MAX_TITLE_LINES = 4
MAX_TITLE_GAP = 1.6  # times the font size: the distance of the lines of a title
MAX_LEVEL = 6
QUOTE_INDENT = 1.0  # times the font size, on both sides
MIN_QUOTE_WIDTH = 0.4  # of the column's: narrower lines are a list without bullets
MAX_FRONT_PAGES = 8  # at the beginning of a book
MIN_PAGES_WITH_FRONT_MATTER = 20  # a paper has no page for its copyright

_NAMED_HEADING = re.compile(
    r"(?:chapter|part|book|appendix|prologue|epilogue|kapitel|teil|anhang|chapitre|partie|capítulo|parte|capitolo)"
    r"(?:\s+(?:\d{1,3}|[ivxlcdm]{1,7}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z])\b.{0,80})?",
    re.IGNORECASE,
)
_NUMBERED_HEADING = re.compile(
    r"(?:chapter|part|book|kapitel|teil|chapitre|partie|capítulo|capitolo|parte)\s+\S{1,12}", re.IGNORECASE
)
_REFERENCES = re.compile(
    r"(?:\d{1,2}\.?\s+)?(?:references|bibliography|works cited|literature(?: cited)?|literatur(?:verzeichnis)?|quellen"
    r"(?:verzeichnis)?|références|bibliographie|bibliografía|referencias|bibliografia|riferimenti|referências|literatuur)",
    re.IGNORECASE,
)
_FRONT_MATTER = re.compile(
    r"©|all rights reserved|alle rechte vorbehalten|tous droits réservés|\bISBN\b", re.IGNORECASE
)


def classify(blocks: Sequence[PrintedBlock], body_size: float, page_count: int) -> list[PrintedBlock]:
    """Set the kind of each block that has none yet, and the levels of headings. Return the blocks, titles as one block."""
    typography = _Typography(body_size)
    for block in blocks:
        if block.kind == BlockKind.PARAGRAPH and not block.is_divided:
            typography.set_kind(block)
    _set_chapter_titles(blocks)
    joined = list(_with_whole_titles(blocks))
    typography.set_levels(joined)
    _set_numbered_entries(joined)
    _set_references(joined)
    _set_front_matter(joined, page_count)
    return joined


@dataclass(slots=True)
class _Typography:
    """Type of a document, by which its headings are told from its text."""

    body_size: float
    has_types: bool = field(init=False)

    def __post_init__(self) -> None:
        self.has_types = self.body_size > 1.0  # a plain text has one type for everything

    def set_kind(self, block: PrintedBlock) -> None:
        text = block.text
        if labels.is_caption(text, is_small=block.font_size <= SMALL_TYPE * self.body_size):
            block.kind = BlockKind.CAPTION
        elif self._is_heading(block, text):
            block.kind = BlockKind.HEADING
        elif labels.is_bullet(text):
            block.kind = BlockKind.LIST_ITEM
        elif self._is_quote(block):
            block.kind = BlockKind.QUOTE

    def _is_heading(self, block: PrintedBlock, text: str) -> bool:
        if len(text) > MAX_HEADING_CHARACTERS or len(block.lines) > MAX_TITLE_LINES or not any(map(str.isalpha, text)):
            return False
        if _NAMED_HEADING.fullmatch(text):
            return True
        if not self.has_types:
            return len(block.lines) == 1 and _is_in_capitals(text)
        if block.font_size >= LARGE_TYPE * self.body_size:
            return True
        return block.is_bold and len(text) <= MAX_BOLD_HEADING_CHARACTERS and not ends_sentence(text)

    def _is_quote(self, block: PrintedBlock) -> bool:
        """Return True if all lines are indented on both sides; the first one may be indented further."""
        indent = QUOTE_INDENT * block.font_size
        left, right = min(item.line.left for item in block.lines), max(item.line.right for item in block.lines)
        column_width = block.first.column_edge - block.first.left_edge
        return (
            len(block.lines) > 1
            and right - left >= MIN_QUOTE_WIDTH * column_width
            and all(
                item.line.left - item.left_edge > indent and item.column_edge - item.line.right > indent
                for item in block.lines
            )
        )

    def set_levels(self, blocks: Sequence[PrintedBlock]) -> None:
        """Set the levels of headings by their sizes, the largest first."""
        headings = [block for block in blocks if block.kind == BlockKind.HEADING]
        sizes = sorted({round(block.font_size * 2) for block in headings}, reverse=True)
        for block in headings:
            block.level = min(sizes.index(round(block.font_size * 2)) + 1, MAX_LEVEL)


def _is_in_capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return (
        len(letters) > 3
        and text.isupper()
        and not ends_sentence(text.rstrip("."))
        and len(text) <= MAX_BOLD_HEADING_CHARACTERS
    )


def _with_whole_titles(blocks: Sequence[PrintedBlock]) -> list[PrintedBlock]:
    """Join the lines of a title that is broken over several lines."""
    joined: list[PrintedBlock] = []
    for block in blocks:
        above = joined[-1] if joined else None
        if above is not None and _continues_title(above, block):
            above.lines.extend(block.lines)
        else:
            joined.append(block)
    return joined


def _continues_title(above: PrintedBlock, block: PrintedBlock) -> bool:
    if above.kind != BlockKind.HEADING or block.kind != BlockKind.HEADING:
        return False
    upper, lower = above.last, block.first
    return (
        upper.column == lower.column
        and round(above.font_size * 2) == round(block.font_size * 2)
        and above.font_size > 1.0
        and above.is_bold == block.is_bold
        and 0 < upper.line.baseline - lower.line.baseline <= MAX_TITLE_GAP * block.font_size
        and not ends_sentence(above.text)
        and not labels.is_numbered(block.text)
        and not block.text[:1].isdecimal()
        and not _NAMED_HEADING.fullmatch(above.text)
        and not _NAMED_HEADING.fullmatch(block.text)
        and len(above.lines) + len(block.lines) <= MAX_TITLE_LINES
    )


def _set_chapter_titles(blocks: Sequence[PrintedBlock]) -> None:
    """Mark the name of a chapter in the line below its number."""
    for above, block in pairwise(blocks):
        if (
            above.kind == BlockKind.HEADING
            and block.kind == BlockKind.PARAGRAPH
            and len(block.lines) == 1
            and _NUMBERED_HEADING.fullmatch(above.text)
            and len(block.text) <= MAX_CHAPTER_TITLE_CHARACTERS
            and block.text[:1].isupper()
            and not ends_sentence(block.text)
        ):
            block.kind = BlockKind.HEADING


def _set_numbered_entries(blocks: Sequence[PrintedBlock]) -> None:
    """A numbered paragraph is an entry of a list if the next number is below it, or the number before above it."""
    numbers = [labels.list_number(block.text) if block.kind == BlockKind.PARAGRAPH else None for block in blocks]
    for block, before, number, after in zip(blocks, [None, *numbers], numbers, [*numbers[1:], None], strict=False):
        if number is not None and (after == number + 1 or before == number - 1):
            block.kind = BlockKind.LIST_ITEM


def _set_references(blocks: Sequence[PrintedBlock]) -> None:
    is_in_references = False
    for block in blocks:
        if block.kind == BlockKind.HEADING:
            is_in_references = _REFERENCES.fullmatch(block.text.strip(" .:")) is not None
        elif is_in_references and block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.QUOTE):
            block.kind = BlockKind.REFERENCE


def _set_front_matter(blocks: Sequence[PrintedBlock], page_count: int) -> None:
    """Mark the text of the page with the copyright."""
    if page_count < MIN_PAGES_WITH_FRONT_MATTER:
        return
    front = [block for block in blocks if block.first.page_index < MAX_FRONT_PAGES]
    pages = {block.first.page_index for block in front if _FRONT_MATTER.search(block.text)}
    for block in front:
        if block.first.page_index in pages and block.kind == BlockKind.PARAGRAPH:
            block.kind = BlockKind.FRONT_MATTER
