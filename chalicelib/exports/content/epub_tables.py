"""Rows of a table that the reading text says as sentences ("Tower: Kell. Height: 12 m."), as cells again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_LABEL = re.compile(r"(?:^|(?<=[.!?…:;。！？] ))(?P<name>[^.!?:\n]{1,80}): ")
_NAMED = re.compile(r"(?P<name>[^:\n]{1,80}): ")


class RowPart(NamedTuple):
    """Part of a row, from `start` up to `end`. What it says of its column ends at `label_end`, before its value."""

    start: int
    label_end: int
    end: int


class TableGrid(NamedTuple):
    """Headers of the columns, and the cells of each row: one for each header, behind that of the row's name if there are such.

    Empty cells are None. Without headers, a row has its name, if it has one, and its values.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[RowPart | None]]
    has_row_names: bool


def parse(rows: Sequence[str]) -> TableGrid:
    """Return sentences of rows as a table. A label that is in most rows is the header of a column."""
    labels = [[match["name"] for match in _LABEL.finditer(row)] for row in rows]
    counts = Counter(name for names in labels for name in dict.fromkeys(names))
    headers = [name for name, count in counts.items() if 2 * count > len(rows) and (count > 1 or len(rows) == 1)]
    if len(headers) < 2:
        return _without_headers(rows)
    parsed = [_cells(row, headers) for row in rows]
    has_row_names = any(cells[0] is not None for cells in parsed)
    return TableGrid(headers, [cells if has_row_names else cells[1:] for cells in parsed], has_row_names)


def _cells(row: str, headers: Sequence[str]) -> list[RowPart | None]:
    """Return the cell of the row's name, and that of each header."""
    cells: list[RowPart | None] = [None] * (len(headers) + 1)
    start, label_end, column = 0, 0, 0
    for match in _LABEL.finditer(row):
        if match["name"] in headers[column:]:
            if match.start() > start:
                cells[column] = RowPart(start, label_end, match.start())
            column = headers.index(match["name"]) + 1
            start, label_end = match.start(), match.end()
    if start < len(row):
        cells[column] = RowPart(start, label_end, len(row))
    return cells


def _without_headers(rows: Sequence[str]) -> TableGrid:
    named = [_NAMED.match(row) for row in rows]
    has_row_names = len(rows) > 1 and all(named)
    cells: list[list[RowPart | None]] = []
    for row, match in zip(rows, named, strict=True):
        name_end = match.end() if match is not None and has_row_names else 0
        name = [RowPart(0, 0, name_end)] if name_end else []
        cells.append([*name, RowPart(name_end, name_end, len(row))])
    return TableGrid([], cells, has_row_names)
