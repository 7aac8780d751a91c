"""Tables, by one rule for all formats: small ones are spoken row by row, large ones are only announced."""

from collections.abc import Sequence

MAX_FILLED_CELLS = 30  # that hold something; nobody keeps more of them in mind by listening
MAX_MEAN_CELL_CHARACTERS = 80  # characters in a cell, on average: such a table is a way to place text on paper


def to_sentences(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Each row as "first cell: second, third". None: the table is too large to be spoken.

    A table of a single column, or whose cells hold running text, is no table to the ear: its cells are read one after
    another, whatever their number.
    """
    filled = [cells for row in rows if (cells := [cell for cell in row if cell])]
    cells = [cell for row in filled for cell in row]
    if all(len(row) == 1 for row in filled) or sum(map(len, cells)) > MAX_MEAN_CELL_CHARACTERS * len(cells):
        return cells
    return (
        None
        if len(cells) > MAX_FILLED_CELLS
        else [": ".join((row[0], ", ".join(row[1:]))) if row[1:] else row[0] for row in filled]
    )
