"""Plain text → lines. A character grid is a layout too: blank lines are gaps, leading spaces are indents, and form feeds
are page ends.
"""

from itertools import pairwise
from pathlib import Path
from statistics import median

from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.pdf.layout import DocumentLayout, Line, Page
from chalicelib.formats.charset import bom_encoding

MAX_WRAPPED_LINE = 120  # characters; longer lines were not wrapped by hand or by a mail program
MIN_MEDIAN_WRAPPED_LINE = 40  # characters
TAB_WIDTH = 4  # spaces
BLANK_LINE_ROWS = 3.0  # height of a blank line: a gap that no line spacing has


def extract(path: Path, limit: int) -> DocumentLayout:
    """Return the lines of at most `limit` characters: UTF-8, or UTF-16 with a byte order mark."""
    content = _load(path, limit)
    lines_by_page = [_lines(page) for page in content.split("\f")]
    is_wrapped = _is_wrapped([line for lines in lines_by_page for line in lines])
    pages = [_page(lines, is_wrapped=is_wrapped) for lines in lines_by_page]
    return DocumentLayout(pages, is_truncated=len(content) >= limit)


def _load(path: Path, limit: int) -> str:
    with path.open("rb") as file:
        encoding = bom_encoding(file.read(3)) or "utf-8-sig"
    with path.open(encoding=encoding, newline=None) as file:
        return file.read(limit)


def _lines(page: str) -> list[str]:
    return [line.expandtabs(TAB_WIDTH).rstrip() for line in page.split("\n")]


def _is_wrapped(lines: list[str]) -> bool:
    """Return True if paragraphs span several lines. Otherwise each line is a paragraph: verse, lists, or text from an
    editor that wraps on screen only.
    """
    lengths = [len(line) for line, following in pairwise(lines) if line and following]
    return bool(lengths) and max(lengths) <= MAX_WRAPPED_LINE and median(lengths) >= MIN_MEDIAN_WRAPPED_LINE


def _page(raw_lines: list[str], *, is_wrapped: bool) -> Page:
    lines = []
    baseline = 0.0
    for raw_line in raw_lines:
        text = clean_line(raw_line, keeps_addresses=True)
        baseline -= 1.0 if is_wrapped and text else BLANK_LINE_ROWS
        if text:
            indent = len(raw_line) - len(raw_line.lstrip(" \u3000"))
            lines.append(Line(text, float(indent), float(len(raw_line)), baseline, 1.0))
    return Page(tuple(lines))
