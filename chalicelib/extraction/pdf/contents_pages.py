"""Tables of contents on printed pages: entries without their leaders and page numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.pdf.layout import Line, Page

MIN_ENTRIES = 3  # without leaders: fewer lines that end with a number prove nothing
MAX_ROWS_BETWEEN = 3  # rows between two entries: an entry over several rows, or the name of a part
SAME_EDGE = 6.0  # points (or characters): page numbers end at one edge
MAX_TITLE_CHARACTERS = 300

_CONTENTS = re.compile(
    r"(?:table of )?contents|list of (?:figures|tables|illustrations|plates)|inhalt(?:sverzeichnis|sübersicht)?"
    r"|(?:abbildungs|tabellen)verzeichnis|table des matières|sommaire|índice(?: general)?|contenido|sommario|indice"
    r"|inhoud(?:sopgave)?",
    re.IGNORECASE,
)
# From the end: page number, then leaders. From the start, each space might begin them.
_REVERSED_ENTRY = re.compile(
    r"\s*([\divxlc]{1,7})\s*(?:\.\s?(?:\.\s?){2,}|(?:…\s?)+|_{3,}\s*|(?:·\s?){3,})", re.IGNORECASE
)
_LEADERS = ("..", ". .", "…", "__", "··", "· ·")
_PAGE_NUMBER = re.compile(r"\d{1,4}|[ivxlc]{1,7}", re.IGNORECASE)
_LEADERS_ONLY = re.compile(r"[.…·_\s]+")


def mark_contents(pages: Sequence[Page]) -> list[Page]:
    """Return the same pages with one line for each entry of a table of contents."""
    return [_mark_page(page) for page in pages]


@dataclass(frozen=True, slots=True)
class _PrintedRow:
    """Lines at one height. `title`: what is left without leaders and page number, if it ends with a page number."""

    lines: tuple[Line, ...]
    title: str
    has_leaders: bool
    right: float

    @property
    def is_heading(self) -> bool:
        return len(self.lines) == 1 and _is_heading(self.lines[0].text)


def _mark_page(page: Page) -> Page:
    if not any(map(_may_be_contents, page.lines)):
        return page
    rows = [_row(lines) for lines in _lines_by_row(page.lines)]
    if not any(row.has_leaders or row.is_heading for row in rows):
        return page
    entries = _entries(rows)
    lines: list[Line] = []
    for index, row in enumerate(rows):
        if index in entries:
            first = row.lines[0]
            text = row.title or " ".join(line.text for line in row.lines)
            lines.append(replace(first, text=text, cells=(), kind=BlockKind.TOC, is_standalone=True))
        else:
            lines += row.lines
    return replace(page, lines=tuple(lines))


def _may_be_contents(line: Line) -> bool:
    """Return True if the line may have leaders, or be the heading. It takes a tenth of the time of splitting the page."""
    text = line.text
    return any(leader in text for leader in _LEADERS) or text == "." or (len(text) < 40 and _is_heading(text))


def _is_heading(text: str) -> bool:
    return _CONTENTS.fullmatch(text.strip(" .:")) is not None


def _lines_by_row(lines: Sequence[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in lines:
        last = rows[-1][-1] if rows else None
        if last is not None and abs(last.baseline - line.baseline) < line.font_size / 3 and line.left > last.left:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _row(lines: list[Line]) -> _PrintedRow:
    text = " ".join(line.text for line in lines)
    right = max(line.right for line in lines)
    entry = _REVERSED_ENTRY.match(text[::-1])
    title = text[: len(text) - entry.end()].rstrip(" .…·_") if entry else ""
    if title and any(map(str.isalpha, title)) and len(title) <= MAX_TITLE_CHARACTERS:
        return _PrintedRow(tuple(lines), title, has_leaders=True, right=right)
    parts = [cell.text for line in lines for cell in (line.cells or (line,))]
    if len(parts) > 1 and _PAGE_NUMBER.fullmatch(parts[-1]) and any(map(str.isalpha, "".join(parts[:-1]))):
        title = " ".join(part for part in parts[:-1] if not _LEADERS_ONLY.fullmatch(part))
        return _PrintedRow(tuple(lines), title[:MAX_TITLE_CHARACTERS], has_leaders=False, right=right)
    return _PrintedRow(tuple(lines), "", has_leaders=False, right=right)


def _entries(rows: Sequence[_PrintedRow]) -> set[int]:
    """Return the indices of the rows that are entries, and of those between them."""
    certain = [index for index, row in enumerate(rows) if row.has_leaders]
    heading = next((index for index, row in enumerate(rows) if row.is_heading), None)
    edges = [rows[index].right for index in certain]
    if not certain:
        if heading is None:
            return set()
        listed = [index for index, row in enumerate(rows) if index > heading and row.title]
        if len(listed) < MIN_ENTRIES:
            return set()
        edges = [rows[listed[0]].right]
    edge = max(edges)
    numbered = [
        index for index, row in enumerate(rows) if row.title and (row.has_leaders or abs(row.right - edge) <= SAME_EDGE)
    ]
    entries = set(numbered)
    for above, below in pairwise(numbered):
        if 1 < below - above <= MAX_ROWS_BETWEEN:
            entries.update(range(above + 1, below))
    return entries
