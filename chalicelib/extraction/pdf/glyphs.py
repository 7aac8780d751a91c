"""Characters of a PDF page → lines.

pdfium is asked for as few characters as possible: the ends of a line, and what may be raised. A call takes a microsecond, and
a page has thousands of characters.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import atan2, pi
from statistics import median
from typing import Any

from chalicelib.extraction.cleanup import LINE_END_HYPHEN, clean_line
from chalicelib.extraction.pdf import letterspacing, pdfium_functions, raised_type, reading_direction
from chalicelib.extraction.pdf.font_texts import PageTexts
from chalicelib.extraction.pdf.layout import Cell, Line
from chalicelib.extraction.pdf.named_glyphs import NamedGlyphs

FOOTNOTE_MARK_SIZE = 0.85  # times the line's font size: below it, a figure behind a word is a footnote mark
FOOTNOTE_MARK_RAISE = 0.15  # times the line's font size: so is one this far above the baseline
ROW_DROP = 0.7  # times the font size: characters further up or down are not superscript but on another line
CELL_GAP = 0.9  # times the font size: wider than a space, narrower than the gap between columns
MAX_SPACE_WIDTH = 2.0  # times the font size, in a justified line of words,
MAX_SPACE_RATIO = 1.5  # in which no space is wider than another by more
TYPICAL_CHARACTER_WIDTH = 0.46  # times the font size, including its share of spaces; in a row of a table it is more,
WIDE_LINE_RATIO = 1.04  # times that of the page's lines
MAX_UNMAPPED_SHARE = 0.5  # of the lines: a page with more says nothing in Unicode
MONOSPACED_SAMPLES = 4  # characters of a line, besides the first, whose font is checked
MAX_SKEW = 0.12  # quarter turns: a scan may be turned by 10 degrees, a watermark is by 30 or more
SLANTED = -1  # turns of type that runs neither across nor along the page
FIXED_PITCH = 1  # font flag: all characters have the same width
FORCE_BOLD = 1 << 18  # font flag
BOLD_WEIGHT = 600  # and above, of 1,000

_MONOSPACED_FONT = re.compile(
    rb"courier|mono|consol|typewriter|menlo|cmtt|inconsolata|sourcecode|firacode", re.IGNORECASE
)
_BOLD_FONT = re.compile(rb"bold|black|heavy|cmbx|-bd|demi", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_GAP = re.compile(r"(?<=\S)\s+(?=\S)")
_VISUAL_LINE = re.compile(f"[^\r\n{LINE_END_HYPHEN}]+{LINE_END_HYPHEN}?|{LINE_END_HYPHEN}")
_SURROGATES = re.compile("([\ud800-\udbff])([\udc00-\udfff])")
_SECOND_HALF = "\u2060"  # stands for the second half of a letter beyond the basic plane: each index keeps its character


@dataclass(frozen=True, slots=True)
class _Type:
    """Font size, quarter turns anticlockwise, and the typeface."""

    size: float
    turns: int
    is_monospaced: bool
    is_bold: bool


class PageGlyphs:
    """Characters of one page by index, and their positions. `turns` are quarter turns, anticlockwise."""

    def __init__(self, textpage: Any, font_texts: PageTexts) -> None:
        self._pdfium = pdfium_functions.load()
        self._page = ctypes.cast(textpage.raw, ctypes.c_void_p).value
        count = textpage.count_chars()
        text = textpage.get_text_range() if count else ""
        if len(text) != count:  # beyond the basic plane, text and index drift apart
            text = "".join(chr(self._pdfium.unicode(self._page, index)) for index in range(count))
            text = _SURROGATES.sub(_whole_letter, text)
        self._names = NamedGlyphs(self._pdfium, self._page, font_texts)
        self.text: str = self._names.insert(text)
        self.is_unmapped = False
        self.rotated: tuple[str, ...] = ()  # texts that run in another direction than the page's
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._references = [ctypes.byref(number) for number in self._numbers]
        self._matrix = self._pdfium.new_matrix()
        self._matrix_reference = ctypes.byref(self._matrix)
        self._styles: dict[int, _Type] = {}  # by text object
        self._fonts: dict[int, tuple[bool, bool]] = {}  # is it monospaced, is it bold

    def lines(self) -> list[Line]:
        """Return the page's lines, without type that runs in another direction than most."""
        lines = []
        unmapped = 0
        for match in _VISUAL_LINE.finditer(self.text):
            printed = match.group().strip()
            if printed:
                start = match.start() + match.group().index(printed)
                end = start + len(printed)
                unmapped += start not in self._names.indices and self._pdfium.has_map_error(self._page, start)
                text_object = self._pdfium.text_object(self._page, start)
                style = self._style_of(text_object, start)
                if self._ends(text_object, end):
                    lines.append((style.turns, (start, end), self._line(start, end, style, is_of_one_object=True)))
                    continue
                for span in self._rows(start, end, style.turns):
                    first = self._pdfium.text_object(self._page, span[0])
                    line = self._line(
                        *span,
                        replace(self._style_of(first, span[0]), turns=style.turns),
                        is_of_one_object=self._ends(first, span[1]),
                    )
                    lines.append((style.turns, span, line))
        if not lines:
            return []
        self.is_unmapped = unmapped > MAX_UNMAPPED_SHARE * len(lines)
        # Type that runs in another direction than the page's (a stamp in the margin) is not part of the text.
        counts = Counter(turns for turns, *_ in lines if turns != SLANTED)
        page_turns = counts.most_common(1)[0][0] if counts else SLANTED
        self.rotated = tuple(line.text for turns, _, line in lines if turns != page_turns and line.text)
        page_lines = [(span, line) for turns, span, line in lines if turns == page_turns and line.text]
        usual_width = (
            min(median(_character_width(line) for _, line in page_lines), TYPICAL_CHARACTER_WIDTH)
            if page_lines
            else 0.0
        )
        with_cells = [
            replace(line, cells=self._cells(*span, line.font_size, page_turns))
            if _character_width(line) > WIDE_LINE_RATIO * usual_width
            or line.text[0].isdecimal()  # a line number, or the number of a table row
            else line
            for span, line in page_lines
        ]
        return reading_direction.mirror_right_to_left(with_cells)

    def _rows(self, start: int, end: int, turns: int) -> Iterator[tuple[int, int]]:
        """Split a line where the type moves down: pdfium joins table rows that are far apart."""
        max_drop = ROW_DROP * self._style(start).size
        if abs(self._origin(end - 1, turns)[1] - self._origin(start, turns)[1]) > max_drop:
            for gap in _GAP.finditer(self.text, start, end):
                if abs(self._origin(gap.end(), turns)[1] - self._origin(gap.start() - 1, turns)[1]) > max_drop:
                    yield start, gap.start()
                    start = gap.end()
        yield start, end

    def _ends(self, text_object: int | None, end: int) -> bool:
        """Return True if one operator printed the line from this object on: its type has one size and one baseline."""
        return text_object is not None and text_object == self._pdfium.text_object(self._page, end - 1)

    def _cells(self, start: int, end: int, font_size: float, turns: int) -> tuple[Cell, ...]:
        """Split a line at its wide gaps; return () if it has none."""
        gaps = [
            (gap, self._right_edge(gap.start() - 1, turns), self._origin(gap.end(), turns)[0])
            for gap in _GAP.finditer(self.text, start, end)
        ]
        widths = [next_left - right for _, right, next_left in gaps]
        is_justified = (
            bool(gaps)
            and max(widths) < MAX_SPACE_RATIO * min(widths)
            and _LETTERS.search(self.text, start, end) is not None
        )
        if not gaps or max(widths) < (MAX_SPACE_WIDTH if is_justified else CELL_GAP) * font_size:
            return ()
        cell_start, left, cells = start, self._origin(start, turns)[0], []
        for gap, right, next_left in gaps:
            if next_left - right > CELL_GAP * font_size:
                cells.append(Cell(self._clean(self.text[cell_start : gap.start()]), left, right))
                cell_start, left = gap.end(), next_left
        return (
            *cells,
            Cell(self._clean(self.text[cell_start:end]), left, self._right_edge(end - 1, turns)),
        )

    def _line(self, start: int, end: int, style: _Type, *, is_of_one_object: bool) -> Line:
        """Return the line from `start` up to `end`; both ends are printed characters. `style` is that of its beginning."""
        turns = style.turns
        left, baseline = self._origin(start, turns)
        font_size = style.size
        text, has_leading_mark = self.text[start:end], False
        marks: tuple[str, ...] = ()
        is_monospaced, is_bold = style.is_monospaced, style.is_bold
        if letterspacing.is_letterspaced(text):
            text = letterspacing.joined(text, self._letter_gaps(start, end, turns))
        elif not is_of_one_object:
            samples = (start, (start + end) // 2, end - 1)
            font_size = median(self._style(index).size for index in samples)
            baseline = median(self._origin(index, turns)[1] for index in samples)
            text, marks = self._without_marks(start, end, baseline, font_size, turns)
            leading = raised_type.LEADING_MARK.match(self.text, start, end)
            has_leading_mark = leading is not None and self._is_raised(leading.start(1), baseline, font_size, turns)
            if leading is not None and has_leading_mark:
                text = f"{leading[1]} {text[leading.end(1) - start :]}"
            is_monospaced = is_monospaced and all(
                self._style(start + (end - 1 - start) * sample // MONOSPACED_SAMPLES).is_monospaced
                for sample in range(1, MONOSPACED_SAMPLES + 1)
            )
            is_bold = is_bold and self._style(end - 1).is_bold
        return Line(
            self._clean(text),
            left,
            self._right_edge(end - 1, turns),
            baseline,
            font_size,
            has_footnote_mark=has_leading_mark,
            footnote_marks=marks,
            is_monospaced=is_monospaced,
            is_bold=is_bold,
        )

    def _without_marks(
        self, start: int, end: int, baseline: float, font_size: float, turns: int
    ) -> tuple[str, tuple[str, ...]]:
        """Return the line's text with raised figures as superscripts and without footnote marks, and the marks."""
        parts: list[str] = []
        marks: list[str] = []
        position = start
        is_raised = partial(self._is_raised, baseline=baseline, font_size=font_size, turns=turns)
        for match in raised_type.find(self.text, start, end, is_raised):
            before = self.text[max(start, match.start(1) - raised_type.MAX_CONTEXT_CHARACTERS) : match.start(1)]
            spoken = raised_type.spoken(self._names.spelled_out(before), match.group(1))
            # The space in front of a mark goes with it.
            parts += [self.text[position : match.start() if not spoken else match.start(1)], spoken]
            position = match.end()
            marks += raised_type.labels(match.group(1)) if not spoken else []
        return "".join((*parts, self.text[position:end])), tuple(marks)

    def _clean(self, text: str) -> str:
        return clean_line(self._names.spelled_out(text), keeps_addresses=True)

    def _letter_gaps(self, start: int, end: int, turns: int) -> list[float]:
        return [
            abs(self._origin(gap.end(), turns)[0] - self._right_edge(gap.start() - 1, turns))
            for gap in _GAP.finditer(self.text, start, end)
        ]

    def _is_raised(self, index: int, baseline: float, font_size: float, turns: int) -> bool:
        return (
            self._style(index).size < FOOTNOTE_MARK_SIZE * font_size
            or self._origin(index, turns)[1] > baseline + FOOTNOTE_MARK_RAISE * font_size
        )

    def _style(self, index: int) -> _Type:
        return self._style_of(self._pdfium.text_object(self._page, index), index)

    def _style_of(self, text_object: int, index: int) -> _Type:
        style = self._styles.get(text_object)
        if style is None:
            self._pdfium.matrix(self._page, index, self._matrix_reference)
            matrix = self._matrix
            scale = (matrix.c**2 + matrix.d**2) ** 0.5
            size = float(self._pdfium.font_size(self._page, index)) * (scale or 1.0)
            quarters = atan2(matrix.b, matrix.a) / (pi / 2)
            turns = round(quarters) % 4 if abs(quarters - round(quarters)) <= MAX_SKEW else SLANTED
            is_monospaced, is_bold = self._typeface(text_object) if text_object else (False, False)
            style = _Type(size, turns, is_monospaced, is_bold)
            if text_object:
                self._styles[text_object] = style
        return style

    def _typeface(self, text_object: int) -> tuple[bool, bool]:
        font = self._pdfium.font(text_object)
        if not font:
            return False, False
        if font not in self._fonts:
            name = pdfium_functions.font_name(font)
            flags = self._pdfium.font_flags(font)
            is_bold = bool(flags & FORCE_BOLD) or self._pdfium.font_weight(font) >= BOLD_WEIGHT
            self._fonts[font] = (
                bool(flags & FIXED_PITCH) or _MONOSPACED_FONT.search(name) is not None,
                is_bold or _BOLD_FONT.search(name) is not None,
            )
        return self._fonts[font]

    def _origin(self, index: int, turns: int) -> tuple[float, float]:
        x, y, *_ = self._numbers
        self._pdfium.origin(self._page, index, *self._references[:2])
        return (x.value, y.value) if turns == 0 else _rotate(x.value, y.value, turns)

    def _right_edge(self, index: int, turns: int) -> float:
        left, right, bottom, top = self._numbers
        self._pdfium.box(self._page, index, *self._references)
        if turns == 0:  # nearly always
            return right.value
        corners = ((x, y) for x in (left.value, right.value) for y in (bottom.value, top.value))
        return max(_rotate(x, y, turns)[0] for x, y in corners)


def _whole_letter(match: re.Match[str]) -> str:
    high, low = match.groups()
    return chr(0x10000 + (ord(high) - 0xD800) * 0x400 + ord(low) - 0xDC00) + _SECOND_HALF


def _character_width(line: Line) -> float:
    """Return the mean width of a character, as a multiple of the font size."""
    return abs(line.right - line.left) / (len(line.text) * line.font_size) if line.font_size else 0.0


def _rotate(x: float, y: float, turns: int) -> tuple[float, float]:
    """Return the point's position if the type ran from left to right."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[max(turns, 0)]
