"""Tables, code and formulas on printed pages: tables become sentences, as in every format; lines of code and formulas are
marked.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, pairwise

from chalicelib.extraction import table_announcements, table_text
from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, BlockKind, Omission
from chalicelib.extraction.pdf.layout import Cell, Line, Page

MIN_RIVER_WIDTH = 0.5  # times the font size: the white space between two columns
MAX_ROW_DISTANCE = 4  # times the font size, from row to row
MAX_MEAN_TABLE_CELL_CHARACTERS = 25  # above it, the cells are lines of text side by side
MAX_COLUMNS = 100  # columns beyond belong to the last one; a table that is read aloud has a few
MIN_ROWS = 3  # of two columns; with more columns, one row less is enough
MONOSPACED_BODY = 0.5  # of all characters: a document in typewriter type is not code
MAX_WORD_SHARE = 0.4  # of a formula's characters

_LIST_LABEL = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.):]|\W{1,2}|\d{1,2}")  # first column of a list
_PROGRAM = re.compile(r"[(){}\[\]=;<>$#_\\|/]")
_FORMULA = re.compile(r"[=≤≥≈≠≡∑∫∏√∞∂∈∉⊂⊆∪∩→⇒⇔↦∀∃<>]")
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(slots=True)
class _Progress:
    """Lines of the page so far. `unread_line`: the announcement of the last table that is not read.

    `continues_unread`: the page before ends with such a table.
    """

    language: str
    left_out: list[Omission]
    page_number: int = 0
    lines: list[Line] = field(default_factory=list)
    unread_line: Line | None = None
    continues_unread: bool = False

    def start_page(self) -> None:
        self.continues_unread = self.lines[-1] is self.unread_line if self.lines else self.continues_unread
        self.page_number += 1
        self.lines = []

    def leave_out(self, text: str) -> None:
        self.left_out.append(Omission("table", self.page_number, "large_table", text[:MAX_EXCERPT_CHARACTERS]))


def replace_tables(pages: Sequence[Page], language: str, left_out: list[Omission]) -> list[Page]:
    """Return the same pages with sentences in place of tables, and with lines of code and formulas marked.

    What is not read of large tables is added to `left_out`.
    """
    characters = sum(len(line.text) for page in pages for line in page.lines)
    monospaced = sum(len(line.text) for page in pages for line in page.lines if line.is_monospaced)
    can_have_code = monospaced < MONOSPACED_BODY * characters
    replaced_pages: list[Page] = []
    progress = _Progress(language, left_out)
    for page in pages:
        progress.start_page()
        for line in _replace_in_page(page.lines, progress, can_have_code=can_have_code):
            progress.lines.append(line)
        replaced_pages.append(replace(page, lines=tuple(progress.lines)))
    return replaced_pages


@dataclass(frozen=True, slots=True)
class _Row:
    """Lines at one height, and their cells."""

    lines: tuple[Line, ...]
    cells: tuple[Cell, ...]

    @property
    def font_size(self) -> float:
        return self.lines[0].font_size

    def gaps(self) -> list[tuple[float, float]]:
        """Return the white space between the first columns."""
        return [(cell.right, following.left) for cell, following in pairwise(self.cells[:MAX_COLUMNS])]


def _replace_in_page(lines: Sequence[Line], progress: _Progress, *, can_have_code: bool) -> Iterator[Line]:
    before: Line | None = None
    for (is_code, is_marked), group in groupby(
        lines, key=lambda line: (can_have_code and line.is_monospaced, line.kind is not None)
    ):
        group_lines = tuple(group)
        if is_marked:
            yield from group_lines
        elif is_code and (len(group_lines) > 1 or _is_program(before, group_lines[0])):
            yield from (replace(line, cells=(), kind=BlockKind.CODE) for line in group_lines)
        else:
            yield from _without_tables(_rows(group_lines), progress)
        before = group_lines[-1]


def _is_program(before: Line | None, line: Line) -> bool:
    """Return True if a single line is code, not prose with many names."""
    continues = before is not None and abs(before.left - line.left) < line.font_size / 2
    return not continues and _PROGRAM.search(line.text) is not None


def _rows(lines: Sequence[Line]) -> list[_Row]:
    rows: list[list[Line]] = []
    for line in lines:
        last = rows[-1][-1] if rows else None
        if last is not None and abs(last.baseline - line.baseline) < line.font_size / 3 and line.left > last.right:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_Row(tuple(row), tuple(cell for line in row for cell in _cells(line))) for row in rows]


def _cells(line: Line) -> tuple[Cell, ...]:
    return line.cells or (Cell(line.text, line.left, line.right),)


# ---- tables ----


@dataclass(slots=True)
class _Grid:
    """Rows that share columns. `rivers`: the white space between the columns, which runs through all rows."""

    rows: list[_Row]
    rivers: list[tuple[float, float]]

    def add_row(self, row: _Row) -> bool:
        """Add the row if it keeps to the columns; return whether it does.

        The rivers must continue in it. A single cell must be right of the first column.
        """
        if not 0 < self.rows[-1].lines[0].baseline - row.lines[0].baseline < MAX_ROW_DISTANCE * row.font_size:
            return False
        left, right = row.cells[0].left, row.cells[:MAX_COLUMNS][-1].right
        rivers = list(_narrow(self.rivers, [(-math.inf, left), *row.gaps(), (right, math.inf)], row.font_size))
        if len(row.cells) == 1:
            fits = left > self.rivers[0][0] and len(rivers) == len(self.rivers)
        else:
            fits = 2 * len(rivers) > len(self.rivers) and any(left < start and end < right for start, end in rivers)
        if fits:
            self.rows.append(row)
            self.rivers = rivers
        return fits

    def texts(self) -> list[list[str]]:
        """Return the text of each cell, by row and column."""
        borders = [(start + end) / 2 for start, end in self.rivers]
        rows: list[list[list[str]]] = []
        for row in self.rows:
            columns = [bisect_left(borders, cell.left) for cell in row.cells]
            is_continued = bool(rows) and len(columns) == 1 and columns[0] > 0  # the second line of a cell
            if not is_continued:
                rows.append([[] for _ in range(len(borders) + 1)])
            for column, cell in zip(columns, row.cells, strict=True):
                rows[-1][column].append(cell.text)
        return [[" ".join(filter(None, parts)) for parts in row_parts] for row_parts in rows]


def _narrow(
    rivers: list[tuple[float, float]], gaps: list[tuple[float, float]], font_size: float
) -> Iterator[tuple[float, float]]:
    """Intersect the rivers with the gaps of another row. Both are in order and do not overlap."""
    remaining = iter(gaps)
    gap = next(remaining, None)
    for river_start, river_end in rivers:
        while gap is not None:
            start, end = max(river_start, gap[0]), min(river_end, gap[1])
            if end - start > MIN_RIVER_WIDTH * font_size:
                yield start, end
            if gap[1] > river_end:  # it may also meet the next river
                break
            gap = next(remaining, None)


def _without_tables(rows: list[_Row], progress: _Progress) -> Iterator[Line]:
    grid: _Grid | None = None
    for row in rows:
        if grid is not None and grid.add_row(row):
            continue
        if grid is not None:
            yield from _grid_lines(grid, progress)
        grid = _Grid([row], row.gaps()) if len(row.cells) > 1 else None
        if grid is None:
            yield from _text_lines(row)
    if grid is not None:
        yield from _grid_lines(grid, progress)


def _grid_lines(grid: _Grid, progress: _Progress) -> Iterator[Line]:
    """Return the sentences of a table, or the lines of text that only looks like one."""
    texts = grid.texts()
    cells = [text for row in texts for text in row if text]
    characters = sum(map(len, cells))
    has_two_columns = len(grid.rivers) == 1
    is_list = has_two_columns and all(_LIST_LABEL.fullmatch(row[0]) or not row[0] for row in texts)
    if is_list or len(texts) < (MIN_ROWS if has_two_columns else MIN_ROWS - 1):
        for row in grid.rows:
            yield from _text_lines(row)
    elif characters > MAX_MEAN_TABLE_CELL_CHARACTERS * len(cells):
        if all(len(text) > MAX_MEAN_TABLE_CELL_CHARACTERS / 2 for text in cells):
            yield from _column_lines(grid)
        else:
            for row in grid.rows:
                yield from row.lines
    else:
        yield from _table_lines(grid.rows[0].lines[0], texts, progress)


def _table_lines(first_line: Line, texts: list[list[str]], progress: _Progress) -> Iterator[Line]:
    """Return a table as `table_text` reads it. What continues a table that is not read, is not read either."""
    if progress.continues_unread and not progress.lines:
        progress.leave_out(" ".join(text for row in texts for text in row if text))
        return
    table = table_text.read_table(table_text.plain_cells(texts))
    if table.announced is not None:
        is_read = not table.left_out
        line = _standalone_line(
            first_line, table_announcements.announcement(table.announced, progress.language, is_read=is_read)
        )
        if not is_read:
            progress.unread_line = line
            progress.leave_out(" ".join(table.left_out))
        yield line
    for sentence in table.sentences:
        yield _standalone_line(first_line, sentence)


def _column_lines(grid: _Grid) -> Iterator[Line]:
    """Return text that was set line by line across its columns, column by column."""
    borders = [(start + end) / 2 for start, end in grid.rivers]
    columns: list[list[Line]] = [[] for _ in range(len(borders) + 1)]
    for row in grid.rows:
        for cell in row.cells:
            line = replace(row.lines[0], text=cell.text, left=cell.left, right=cell.right, cells=())
            columns[bisect_left(borders, cell.left)].append(line)
    return chain.from_iterable(columns)


def _standalone_line(line: Line, text: str) -> Line:
    return replace(
        line, text=text, cells=(), has_footnote_mark=False, footnote_marks=(), is_standalone=True, kind=BlockKind.TABLE
    )


# ---- formulas ----


def _text_lines(row: _Row) -> Iterator[Line]:
    """Return the lines of a row; one line if it is a formula of its own."""
    if any(_FORMULA.search(line.text) for line in row.lines) and _is_formula(row):
        text = " ".join(line.text for line in row.lines)
        yield replace(
            row.lines[0], text=text, right=row.lines[-1].right, cells=(), kind=BlockKind.FORMULA, is_standalone=True
        )
    else:
        yield from row.lines


def _is_formula(row: _Row) -> bool:
    characters = sum(len(part) for line in row.lines for part in line.text.split())
    word_characters = sum(map(len, _WORD.findall(" ".join(line.text for line in row.lines))))
    return word_characters < MAX_WORD_SHARE * characters
