"""Tables as sentences: row by row, each cell with the header of its column.

Longer tables are announced with their size. Of tables that are too large to be listened to, only the size is said.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from chalicelib.extraction.display.recorder import SOURCE_PREFIX
from chalicelib.extraction.model import TextSpan

MAX_FILLED_CELLS = 30  # more are announced, so that listeners can skip them
MAX_READ_CELLS = 300  # more are a quarter of an hour of figures
MAX_CELLS = 2_000  # of a table whose cells are looked at one by one
MAX_MEAN_CELL_CHARACTERS = 80  # above it the table holds running text: it only lays out the page
MAX_COLUMNS = 1_000  # that a cell may span (HTML Standard, 4.9.11)

# Begins the last row of a table that was shortened, before the number of rows without it: a character that is never read.
OMITTED_ROWS = "\ue000"

_SENTENCE_ENDS = (".", "!", "?", "…", ":", ";", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class TableCell:
    """Cell of a table as it is marked up. `columns` and `rows` are what it covers, `spans` those of its text."""

    text: str
    is_header: bool = False
    columns: int = 1
    rows: int = 1
    spans: tuple[TextSpan, ...] = ()


_Part = TableCell | str  # of a sentence


@dataclass(frozen=True, slots=True)
class TableSize:
    """Rows without the headers, and columns."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class TableText:
    """Table as it is read. `announced`: the size to be said before the sentences.

    `is_layout`: the sentences are running text, not rows. `left_out`: the rows of a table that is too large to be read.
    `spans` are those of the cells in each sentence.
    """

    sentences: tuple[str, ...]
    announced: TableSize | None = None
    is_layout: bool = False
    left_out: tuple[str, ...] = ()
    spans: tuple[tuple[TextSpan, ...], ...] = ()


def read_table(rows: Sequence[Sequence[TableCell]]) -> TableText:
    """Return a table as sentences, such as "Tower: Kell. Height: 12 m."

    A table with a single column, or with running text in its cells, is only layout: its cells are returned one by one,
    however many there are. Without header cells, the first row is taken for headers if it looks like them.
    """
    filled_rows = [cells for row in rows if (cells := [cell for cell in row if cell.text])]
    filled = list(chain.from_iterable(filled_rows))
    if all(len(row) == 1 for row in filled_rows) or is_layout(len(filled), sum(len(cell.text) for cell in filled)):
        return _table_text([[cell] for cell in filled], is_layout=True)
    grid = _grid([row for row in rows if any(cell.text for cell in row)][: MAX_READ_CELLS + 1])
    header_count = _header_count(grid)
    size = TableSize(len(filled_rows) - header_count, max(map(len, grid)))
    if len(filled) > MAX_READ_CELLS:
        return TableText((), size, left_out=tuple(" ".join(cell.text for cell in row) for row in filled_rows))
    headers = _column_headers(grid[:header_count])
    body = grid[header_count:]
    if headers:
        figures = _figure_columns(body)
        sentences = [_named_cells(row, headers, figures) for row in body]
    else:
        sentences = [_plain_row([cell for cell in row if cell.text]) for row in body]
    return _table_text(sentences, size if len(filled) > MAX_FILLED_CELLS else None)


def _table_text(
    sentences: Sequence[Sequence[_Part]], announced: TableSize | None = None, *, is_layout: bool = False
) -> TableText:
    """Return sentences that are cells and the words between them."""
    return TableText(tuple(map(_text, sentences)), announced, is_layout=is_layout, spans=tuple(map(_spans, sentences)))


def _text(parts: Sequence[_Part]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in parts)


def _spans(parts: Sequence[_Part]) -> tuple[TextSpan, ...]:
    spans: list[TextSpan] = []
    length = 0
    for part in parts:
        if isinstance(part, str):
            length += len(part)
            continue
        for span in part.spans:
            end = min(span.end, len(part.text))
            if span.start < end or span.kind.startswith(SOURCE_PREFIX):
                spans.append(TextSpan(span.kind, length + min(span.start, end), length + end))
        length += len(part.text)
    return tuple(spans)


def plain_cells(rows: Sequence[Sequence[str]]) -> list[list[TableCell]]:
    """Return the cells of a table that marks up no headers."""
    return [[TableCell(text) for text in row] for row in rows]


def is_layout(cell_count: int, character_count: int) -> bool:
    """Return True for a table whose cells hold running text."""
    return character_count > MAX_MEAN_CELL_CHARACTERS * cell_count


def _grid(rows: Sequence[Sequence[TableCell]]) -> list[list[TableCell]]:
    """Return the rows with an empty cell wherever another cell spans; a header is in each column that it spans.

    A grid is at most `MAX_COLUMNS` wide: cells beyond belong to the last column.
    """
    grid: list[list[TableCell]] = []
    spanned_rows: dict[int, int] = {}  # rows that the cell above still covers, by column
    for row in rows:
        line: list[TableCell] = []
        for cell in row:
            line.extend(_covered_cells(spanned_rows, len(line)))
            width = max(1, min(cell.columns, MAX_COLUMNS - len(line)))
            if cell.rows > 1:
                spanned_rows.update(dict.fromkeys(range(len(line), len(line) + width), cell.rows - 1))
            line.append(cell)
            line.extend([cell if cell.is_header else TableCell("")] * (width - 1))
        line.extend(_covered_cells(spanned_rows, len(line)))
        grid.append(line)
    return grid


def _covered_cells(spanned_rows: dict[int, int], column: int) -> Iterator[TableCell]:
    """Yield an empty cell for each column, from this one, that a cell of a row above covers."""
    while remaining := spanned_rows.get(column, 0):
        spanned_rows[column] = remaining - 1
        yield TableCell("")
        column += 1


def _header_count(grid: list[list[TableCell]]) -> int:
    """Return the number of rows at the top that are headers; at least one row is not."""
    count = 0
    for row in grid[:-1]:
        if not all(cell.is_header for cell in row if cell.text):
            break
        count += 1
    has_headers = any(cell.is_header for row in grid for cell in row)
    return count if has_headers else int(len(grid) > 1 and _looks_like_header(grid[0], grid[1:]))


def _looks_like_header(first: Sequence[TableCell], others: Sequence[Sequence[TableCell]]) -> bool:
    """Return True if names without figures are above columns of which one holds nothing but figures."""
    names = [cell.text for cell in first]
    if not all(names) or len(set(names)) < len(names) or any(_has_digit(name) for name in names):
        return False
    columns = ([row[index].text for row in others if index < len(row)] for index in range(len(names)))
    return any(any(column) and all(_has_digit(text) for text in column if text) for column in columns)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _column_headers(rows: Sequence[Sequence[TableCell]]) -> list[TableCell]:
    """Return the header of each column; the levels of a header in several rows are joined. None is the source of its text."""
    headers: list[TableCell] = []
    for index in range(max(map(len, rows), default=0)):
        levels = {row[index].text: row[index] for row in reversed(rows) if index < len(row) and row[index].text}
        parts: list[_Part] = []
        for level in reversed(levels.values()):
            parts += [*([" "] if parts else []), level]
        text = _text(parts).rstrip(": ")
        spans = (span for span in _spans(parts) if not span.kind.startswith(SOURCE_PREFIX) and span.start < len(text))
        headers.append(
            TableCell(text, is_header=True, spans=tuple(replace(span, end=min(span.end, len(text))) for span in spans))
        )
    return headers


def _figure_columns(rows: Sequence[Sequence[TableCell]]) -> frozenset[int]:
    """Return the columns of which most cells have figures."""
    with_figures, filled = Counter[int](), Counter[int]()
    for row in rows:
        for index, cell in enumerate(row):
            if cell.text:
                filled[index] += 1
                with_figures[index] += _has_digit(cell.text)
    return frozenset(index for index, count in with_figures.items() if 2 * count > filled[index])


def _named_cells(row: Sequence[TableCell], headers: Sequence[TableCell], figures: frozenset[int]) -> list[_Part]:
    """Return the parts of "Tower: Kell. Height: 12 m."

    A word at the beginning of a row, in a column of figures, names the row: "Sum: 38."
    """
    filled = [(index, cell) for index, cell in enumerate(row) if cell.text]
    first, cell = filled[0]
    names_row = first > 0 and first in figures and not _has_digit(cell.text)
    if names_row and len(filled) == 2:
        parts = _plain_row([cell for _, cell in filled])
        return [*parts, *_full_stop(filled[-1][1])]
    parts = []
    for index, cell in filled:
        header = headers[index] if index < len(headers) else TableCell("")
        is_named = header.text not in {"", cell.text} and not (names_row and index == first)
        name: list[_Part] = [header, ": "] if is_named else []
        parts += [*([" "] if parts else []), *name, cell, *_full_stop(cell)]
    return parts


def _full_stop(cell: TableCell) -> list[_Part]:
    return [] if cell.text.endswith(_SENTENCE_ENDS) else ["."]


def _plain_row(cells: Sequence[TableCell]) -> list[_Part]:
    first, *rest = cells
    if not rest:
        return [first]
    parts: list[_Part] = [replace(first, text=first.text.rstrip(": ") or first.text)]
    for index, cell in enumerate(rest):
        parts += [", " if index else ": ", cell]
    return parts
