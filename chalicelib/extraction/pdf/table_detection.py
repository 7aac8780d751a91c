"""What stands on paper but is no running text: tables, programs, formulas. Tables and programs are treated as in any
format; formulas on lines of their own are passed over.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from chalicelib.extraction import table_text
from chalicelib.extraction.pdf.layout import Cell, Line, Page
from chalicelib.extraction.placeholders import Placeholder, text_for

MIN_RIVER_WIDTH = 0.5  # of the size: the white between two columns
MAX_ROW_DISTANCE = 4  # times the size, from row to row
MAX_MEAN_TABLE_CELL_CHARACTERS = 25  # characters, on average; longer ones are lines of text side by side
MIN_ROWS = 3  # of two columns; of more columns, one less does
MONOSPACED_BODY = 0.5  # of the characters: a document typed on a typewriter is no program
MAX_WORD_SHARE = 0.4  # of a formula's characters

_LIST_LABEL = re.compile(
    r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.):]|\W{1,2}|\d{1,2}"
)  # in front of what is a list, not a table
_PROGRAM = re.compile(r"[(){}\[\]=;<>$#_\\|/]")
_FORMULA = re.compile(r"[=≤≥≈≠≡∑∫∏√∞∂∈∉⊂⊆∪∩→⇒⇔↦∀∃<>]")
_WORD = re.compile(r"[^\W\d_]{3,}")


def replace_tables(sheets: Sequence[Page], language: str) -> list[Page]:
    """The same sheets with spoken rows or a notice in place of tables, and a notice in place of programs."""
    typed = sum(len(line.text) for sheet in sheets for line in sheet.lines if line.is_monospaced)
    programs = typed < MONOSPACED_BODY * sum(len(line.text) for sheet in sheets for line in sheet.lines)
    settled: list[Page] = []
    omitted = text_for(Placeholder.TABLE, language)
    for sheet in sheets:
        goes_on = bool(settled) and settled[-1].lines[-1:] != () and settled[-1].lines[-1].text == omitted
        lines = _replace_in_page(sheet.lines, language, programs=programs)
        settled.append(Page(tuple(_without_first_table(lines, omitted) if goes_on else lines)))
    return settled


def _without_first_table(lines: Iterator[Line], omitted: str) -> Iterator[Line]:
    """The rest of a table that was omitted on the page before is not spoken either."""
    lines = iter(lines)
    for line in lines:
        if not (line.is_standalone and line.text != omitted):
            if line.text != omitted:
                yield line
            break
    yield from lines


@dataclass(frozen=True, slots=True)
class _Row:
    """Lines at one height, and the cells that they are made of."""

    lines: tuple[Line, ...]
    cells: tuple[Cell, ...]

    @property
    def size(self) -> float:
        return self.lines[0].font_size

    def gaps(self) -> list[tuple[float, float]]:
        return [(cell.right, following.left) for cell, following in pairwise(self.cells)]


def _replace_in_page(lines: Sequence[Line], language: str, *, programs: bool) -> Iterator[Line]:
    before: Line | None = None
    for typed, some in groupby(lines, key=lambda line: programs and line.is_monospaced):
        piece = tuple(some)
        if typed and (len(piece) > 1 or _is_program(before, piece[0])):
            yield _standalone_line(piece[0], text_for(Placeholder.CODE, language))
        else:
            yield from _without_tables(_rows(piece), language)
        before = piece[-1]


def _is_program(before: Line | None, line: Line) -> bool:
    """Whether a single line is one, rather than a line of a paragraph that is full of names."""
    goes_on = before is not None and abs(before.left - line.left) < line.font_size / 2
    return not goes_on and _PROGRAM.search(line.text) is not None


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
    """Rows that stand in columns. `rivers`: the white between the columns, from top to bottom."""

    rows: list[_Row]
    rivers: list[tuple[float, float]]

    def add_row(self, row: _Row) -> bool:
        """Add the row if it keeps to the columns: the white goes on in it; a lone cell stands right of the first."""
        if not 0 < self.rows[-1].lines[0].baseline - row.lines[0].baseline < MAX_ROW_DISTANCE * row.size:
            return False
        left, right = row.cells[0].left, row.cells[-1].right
        narrowed = list(_narrow(self.rivers, [(-math.inf, left), *row.gaps(), (right, math.inf)], row.size))
        if len(row.cells) == 1:
            fits = left > self.rivers[0][0] and len(narrowed) == len(self.rivers)
        else:
            fits = 2 * len(narrowed) > len(self.rivers) and any(left < begin and end < right for begin, end in narrowed)
        if fits:
            self.rows.append(row)
            self.rivers = narrowed
        return fits

    def texts(self) -> list[list[str]]:
        """The cells as their columns have them."""
        borders = [(begin + end) / 2 for begin, end in self.rivers]
        texts: list[list[str]] = []
        for row in self.rows:
            columns = [""] * (len(borders) + 1)
            for cell in row.cells:
                column = sum(border < cell.left for border in borders)
                columns[column] = f"{columns[column]} {cell.text}".strip()
            if texts and not columns[0] and len(row.cells) == 1:  # the second line of a cell
                texts[-1] = [f"{above} {below}".strip() for above, below in zip(texts[-1], columns, strict=True)]
            else:
                texts.append(columns)
        return texts


def _narrow(
    rivers: list[tuple[float, float]], gaps: list[tuple[float, float]], size: float
) -> Iterator[tuple[float, float]]:
    """What is left of the rivers where there are gaps."""
    for begin, end in rivers:
        for gap_begin, gap_end in gaps:
            low, high = max(begin, gap_begin), min(end, gap_end)
            if high - low > MIN_RIVER_WIDTH * size:
                yield low, high


def _without_tables(rows: list[_Row], language: str) -> Iterator[Line]:
    grid: _Grid | None = None
    for row in rows:
        if grid is not None and grid.add_row(row):
            continue
        if grid is not None:
            yield from _grid_lines(grid, language)
        grid = _Grid([row], row.gaps()) if len(row.cells) > 1 else None
        if grid is None:
            yield from _text_lines(row)
    if grid is not None:
        yield from _grid_lines(grid, language)


def _grid_lines(grid: _Grid, language: str) -> Iterator[Line]:
    """Of a table what is spoken of it; the lines of columns of text one column after another."""
    texts = grid.texts()
    cells = [text for row in texts for text in row if text]
    labelled = len(grid.rivers) == 1 and all(_LIST_LABEL.fullmatch(row[0]) or not row[0] for row in texts)
    if labelled or len(texts) < (MIN_ROWS if len(grid.rivers) == 1 else MIN_ROWS - 1):
        for row in grid.rows:
            yield from _text_lines(row)
    elif all(len(text) > MAX_MEAN_TABLE_CELL_CHARACTERS / 2 for text in cells) and sum(
        map(len, cells)
    ) > MAX_MEAN_TABLE_CELL_CHARACTERS * len(cells):
        yield from _column_lines(grid)
    elif sum(map(len, cells)) > MAX_MEAN_TABLE_CELL_CHARACTERS * len(cells):
        for row in grid.rows:
            yield from row.lines
    else:
        said = table_text.to_sentences(texts)
        for text in (text_for(Placeholder.TABLE, language),) if said is None else said:
            yield _standalone_line(grid.rows[0].lines[0], text)


def _column_lines(grid: _Grid) -> Iterator[Line]:
    """Text that was set line by line across its columns, column by column."""
    borders = [-math.inf, *((begin + end) / 2 for begin, end in grid.rivers), math.inf]
    for left, right in pairwise(borders):
        for row in grid.rows:
            for cell in row.cells:
                if left < cell.left < right:
                    yield replace(row.lines[0], text=cell.text, left=cell.left, right=cell.right, cells=())


def _standalone_line(line: Line, text: str) -> Line:
    return replace(line, text=text, cells=(), has_footnote_mark=False, footnote_marks=(), is_standalone=True)


# ---- formulas ----


def _text_lines(row: _Row) -> Iterator[Line]:
    """The lines of a row, unless it is a formula on a line of its own."""
    text = "".join("".join(line.text.split()) for line in row.lines)
    words = sum(map(len, _WORD.findall(" ".join(line.text for line in row.lines))))
    if not (_FORMULA.search(text) and words < MAX_WORD_SHARE * len(text)):
        yield from row.lines
