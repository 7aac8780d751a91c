"""PDF → lines, with pdfium: 98 % of words are right. A page takes 0.6 ms for its text, and 1.5 ms more for positions.

pdfium is not thread-safe and may crash on a bad file: run this in the sandbox only.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import pi
from pathlib import Path
from statistics import median
from typing import Any

from chalicelib.extraction.cleanup import LINE_END_HYPHEN, clean_line
from chalicelib.extraction.model import ExtractionError
from chalicelib.extraction.pdf.layout import Cell, DocumentLayout, Line, Page
from chalicelib.extraction.running_text import OutlineEntry

MAX_OUTLINE_ENTRIES = 5_000  # a book has hundreds; a loop in the outline would have no end
FOOTNOTE_MARK_SIZE = 0.85  # times the line's font size: below it, a figure behind a word is a footnote mark
FOOTNOTE_MARK_RAISE = 0.15  # times the line's font size: so is one this far above the baseline
ROW_DROP = 0.7  # times the font size: characters further up or down are not superscript but on another line
CELL_GAP = 0.9  # times the font size: wider than a space, narrower than the gap between columns
MAX_SPACE_WIDTH = 2.0  # times the font size, in a justified line of words,
MAX_SPACE_RATIO = 1.5  # in which no space is wider than another by more
TYPICAL_CHARACTER_WIDTH = 0.46  # times the font size, including its share of spaces; in a row of a table it is more,
WIDE_LINE_RATIO = 1.04  # times that of the page's lines
MONOSPACED_SAMPLES = 4  # characters of a line, besides the first, whose font is checked
FIXED_PITCH = 1  # font flag: all characters have the same width
MAX_REMOVED_TEXTS = 20_000  # of one page: to remove one takes the time of all before it; a dense page has 10,000
INVISIBLE_TEXT = 3  # text render mode: neither filled nor stroked, as OCR writes it behind a scan

# A figure or sign directly after a word: "word12", "word.3)", "word*". Units keep theirs: "12 cm2".
_FOOTNOTE_MARK = re.compile(
    r"(?:(?<=[^\W\d_]{2})(?<!\bcm)(?<!\bmm)(?<!\bkm)(?<!\bdm)(?<!\bft)|(?<=[.,;:!?)\]”’\"]))"
    r" ?(\d{1,3}|[*†‡§])(?=$|[\s.,;:!?)\]”’\"])"
)
_FOOTNOTE_MARK_CHARACTER = re.compile(r"[\d*†‡§]")  # searched first: it takes a tenth of the time
_LEADING_FOOTNOTE_MARK = re.compile(r"\s*(\d{1,3}|[*†‡§])")
_MONOSPACED_FONT = re.compile(
    rb"courier|mono|consol|typewriter|menlo|cmtt|inconsolata|sourcecode|firacode", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_GAP = re.compile(r"(?<=\S)\s+(?=\S)")
_VISUAL_LINE = re.compile(f"[^\r\n{LINE_END_HYPHEN}]+{LINE_END_HYPHEN}?|{LINE_END_HYPHEN}")


def extract(path: Path, limit: int) -> DocumentLayout:
    """Return the lines of every page without footnote marks, and the outline. Pages after `limit` characters are empty.

    Raises ExtractionError.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path.read_bytes())
    except pypdfium2.PdfiumError:
        raise ExtractionError("malformed") from None
    try:
        pages: list[Page] = []
        for index in range(len(document)):
            pages.append(_extract_page(document, index) if limit > 0 else Page())
            limit -= sum(len(line.text) for line in pages[-1].lines)
        return DocumentLayout(pages, _outline(document), is_truncated=limit <= 0, language=_declared_language(document))
    finally:
        document.close()


def _declared_language(document: Any) -> str | None:
    """Return the language in the catalogue (ISO 32000-1, 14.9.2), if any."""
    from pypdfium2 import raw

    size = raw.FPDFCatalog_GetLanguage(document.raw, None, 0)
    if size <= 2:  # a NUL alone
        return None
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFCatalog_GetLanguage(document.raw, ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _extract_page(document: Any, index: int) -> Page:
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return Page()  # counted in the page tree, but no page: it stays blank
    try:
        _remove_hidden_text(page)
        textpage = page.get_textpage()
        try:
            return Page(tuple(_PageGlyphs(textpage).lines()))
        finally:
            textpage.close()
    finally:
        page.close()


def _remove_hidden_text(page: Any) -> None:
    """Remove invisible text from a page with visible text, where it would be read twice.

    A searchable scan has its text invisibly behind the image. It is kept if all that is visible is a short stamp
    ("Downloaded from …").
    """
    from pypdfium2 import raw

    texts = [
        page_object
        for number in range(raw.FPDFPage_CountObjects(page.raw))
        if raw.FPDFPageObj_GetType(page_object := raw.FPDFPage_GetObject(page.raw, number)) == raw.FPDF_PAGEOBJ_TEXT
    ]
    hidden = [text for text in texts if raw.FPDFTextObj_GetTextRenderMode(text) == INVISIBLE_TEXT]
    if len(texts) - len(hidden) < len(hidden) / 2 or len(hidden) > MAX_REMOVED_TEXTS:
        return
    for text in hidden:
        if raw.FPDFPage_RemoveObject(page.raw, text):
            raw.FPDFPageObj_Destroy(text)


class _PageGlyphs:
    """Characters of one page by index, and their positions. `turns` are quarter turns, anticlockwise."""

    def __init__(self, textpage: Any) -> None:
        from pypdfium2 import raw

        self._raw, self._page = raw, textpage.raw
        count = textpage.count_chars()
        text = textpage.get_text_range() if count else ""
        if len(text) != count:  # beyond the basic plane, text and index drift apart
            text = "".join(chr(raw.FPDFText_GetUnicode(self._page, index)) for index in range(count))
        self.text: str = text
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._font_name, self._font_flags = ctypes.create_string_buffer(128), ctypes.c_int()

    def lines(self) -> list[Line]:
        lines = []
        for match in _VISUAL_LINE.finditer(self.text):
            printed = match.group().strip()
            if printed:
                start = match.start() + match.group().index(printed)
                turns = self._quarter_turns(start)
                spans = self._rows(start, start + len(printed), turns)
                lines += [(turns, span, self._line(*span, turns)) for span in spans]
        if not lines:
            return []
        # Type that runs in another direction than the page's (a stamp in the margin) is not part of the text.
        page_turns, _ = Counter(turns for turns, *_ in lines).most_common(1)[0]
        page_lines = [(span, line) for turns, span, line in lines if turns == page_turns and line.text]
        usual_width = (
            min(median(_character_width(line) for _, line in page_lines), TYPICAL_CHARACTER_WIDTH)
            if page_lines
            else 0.0
        )
        return [
            replace(line, cells=self._cells(*span, line.font_size, page_turns))
            if _character_width(line) > WIDE_LINE_RATIO * usual_width
            or line.text[0].isdecimal()  # a line number, or the number of a table row
            else line
            for span, line in page_lines
        ]

    def _rows(self, start: int, end: int, turns: int) -> Iterator[tuple[int, int]]:
        """Split a line where the type moves down: pdfium joins table rows that are far apart."""
        max_drop = ROW_DROP * self._font_size(start)
        if abs(self._origin(end - 1, turns)[1] - self._origin(start, turns)[1]) > max_drop:
            for gap in _GAP.finditer(self.text, start, end):
                if abs(self._origin(gap.end(), turns)[1] - self._origin(gap.start() - 1, turns)[1]) > max_drop:
                    yield start, gap.start()
                    start = gap.end()
        yield start, end

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
                cells.append(Cell(clean_line(self.text[cell_start : gap.start()]), left, right))
                cell_start, left = gap.end(), next_left
        return (*cells, Cell(clean_line(self.text[cell_start:end]), left, self._right_edge(end - 1, turns)))

    def _line(self, start: int, end: int, turns: int) -> Line:
        """Return the line from `start` up to `end`; both ends are printed characters."""
        samples = (start, (start + end) // 2, end - 1)
        font_size = median(self._font_size(index) for index in samples)
        origins = [self._origin(index, turns) for index in samples]
        baseline, left, right = median(y for _, y in origins), origins[0][0], self._right_edge(end - 1, turns)
        text, marks = self.text[start:end], []
        candidates = (
            list(_FOOTNOTE_MARK.finditer(self.text, start, end)) if _FOOTNOTE_MARK_CHARACTER.search(text) else []
        )
        for match in reversed(candidates):
            if self._is_raised(match.start(1), baseline, font_size, turns):
                text = text[: match.start() - start] + text[match.end() - start :]
                marks.append(match.group(1))
        leading = _LEADING_FOOTNOTE_MARK.match(self.text, start, end)
        return Line(
            clean_line(text),
            left,
            right,
            baseline,
            font_size,
            has_footnote_mark=leading is not None and self._is_raised(leading.start(1), baseline, font_size, turns),
            footnote_marks=tuple(marks),
            is_monospaced=all(
                self._is_monospaced(start + (end - 1 - start) * sample // MONOSPACED_SAMPLES)
                for sample in range(MONOSPACED_SAMPLES + 1)
            ),
        )

    def _quarter_turns(self, index: int) -> int:
        return round(float(self._raw.FPDFText_GetCharAngle(self._page, index)) / (pi / 2)) % 4

    def _is_raised(self, index: int, baseline: float, font_size: float, turns: int) -> bool:
        return (
            self._font_size(index) < FOOTNOTE_MARK_SIZE * font_size
            or self._origin(index, turns)[1] > baseline + FOOTNOTE_MARK_RAISE * font_size
        )

    def _is_monospaced(self, index: int) -> bool:
        name, flags = self._font_name, self._font_flags
        length = self._raw.FPDFText_GetFontInfo(self._page, index, name, len(name), flags)
        return bool(flags.value & FIXED_PITCH) or (length > 0 and _MONOSPACED_FONT.search(name.value) is not None)

    def _font_size(self, index: int) -> float:
        matrix = self._raw.FS_MATRIX()
        self._raw.FPDFText_GetMatrix(self._page, index, matrix)
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        return float(self._raw.FPDFText_GetFontSize(self._page, index)) * (scale or 1.0)

    def _origin(self, index: int, turns: int) -> tuple[float, float]:
        x, y, *_ = self._numbers
        self._raw.FPDFText_GetCharOrigin(self._page, index, x, y)
        return _rotate(x.value, y.value, turns)

    def _right_edge(self, index: int, turns: int) -> float:
        left, right, bottom, top = self._numbers
        self._raw.FPDFText_GetCharBox(self._page, index, left, right, bottom, top)
        if turns == 0:  # nearly always
            return right.value
        corners = ((x, y) for x in (left.value, right.value) for y in (bottom.value, top.value))
        return max(_rotate(x, y, turns)[0] for x, y in corners)


def _character_width(line: Line) -> float:
    """Return the mean width of a character, as a multiple of the font size."""
    return (line.right - line.left) / (len(line.text) * line.font_size) if line.font_size else 0.0


def _rotate(x: float, y: float, turns: int) -> tuple[float, float]:
    """Return the point's position if the type ran from left to right."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turns]


def _outline(document: Any) -> list[OutlineEntry]:
    entries: list[OutlineEntry] = []
    for bookmark in document.get_toc(max_depth=3):
        target = bookmark.get_dest()
        page_index = target.get_index() if target is not None else None
        title = clean_line(bookmark.get_title() or "")
        if page_index is not None and title:
            _, view = target.get_view()
            entries.append(OutlineEntry(title, bookmark.level, page_index, view[1] if len(view) > 1 else None))
        if len(entries) >= MAX_OUTLINE_ENTRIES:
            break
    return entries
