"""Tables as sentences: small ones are spoken row by row, large ones are announced."""

from collections.abc import Sequence

MAX_FILLED_CELLS = 30  # listeners cannot keep more in mind
MAX_CELLS = 2_000  # of a table whose cells are looked at one by one
MAX_MEAN_CELL_CHARACTERS = 80  # above it the table holds running text: it only lays out the page


def to_sentences(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Return each row as "first: second, third"; None if the table is too large.

    A table with a single column, or with running text in its cells, is only layout: its cells are returned one by one,
    however many there are.
    """
    filled_rows = [filled for row in rows if (filled := [cell for cell in row if cell])]
    cells = [cell for row in filled_rows for cell in row]
    if all(len(row) == 1 for row in filled_rows) or is_layout(len(cells), sum(map(len, cells))):
        return cells
    if len(cells) > MAX_FILLED_CELLS:
        return None
    return [": ".join((row[0], ", ".join(row[1:]))) if row[1:] else row[0] for row in filled_rows]


def is_layout(cell_count: int, character_count: int) -> bool:
    """Return True for a table whose cells hold running text."""
    return character_count > MAX_MEAN_CELL_CHARACTERS * cell_count
