"""The direction in which the lines of a page are read."""

import re
from dataclasses import replace

from chalicelib.extraction.pdf.layout import Cell, Line

_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def mirror_right_to_left(lines: list[Line]) -> list[Line]:
    """Mirror a page that runs from right to left, so that each line begins at its `left`."""
    if 2 * sum(1 for line in lines if _RIGHT_TO_LEFT.search(line.text)) <= len(lines):
        return lines
    return [
        replace(
            line,
            left=-max(line.left, line.right),
            right=-min(line.left, line.right),
            cells=tuple(
                Cell(cell.text, -max(cell.left, cell.right), -min(cell.left, cell.right)) for cell in line.cells
            ),
        )
        for line in lines
    ]
