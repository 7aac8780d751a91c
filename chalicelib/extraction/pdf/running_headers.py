"""What is printed on pages but belongs to no sentence: running heads, page numbers, footnotes."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.extraction.pdf.layout import Cell, Line, Page, body_font_size

MAX_EDGE_ROWS = 3  # heads and feet are among the first and last three rows of a page
SAME_HEIGHT = 4.0  # points (or rows): heads of facing pages differ by less
MAX_PAGE_DISTANCE = 2  # heads return on the next page or the one after it; the headings of sections do not
MIN_REPEATED_SHARE = 0.6  # of the lines in one place: then the rest are heads of short chapters, said once
MIN_LINES_AT_HEIGHT = 4  # lines; fewer have no shares,
MIN_APART_LINES = 3  # unless each of them stands apart from the text
MAX_HEADER_CHARACTERS = 120  # characters
APART_DISTANCE = 1.5  # times the usual distance of rows: a line that far from the text stands by itself
MIN_TEXT_ROWS = 3  # of text on a page for a line to stand apart from; a slide's title does not
MAX_HEADER_SHARE = 0.25  # of all characters: a document that loses more repeats itself, and its lines prove nothing
SHORT_DOCUMENT_PAGES = 3  # pages, in which little can repeat
LARGE_TYPE = 1.15  # times the body's size: no running head is set in it, but headings are
MIN_MARGIN_NUMBERS = 3  # figures in the margin that count by fives
MIN_NUMBERED_ROWS = 15  # rows of a page that are all numbered; less is a list
SMALL_TYPE = 0.93  # of the body's size, and below: footnotes are set in it

_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|pág\.|página|pagina|s\.)\s*)?"
    r"(?:\d{1,4}|[ivxlcdm]{1,8})(?:\s*(?:/|of|von|de|sur|di)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\d{1,3}|[*†‡§]")

LinePosition = tuple[int, int]  # sheet, line


def remove_headers_and_footers(sheets: Sequence[Page]) -> list[Page]:
    """The same sheets without running heads, page numbers and footnotes."""
    dropped = _find_running_headers(sheets) | _find_lone_page_numbers(sheets)
    body = body_font_size(sheets)
    kept = []
    for number, sheet in enumerate(sheets):
        lines = [line for index, line in enumerate(sheet.lines) if (number, index) not in dropped]
        kept.append(Page(tuple(_without_footnotes(_without_line_numbers(lines), body))))
    return kept


# ---- heads and page numbers ----


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    """A line at the top or the bottom of a sheet. `key`: what repeats of it, empty for what is no head."""

    position: LinePosition
    key: str
    baseline: float
    is_apart: bool


def _find_running_headers(sheets: Sequence[Page]) -> set[LinePosition]:
    """What repeats in one place at the edge of neighbouring pages: the same words but for their figures.

    Odd and even pages may differ, and so may chapters: it is the place that counts, and that most of what stands there
    repeats. A line that stands apart from the text needs to repeat only itself.
    """
    leading = _usual_row_distance(sheets)
    large = LARGE_TYPE * body_font_size(sheets)
    heads: set[LinePosition] = set()
    apart: set[LinePosition] = set()
    for at_top in (True, False):
        edges = [
            edge for number, sheet in enumerate(sheets) for edge in _edge_lines(number, sheet, at_top, leading, large)
        ]
        for level in _group_by_height(edges):
            repeated = _repeated_nearby(level)
            apart |= {edge.position for edge in repeated if edge.is_apart}
            enough = MIN_APART_LINES if all(edge.is_apart for edge in level) else MIN_LINES_AT_HEIGHT
            if len(level) >= enough and len(repeated) >= MIN_REPEATED_SHARE * len(level):
                heads |= {edge.position for edge in level if edge.key}
    return apart if _is_repetitive(sheets, heads | apart) else heads | apart


def _edge_lines(number: int, sheet: Page, at_top: bool, leading: float, large: float) -> Iterator[_EdgeLine]:
    rows = _rows(sheet)[:: 1 if at_top else -1]
    wide = [abs(upper - lower) > APART_DISTANCE * leading for upper, lower in pairwise(rows)][:MAX_EDGE_ROWS]
    outside = wide.index(True) + 1 if True in wide else 0
    apart = rows[:outside] if len(rows) - outside >= MIN_TEXT_ROWS else []
    for index, line in enumerate(sheet.lines):
        row = round(line.baseline)
        if row in rows[:MAX_EDGE_ROWS]:
            # In large type, "Chapter 1" and "Chapter 2" are headings; only what is the very same is none.
            key = (
                line.text.casefold()
                if line.font_size > large and not _PAGE_NUMBER.fullmatch(line.text)
                else _repeat_key(line.text)
            )
            yield _EdgeLine((number, index), key, line.baseline, row in apart)


def _repeated_nearby(level: list[_EdgeLine]) -> list[_EdgeLine]:
    sheets: dict[str, set[int]] = defaultdict(set)
    for edge in level:
        sheets[edge.key].add(edge.position[0])
    near = [distance for distance in range(-MAX_PAGE_DISTANCE, MAX_PAGE_DISTANCE + 1) if distance]
    return [
        edge for edge in level if edge.key and any(edge.position[0] + distance in sheets[edge.key] for distance in near)
    ]


def _rows(sheet: Page) -> list[int]:
    """The heights of the sheet's rows, from the top down."""
    return sorted({round(line.baseline) for line in sheet.lines}, reverse=True)


def _usual_row_distance(sheets: Sequence[Page]) -> float:
    gaps = Counter(upper - lower for sheet in sheets for upper, lower in pairwise(_rows(sheet)))
    return float(gaps.most_common(1)[0][0]) if gaps else 0.0


def _repeat_key(text: str) -> str:
    """The words without a page number around them, other figures as `#`; nothing for rows of figures and long lines."""
    if _PAGE_NUMBER.fullmatch(text):
        return "#"
    if len(text) > MAX_HEADER_CHARACTERS or not any(character.isalpha() for character in text):
        return ""
    return re.sub(r"\d+", "#", text.casefold()).strip("# -–—|·")


def _group_by_height(edges: list[_EdgeLine]) -> list[list[_EdgeLine]]:
    """The edges grouped by their height on the page."""
    levels: list[list[_EdgeLine]] = []
    for edge in sorted(edges, key=lambda edge: edge.baseline):
        last = levels[-1] if levels else None
        if (
            last
            and edge.baseline - last[-1].baseline <= SAME_HEIGHT / 2
            and edge.baseline - last[0].baseline <= SAME_HEIGHT
        ):
            last.append(edge)
        else:
            levels.append([edge])
    return levels


def _is_repetitive(sheets: Sequence[Page], heads: set[LinePosition]) -> bool:
    """Whether the text itself repeats as its edges do, or much of the document would be taken for heads."""
    lines = {
        (number, index): line.text for number, sheet in enumerate(sheets) for index, line in enumerate(sheet.lines)
    }
    if sum(len(lines[place]) for place in heads) > MAX_HEADER_SHARE * sum(map(len, lines.values())):
        return True
    inner = Counter(_repeat_key(text) for place, text in lines.items() if place not in heads)
    repeated = sum(count for key, count in inner.items() if key and count > SHORT_DOCUMENT_PAGES)
    return 2 * repeated > inner.total()


def _find_lone_page_numbers(sheets: Sequence[Page]) -> set[LinePosition]:
    """Page numbers of documents too short to repeat anything: the first or last line, when it is the page's own
    number.
    """
    if len(sheets) > SHORT_DOCUMENT_PAGES:
        return set()
    return {
        (number, index)
        for number, sheet in enumerate(sheets)
        for index in (0, len(sheet.lines) - 1)
        if len(sheet.lines) > 1
        and _PAGE_NUMBER.fullmatch(sheet.lines[index].text)
        and re.findall(r"\d+", sheet.lines[index].text)[:1] == [str(number + 1)]
    }


def _without_line_numbers(lines: list[Line]) -> list[Line]:
    """Without figures in the margin that count the lines, by fives and the like, or every line of a page."""
    parted = [_split_margin_number(line) for line in lines]
    left = min((text.left for _, text in parted if text is not None), default=0.0)
    rows = {base: number for number, base in enumerate(sorted({round(line.baseline) for line in lines}, reverse=True))}
    counted = sorted(
        (rows[round(line.baseline)], int(figure.text), index)
        for index, (line, (figure, _)) in enumerate(zip(lines, parted, strict=True))
        if figure is not None and figure.right <= left
    )
    steps = {number - above for (_, above, _), (_, number, _) in pairwise(counted)}
    counts_rows = all(row - above == number - begin for (above, begin, _), (row, number, _) in pairwise(counted))
    by_one = steps == {1} and len(counted) >= MIN_NUMBERED_ROWS and len(counted) == len(rows)
    if not counts_rows or not (by_one or (len(counted) >= MIN_MARGIN_NUMBERS and len(steps) == 1 and min(steps) > 1)):
        return lines
    figures = {index for _, _, index in counted}
    kept = [parted[index][1] if index in figures else line for index, line in enumerate(lines)]
    return [line for line in kept if line is not None]


def _split_margin_number(line: Line) -> tuple[Cell | None, Line | None]:
    """The figure in front of a line, and what is left of the line without it."""
    if line.text.isdecimal():
        return Cell(line.text, line.left, line.right), None
    if not line.cells or not line.cells[0].text.isdecimal():
        return None, line
    figure, *cells = line.cells
    text = " ".join(cell.text for cell in cells)
    return figure, replace(line, text=text, left=cells[0].left, cells=tuple(cells) if len(cells) > 1 else ())


# ---- footnotes ----


def _without_footnotes(lines: list[Line], body: float) -> list[Line]:
    """Without the small type at the foot of a page, when it begins with a raised figure or with one that was raised
    in the text above.
    """
    small = [line.font_size <= SMALL_TYPE * body for line in lines]
    lowest_body = min(
        (line.baseline for line, is_small in zip(lines, small, strict=True) if not is_small), default=None
    )
    if lowest_body is None:
        return lines
    cited = {mark for line in lines for mark in line.footnote_marks}
    for index, line in enumerate(lines):
        if small[index] and line.baseline < lowest_body and (line.has_footnote_mark or _label(line.text) in cited):
            return [
                each
                for position, each in enumerate(lines)
                if not (position >= index and small[position] and each.baseline <= line.baseline)
            ]
    return lines


def _label(text: str) -> str:
    found = _LABEL.match(text)
    return found.group() if found else ""
