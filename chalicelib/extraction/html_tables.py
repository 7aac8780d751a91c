"""Tables of HTML: which ones only lay out the page, and their cells."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chalicelib.extraction import html_structure, table_text
from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.display.recorder import StructureRecorder
from chalicelib.extraction.html_roles import HEADINGS
from chalicelib.extraction.inline import Piece
from chalicelib.extraction.table_text import MAX_COLUMNS, TableSize

MAX_SHOWN_ROWS = 1_000  # of a table that is not read
_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})
# In tables that only lay out the page.
_LAYOUT_CONTENT = frozenset({*HEADINGS, "table", "ul", "ol", "dl", "blockquote", "pre", "form"})

Node = Any
T = TypeVar("T")


def add(builder: BlockBuilder, table: Node, read_cell: Callable[[Node], Sequence[Piece]]) -> None:
    """Add a table; of one that is too large, the size."""
    cell_count = len(table.css("td, th"))
    if cell_count > table_text.MAX_CELLS and not table_text.is_layout(cell_count, len(table.text())):
        builder.add_large_table(_size(table), table.text(separator=" "))  # its cells are not looked at
        _show_rows(builder.structure, table.css("tr")[:MAX_SHOWN_ROWS], lambda cell: _show(builder.structure, cell))
        return
    cells = _show_rows(builder.structure, table.css("tr"), lambda cell: _cell(cell, read_cell))
    builder.add_table(cells)


def _show_rows(structure: StructureRecorder, rows: Sequence[Node], read: Callable[[Node], T]) -> list[list[T]]:
    """Read the cells of rows, and record them in the structure."""
    cells: list[list[T]] = []
    group = ""
    for row in rows:
        parent = row.parent.tag if row.parent is not None and row.parent.tag in _ROW_GROUPS else "tbody"
        if parent != group:
            if group:
                structure.close()
            structure.open((parent, {}))
            group = parent
        structure.open(("tr", {}))
        cells.append([])
        for cell in row.css("td, th"):
            structure.open(html_structure.cell(cell))
            cells[-1].append(read(cell))
            structure.close()
        structure.close()
    if group:
        structure.close()
    return cells


def _show(structure: StructureRecorder, cell: Node) -> None:
    structure.add_unread(cell.text())


def _cell(cell: Node, read_cell: Callable[[Node], Sequence[Piece]]) -> RawCell:
    attributes = cell.attributes
    columns, rows = _span(attributes.get("colspan")), _span(attributes.get("rowspan"))
    return RawCell(read_cell(cell), cell.tag == "th", columns, rows)


def _span(value: str | None) -> int:
    """Return how many columns or rows a cell covers; HTML allows 1,000 columns and 65,534 rows."""
    return int(value) if value is not None and value.isdecimal() and len(value) < 6 else 1


def _size(table: Node) -> TableSize:
    """Return the size of a large table, of which the first row stands for all and the headers' rows are not counted."""
    rows = table.css("tr")
    first_cells = (cell for row in rows[:1] for cell in row.css("td, th"))
    columns = sum(min(_span(cell.attributes.get("colspan")), MAX_COLUMNS) for cell in first_cells)
    headers = next((number for number, row in enumerate(rows) if row.css_first("td") is not None), 0)
    omitted = rows[-1].text().strip() if rows else ""
    if omitted.startswith(table_text.OMITTED_ROWS) and omitted[1:].isdecimal() and len(omitted) < 9:
        return TableSize(len(rows) - 1 - headers + int(omitted[1:]), columns)
    return TableSize(len(rows) - headers, columns)


def layout_tables(root: Node) -> frozenset[int]:
    """Return the ids of the tables below `root` that contain tables, headings or lists: they lay out the page."""
    if root.css_first("table") is None:
        return frozenset()
    found: set[int] = set()
    open_tables: list[int] = []
    ancestors: list[Node] = []
    node = root.first_child
    while node is not None or ancestors:
        if node is None:
            node = ancestors.pop()
            if open_tables and node.mem_id == open_tables[-1]:
                open_tables.pop()
            node = node.next
            continue
        tag = node.tag
        if open_tables and tag in _LAYOUT_CONTENT:
            found.add(open_tables[-1])
        if tag == "table":
            open_tables.append(node.mem_id)
            if node.attributes.get("role") in {"presentation", "none"}:
                found.add(node.mem_id)
        ancestors.append(node)
        node = node.first_child
    return frozenset(found)
