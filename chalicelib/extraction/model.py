"""What a reading is. Plain values: they cross a process boundary as JSON. All offsets are code points of
`Reading.text`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageSpan:
    """Page `number` (from 1) holds the text from `start` up to `end`. The pages of a reading follow each other
    without gap or overlap.
    """

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ChapterSpan:
    """A chapter begins with its title and ends where the next one begins, or the text."""

    title: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ExtractedText:
    """The text that is spoken: paragraphs end with a blank line ("\\n\\n"), no other line breaks.

    `pages` is empty for documents that have none: books and pages of the web run on as the reader's screen is wide.
    `language` is BCP-47, "und" when it cannot be told. `problem` is one of `read.PROBLEMS`.
    """

    text: str
    pages: tuple[PageSpan, ...]
    chapters: tuple[ChapterSpan, ...]
    language: str
    word_count: int
    warning: str | None


class ExtractionError(Exception):
    """The file is damaged where its text should be. Says in which part, never what stands there."""
