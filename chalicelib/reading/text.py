"""Plain text → lines. A character grid is a layout too: blank lines are gaps, leading spaces indents, form feeds page
ends.
"""

import codecs
import re
from itertools import pairwise
from pathlib import Path
from statistics import median

from chalicelib.reading.cleanup import clean_line
from chalicelib.reading.layout import Line, Sheet

LONGEST_WRAPPED = 120  # characters; lines longer than this were never wrapped by hand or by mail
SHORTEST_WRAPPED = 40
TAB = 4  # spaces
BLOCK_CHARACTERS = 1_000_000  # decoded at a time, so that a text far beyond the limit is never held whole


def read(path: Path, limit: int) -> list[Sheet]:
    """The lines of a UTF-8 text, or UTF-16 with a byte order mark, up to `limit` characters."""
    lines_of = [_lines(page) for page in _load(path, limit).split("\f")]
    wrapped = _is_wrapped([line for lines in lines_of for line in lines])
    return [_sheet(lines, step=1 if wrapped else 2) for lines in lines_of]


def _load(path: Path, limit: int) -> str:
    with path.open("rb") as file:
        start = file.read(2)
    encoding = "utf-16" if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    with path.open(encoding=encoding, newline=None) as file:
        return file.read(limit)


def _lines(page: str) -> list[str]:
    return [line.expandtabs(TAB).rstrip() for line in page.split("\n")]


def _is_wrapped(lines: list[str]) -> bool:
    """Whether paragraphs run over several lines. Where they do not, each line is a paragraph: verse, lists, or text
    from an editor that wraps on screen.
    """
    inner = [len(line) for line, following in pairwise(lines) if line and following]
    return bool(inner) and max(inner) <= LONGEST_WRAPPED and median(inner) >= SHORTEST_WRAPPED


def _sheet(lines: list[str], step: int) -> Sheet:
    found = []
    for row, line in enumerate(lines):
        text = clean_line(line)
        if text:
            indent = len(line) - len(re.sub(r"^[ \u3000]+", "", line))
            found.append(Line(text, float(indent), float(len(line)), float(-row * step), 1.0))
    return Sheet(tuple(found))
