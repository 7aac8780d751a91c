"""Lines with their surroundings: the column that a line is in, the edges of its text, and the usual distance of lines."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from chalicelib.extraction.pdf.layout import Line, Page

OTHER_SIZE = 0.08  # of the font size: type that differs by more is a heading, or text after one,
MIXED_SIZE = 0.2  # or, up to here, another typeface within a sentence
MAX_USUAL_GAP = 2.5  # times the font size: double spacing is 2.3; lines further apart are paragraphs of one line
MIN_GAP_COUNT = 3  # occurrences that make a line gap the usual one
MIN_EDGE_LINES = 4  # that show where a column ends
SAME_EDGE = 5.0  # points (or characters): left edges of columns of one kind differ by less
SAME_ROW = 0.6  # times the font size: lines at this distance are side by side
MIN_BOX_LINES = 2  # of a box beside the text; a single line on one side is a date or a signature
MAX_COMPARED_LINES = 40  # at one height, for lines beside a line; a page has a few columns


@dataclass(slots=True)
class PositionedLine:
    """A line and its surroundings. `column` counts the columns of all pages.

    `left_edge` and `column_edge` are where most lines of its part of the column begin, and where its full lines end.
    `right_edge` is where the full lines around it end: in a quotation before the column does.
    """

    line: Line
    page_index: int
    column: int
    left_edge: float = 0.0
    right_edge: float = 0.0
    column_edge: float = 0.0


def position_lines(pages: Sequence[Page]) -> list[PositionedLine]:
    """Return the lines of all pages in order."""
    lines: list[PositionedLine] = []
    parts: list[list[PositionedLine]] = []
    column_number = 0
    for page_index, page in enumerate(pages):
        columns: list[list[PositionedLine]] = [[]]
        for line in page.lines:
            column = columns[-1]
            if column and (
                line.baseline > column[-1].line.baseline + line.font_size / 2 or _returns_from_box(line, columns)
            ):
                column_number += 1
                column = []
                columns.append(column)
            column.append(PositionedLine(line, page_index, column_number))
        has_neighbour = _neighbours(columns)
        for column in columns:
            parts += _parts(column, has_neighbour)
            lines += column
        column_number += 1
    _set_edges(parts)
    return lines


def _returns_from_box(line: Line, columns: Sequence[Sequence[PositionedLine]]) -> bool:
    """Return True if the last lines were a box beside the text, and the line is below the text again."""
    if len(columns) < 2 or len(columns[-1]) < MIN_BOX_LINES:
        return False
    box = [positioned.line for positioned in columns[-1][-MIN_BOX_LINES:]]
    text = columns[-2][-1].line
    is_same_row = abs(box[-1].baseline - line.baseline) < line.font_size / 2
    return not is_same_row and _overlap(line, text) and not any(_overlap(line, other) for other in box)


def _overlap(line: Line, other: Line) -> bool:
    return line.left < other.right and other.left < line.right


def _neighbours(columns: list[list[PositionedLine]]) -> dict[int, float]:
    """Return where the text of the next column begins, by the identity of each line with text of another on its right."""
    if len(columns) == 1:
        return {}
    by_height = sorted((line for column in columns for line in column), key=lambda line: line.line.baseline)
    heights = [line.line.baseline for line in by_height]
    neighbours: dict[int, float] = {}
    for positioned in by_height:
        line = positioned.line
        start = bisect_left(heights, line.baseline - SAME_ROW * line.font_size)
        beside = [
            other.line.left
            for other in by_height[start : start + MAX_COMPARED_LINES]
            if other.column != positioned.column
            and other.line.baseline <= line.baseline + SAME_ROW * line.font_size
            and other.line.left >= line.right
        ]
        if beside:
            neighbours[id(positioned)] = min(beside)
    return neighbours


def _parts(column: list[PositionedLine], neighbours: dict[int, float]) -> Iterator[list[PositionedLine]]:
    """Split a column where it becomes wider or narrower: an abstract over both columns stands above the left one."""
    limit: float | None = None
    keyed: list[tuple[bool, PositionedLine]] = []
    for positioned in column:
        beside = neighbours.get(id(positioned))
        if beside is not None:
            limit = beside
        elif limit is not None and positioned.line.right > limit:
            limit = None
        keyed.append((limit is None, positioned))
    for _, part in groupby(keyed, key=lambda item: item[0]):
        yield [positioned for _, positioned in part]


def _set_edges(parts: Sequence[list[PositionedLine]]) -> None:
    """Set the edges of each part. One with a few lines ends where most of the document do that begin at its left edge."""
    edges = [(_left_edge(part), _right_edge(part), part) for part in parts if part]
    usual: dict[int, Counter[float]] = {}
    for left, right, part in edges:
        if len(part) >= MIN_EDGE_LINES:
            usual.setdefault(round(left / SAME_EDGE), Counter())[round(right)] += len(part)
    for left, right, part in edges:
        others = usual.get(round(left / SAME_EDGE)) if len(part) < MIN_EDGE_LINES else None
        right_edge = max(right, others.most_common(1)[0][0]) if others else right
        for positioned in part:
            positioned.left_edge = left
            positioned.right_edge = positioned.column_edge = right_edge


def _right_edge(part: list[PositionedLine]) -> float:
    right_ends = sorted(positioned.line.right for positioned in part)
    # The longest tenth may stick out: a rule, a table, a heading.
    return right_ends[(len(right_ends) * 9 - 1) // 10]


def _left_edge(part: list[PositionedLine]) -> float:
    left_ends = Counter(round(positioned.line.left) for positioned in part)
    # Text begins at the leftmost place where a fifth of the lines do; indents and hanging labels are fewer.
    most = max(left_ends.values())
    return float(min(left for left, count in left_ends.items() if 5 * count >= len(part) or count == most))


def usual_line_gaps(lines: Iterable[PositionedLine]) -> dict[float, float]:
    """Return the most common line gap of each font size."""
    counts: dict[float, Counter[float]] = {}
    for upper, lower in pairwise(lines):
        gap = round((upper.line.baseline - lower.line.baseline) * 2) / 2
        is_possible = 0 < gap <= MAX_USUAL_GAP * lower.line.font_size
        if is_possible and upper.column == lower.column and not is_other_size(upper.line, lower.line):
            counts.setdefault(round(lower.line.font_size), Counter())[gap] += 1
    usual_gaps = {}
    for font_size, gap_counts in counts.items():
        gap, count = gap_counts.most_common(1)[0]
        if count >= MIN_GAP_COUNT:
            usual_gaps[float(font_size)] = gap
    return usual_gaps


def is_other_size(line: Line, other: Line, share: float = OTHER_SIZE) -> bool:
    """Return True if the font sizes differ by more than this share."""
    return abs(line.font_size - other.font_size) > share * max(line.font_size, other.font_size)
