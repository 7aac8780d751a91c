"""Result of text extraction. Plain values, because they cross a process boundary as JSON.

All offsets count code points of `ExtractedText.text`.
"""

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """Text to be read aloud. Paragraphs end with a blank line ("\\n\\n"); there are no other line breaks.

    `pages` is empty for reflowable documents (EPUB, DOCX, HTML, Markdown). `language` is BCP-47, "und" if undetermined.
    `warning` is a key of `extract.EXTRACTION_WARNINGS`.
    """

    text: str
    pages: tuple[PageSpan, ...]
    chapters: tuple[ChapterSpan, ...]
    language: str
    word_count: int
    warning: str | None


class ExtractionError(Exception):
    """The file is damaged. The message is a code such as "malformed"; it never quotes the file."""
