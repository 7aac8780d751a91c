"""Plain text → lines. A character grid is a layout too: blank lines are gaps, leading spaces indents, form feeds page
ends.
"""

import codecs
from itertools import pairwise
from pathlib import Path
from statistics import median

from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.pdf.layout import DocumentLayout, Line, Page

MAX_WRAPPED_LINE = 120  # characters; lines longer than this were never wrapped by hand or by mail
MIN_MEDIAN_WRAPPED_LINE = 40
TAB_WIDTH = 4  # spaces
BLANK_LINE_ROWS = 3.0  # as many rows a blank line counts for: a gap that no line spacing has


def extract(path: Path, limit: int) -> DocumentLayout:
    """The lines of a UTF-8 text, or UTF-16 with a byte order mark, up to `limit` characters."""
    content = _load(path, limit)
    lines_of = [_lines(page) for page in content.split("\f")]
    wrapped = _is_wrapped([line for lines in lines_of for line in lines])
    return DocumentLayout([_page(lines, wrapped=wrapped) for lines in lines_of], is_truncated=len(content) >= limit)


def _load(path: Path, limit: int) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    encoding = "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    with path.open(encoding=encoding, newline=None) as file:
        return file.read(limit)


def _lines(page: str) -> list[str]:
    return [line.expandtabs(TAB_WIDTH).rstrip() for line in page.split("\n")]


def _is_wrapped(lines: list[str]) -> bool:
    """Whether paragraphs run over several lines. Where they do not, each line is a paragraph: verse, lists, or text
    from an editor that wraps on screen.
    """
    inner = [len(line) for line, following in pairwise(lines) if line and following]
    return bool(inner) and max(inner) <= MAX_WRAPPED_LINE and median(inner) >= MIN_MEDIAN_WRAPPED_LINE


def _page(lines: list[str], *, wrapped: bool) -> Page:
    found = []
    base = 0.0
    for line in lines:
        text = clean_line(line)
        base -= 1.0 if wrapped and text else BLANK_LINE_ROWS
        if text:
            indent = len(line) - len(line.lstrip(" \u3000"))
            found.append(Line(text, float(indent), float(len(line)), base, 1.0))
    return Page(tuple(found))
