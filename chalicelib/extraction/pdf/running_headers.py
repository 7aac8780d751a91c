"""Removal of running headers, footers and page numbers."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, Omission
from chalicelib.extraction.pdf.layout import Page, body_font_size

MAX_EDGE_ROWS = 3  # headers are among the first three rows of a page, footers among the last three
SAME_HEIGHT = 4.0  # points (or rows): headers of facing pages differ by less
MAX_PAGE_DISTANCE = 2  # headers repeat on the next page or the one after it; headings of sections do not
MIN_REPEATED_SHARE = 0.6  # of the lines at one height: then the others are headers of short chapters, printed once
MIN_LINES_AT_HEIGHT = 4  # fewer lines give no meaningful share,
MIN_APART_LINES = 3  # unless each of them is set apart from the text
MAX_HEADER_CHARACTERS = 120
APART_DISTANCE = 1.5  # times the usual row distance: a line this far from the text is set apart
MIN_TEXT_ROWS = 3  # on a page whose lines can be set apart; the title of a slide is not
# Of all characters: a document that would lose more repeats itself, so repetition proves nothing.
MAX_HEADER_SHARE = 0.25
SHORT_DOCUMENT_PAGES = 3  # too few for anything to repeat
LARGE_TYPE = 1.15  # times the body's font size: headings are set in it, running headers are not

_FIGURE = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|pág\.|página|pagina|s\.)\s*)?"
    r"(?:\d{1,4}|[ivxlcdm]{1,8})(?:\s*(?:/|of|von|de|sur|di)\s*\d{1,4})?\W*",
    re.IGNORECASE,
)

LinePosition = tuple[int, int]  # index of the page, index of the line on it


def remove_headers_and_footers(pages: Sequence[Page], left_out: list[Omission]) -> list[Page]:
    """Return the same pages without running headers, footers and page numbers.

    What is removed of a page is added to `left_out`.
    """
    headers = _find_running_headers(pages) | _find_lone_page_numbers(pages)
    cleaned_pages = []
    for page_index, page in enumerate(pages):
        lines = [line for index, line in enumerate(page.lines) if (page_index, index) not in headers]
        removed = [line.text for index, line in enumerate(page.lines) if (page_index, index) in headers]
        if removed:
            text = " ".join(removed)[:MAX_EXCERPT_CHARACTERS]
            left_out.append(Omission("header", page_index + 1, "running_header", text))
        cleaned_pages.append(replace(page, lines=tuple(lines)))
    return cleaned_pages


# ---- headers and page numbers ----


@dataclass(frozen=True, slots=True)
class _EdgeLine:
    """A line at the top or bottom of a page. `key` is the part of it that repeats, empty if it cannot be a header.
    `is_apart`: set apart from the text by a wide gap.
    """

    position: LinePosition
    key: str
    baseline: float
    is_apart: bool


def _find_running_headers(pages: Sequence[Page]) -> set[LinePosition]:
    """Find lines that repeat at one height at the edge of neighbouring pages.

    Figures in them may differ. Odd and even pages may have different headers, and so may chapters: what counts is the
    height, and that most lines at that height repeat. For a line set apart from the text it is enough that it repeats
    itself.
    """
    row_distance = _usual_row_distance(pages)
    large_size = LARGE_TYPE * body_font_size(pages)
    headers: set[LinePosition] = set()
    headers_apart: set[LinePosition] = set()
    for is_top in (True, False):
        edge_lines = [
            edge_line
            for page_index, page in enumerate(pages)
            for edge_line in _edge_lines(page_index, page, row_distance, large_size, is_top=is_top)
        ]
        for level in _group_by_height(edge_lines):
            repeated = _repeated_nearby(level)
            # What is set apart on one page is so on every page, even if nothing but a figure is under it.
            keys_apart = {edge_line.key for edge_line in repeated if edge_line.is_apart}
            headers_apart |= {edge_line.position for edge_line in level if edge_line.key in keys_apart}
            min_lines = MIN_APART_LINES if all(edge_line.is_apart for edge_line in level) else MIN_LINES_AT_HEIGHT
            if len(level) >= min_lines and len(repeated) >= MIN_REPEATED_SHARE * len(level):
                headers |= {edge_line.position for edge_line in level if edge_line.key}
    return headers_apart if _is_repetitive(pages, headers | headers_apart) else headers | headers_apart


def _edge_lines(
    page_index: int, page: Page, row_distance: float, large_size: float, *, is_top: bool
) -> Iterator[_EdgeLine]:
    rows = _rows(page)[:: 1 if is_top else -1]
    has_wide_gap = [abs(upper - lower) > APART_DISTANCE * row_distance for upper, lower in pairwise(rows)][
        :MAX_EDGE_ROWS
    ]
    outer_rows = has_wide_gap.index(True) + 1 if True in has_wide_gap else 0
    apart_rows = rows[:outer_rows] if len(rows) - outer_rows >= MIN_TEXT_ROWS else []
    for index, line in enumerate(page.lines):
        row = round(line.baseline)
        if row in rows[:MAX_EDGE_ROWS] and not line.has_footnote_mark:
            # In large type, "Chapter 1" and "Chapter 2" are headings: figures count as different there.
            is_large = line.font_size > large_size and not _PAGE_NUMBER.fullmatch(line.text)
            key = line.text.casefold() if is_large else _repeat_key(line.text)
            yield _EdgeLine((page_index, index), key, line.baseline, row in apart_rows)


def _repeated_nearby(level: list[_EdgeLine]) -> list[_EdgeLine]:
    pages_by_key: dict[str, set[int]] = defaultdict(set)
    for edge_line in level:
        pages_by_key[edge_line.key].add(edge_line.position[0])
    distances = [distance for distance in range(-MAX_PAGE_DISTANCE, MAX_PAGE_DISTANCE + 1) if distance]
    return [
        edge_line
        for edge_line in level
        if edge_line.key
        and any(edge_line.position[0] + distance in pages_by_key[edge_line.key] for distance in distances)
    ]


def _rows(page: Page) -> list[int]:
    """Return the heights of the page's rows, from the top down."""
    return sorted({round(line.baseline) for line in page.lines}, reverse=True)


def _usual_row_distance(pages: Sequence[Page]) -> float:
    distances = Counter(upper - lower for page in pages for upper, lower in pairwise(_rows(page)))
    return float(distances.most_common(1)[0][0]) if distances else 0.0


def _repeat_key(text: str) -> str:
    """Return the part of a line that repeats from page to page.

    The page number is left out, other figures are `#`. It is "" for rows of figures and long lines.
    """
    if len(text) > MAX_HEADER_CHARACTERS:
        return ""
    if _PAGE_NUMBER.fullmatch(text):
        return "#"
    return _FIGURE.sub("#", text.casefold()).strip("# -–—|·") if any(map(str.isalpha, text)) else ""


def _group_by_height(edge_lines: list[_EdgeLine]) -> list[list[_EdgeLine]]:
    levels: list[list[_EdgeLine]] = []
    for edge_line in sorted(edge_lines, key=lambda edge_line: edge_line.baseline):
        level = levels[-1] if levels else None
        if (
            level
            and edge_line.baseline - level[-1].baseline <= SAME_HEIGHT / 2
            and edge_line.baseline - level[0].baseline <= SAME_HEIGHT
        ):
            level.append(edge_line)
        else:
            levels.append([edge_line])
    return levels


def _is_repetitive(pages: Sequence[Page], headers: set[LinePosition]) -> bool:
    """Return True if the text itself repeats, or too much of it would be headers."""
    text_by_position = {
        (page_index, index): line.text for page_index, page in enumerate(pages) for index, line in enumerate(page.lines)
    }
    header_characters = sum(len(text_by_position[position]) for position in headers)
    if header_characters > MAX_HEADER_SHARE * sum(map(len, text_by_position.values())):
        return True
    body_keys = Counter(_repeat_key(text) for position, text in text_by_position.items() if position not in headers)
    repeated = sum(count for key, count in body_keys.items() if key and count > SHORT_DOCUMENT_PAGES)
    return 2 * repeated > body_keys.total()


def _find_lone_page_numbers(pages: Sequence[Page]) -> set[LinePosition]:
    """Find page numbers in short documents: first or last lines with the page's number."""
    if len(pages) > SHORT_DOCUMENT_PAGES:
        return set()
    return {
        (page_index, index)
        for page_index, page in enumerate(pages)
        for index in (0, len(page.lines) - 1)
        if len(page.lines) > 1
        and _PAGE_NUMBER.fullmatch(page.lines[index].text)
        and re.findall(r"\d+", page.lines[index].text)[:1] == [str(page_index + 1)]
    }
