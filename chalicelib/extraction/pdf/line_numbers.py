"""Line numbers: figures in either margin that count the lines of a page, by ones, by fives or by another fixed step."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, Omission
from chalicelib.extraction.pdf.layout import Line, Page

MIN_MARGIN_NUMBERS = 3  # figures in the margin that count by fives; fewer on further pages of the same document
MIN_NUMBERED_ROWS = 15  # of a page on which every row is numbered; fewer are a list

_MARGIN_NUMBER = re.compile(r"\d{1,6}")


@dataclass(frozen=True, slots=True)
class _MarginNumber:
    """Figure in the margin: its row and its line, and what is left of the line."""

    row: int
    number: int
    index: int
    rest: Line | None


def remove_line_numbers(pages: Sequence[Page], left_out: list[Omission]) -> list[Page]:
    """Return the same pages without line numbers. Those of each page are added to `left_out`."""
    cleaned = list(pages)
    for is_right in (False, True):
        numbers_by_page = [_margin_numbers(page, is_right=is_right) for page in cleaned]
        steps = {
            step for numbers in numbers_by_page if (step := _step(numbers)) > 1 and len(numbers) >= MIN_MARGIN_NUMBERS
        }
        for page_index, (page, numbers) in enumerate(zip(cleaned, numbers_by_page, strict=True)):
            if _counts_lines(numbers, page, steps):
                cleaned[page_index] = _without(page, numbers)
                text = " ".join(str(number.number) for number in numbers)[:MAX_EXCERPT_CHARACTERS]
                left_out.append(Omission("line_number", page_index + 1, "line_number", text))
    return cleaned


def _margin_numbers(page: Page, *, is_right: bool) -> list[_MarginNumber]:
    """Return the figures beyond the edge of the other text, from the top down."""
    splits = [_split(line, is_right=is_right) for line in page.lines]
    if not any(figure is not None for figure, _ in splits):
        return []
    rows = {height: row for row, height in enumerate(_heights(page))}
    line_rows = [rows[round(line.baseline)] for line in page.lines]
    numbered = [row for row, (figure, _) in zip(line_rows, splits, strict=True) if figure is not None]
    first, last = min(numbered), max(numbered)
    texts = [
        rest for row, (_, rest) in zip(line_rows, splits, strict=True) if rest is not None and first <= row <= last
    ]
    edges = [rest.right if is_right else -rest.left for rest in texts]
    edge = max(edges, default=-math.inf)
    return sorted(
        (
            _MarginNumber(row, int(figure.text), index, rest)
            for index, (row, (figure, rest)) in enumerate(zip(line_rows, splits, strict=True))
            if figure is not None and (figure.left if is_right else -figure.right) >= edge
        ),
        key=lambda number: (number.row, number.number),
    )


def _heights(page: Page) -> list[int]:
    return sorted({round(line.baseline) for line in page.lines}, reverse=True)


def _step(numbers: Sequence[_MarginNumber]) -> int:
    """Return the step that the figures count by, 0 if they do not count the rows."""
    pairs = [(below.row - above.row, below.number - above.number) for above, below in pairwise(numbers)]
    steps = {step for _, step in pairs}
    return steps.pop() if len(steps) == 1 and all(rows == step for rows, step in pairs) else 0


def _counts_lines(numbers: Sequence[_MarginNumber], page: Page, steps: set[int]) -> bool:
    step = _step(numbers)
    if step == 1:
        return len(numbers) >= MIN_NUMBERED_ROWS and len(numbers) == len(_heights(page))
    if len(numbers) == 1:
        return any(numbers[0].number % other == 0 for other in steps)
    return step > 1 and (len(numbers) >= MIN_MARGIN_NUMBERS or step in steps)


def _without(page: Page, numbers: Sequence[_MarginNumber]) -> Page:
    rest_by_index = {number.index: number.rest for number in numbers}
    lines = (rest_by_index.get(index, line) for index, line in enumerate(page.lines))
    return replace(page, lines=tuple(line for line in lines if line is not None))


def _split(line: Line, *, is_right: bool) -> tuple[Line | None, Line | None]:
    """Split a line into the figure at its beginning, or at its end, and the remaining line."""
    if _MARGIN_NUMBER.fullmatch(line.text):
        return line, None
    if not line.cells:
        return None, line
    figure, cells = (line.cells[-1], line.cells[:-1]) if is_right else (line.cells[0], line.cells[1:])
    if not _MARGIN_NUMBER.fullmatch(figure.text):
        return None, line
    return (
        replace(line, text=figure.text, left=figure.left, right=figure.right, cells=()),
        replace(
            line,
            text=" ".join(cell.text for cell in cells),
            left=cells[0].left,
            right=cells[-1].right,
            cells=cells if len(cells) > 1 else (),
        ),
    )
