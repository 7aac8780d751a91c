"""PDF → lines, with pdfium: 98 % of words right. The text takes 0.6 ms a page, and where each line stands 1.5 ms more.

pdfium is not thread-safe and may crash on a bad file: call this in the sandbox only.
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
from chalicelib.extraction.pdf.layout import Cell, DocumentLayout, Line, OutlineEntry, Page

MAX_OUTLINE_ENTRIES = 5_000  # a book has hundreds; a loop in the outline would have no end
FOOTNOTE_MARK_SIZE = 0.85  # of the line's size: below it, a figure behind a word is a footnote mark
FOOTNOTE_MARK_RAISE = 0.15  # of the line's size: this much above the base line it is one, too
ROW_DROP = 0.7  # of the size: further up or down is no raised figure but another line
CELL_GAP = 0.9  # of the size: wider than a space, narrower than what is between columns
MAX_SPACE_WIDTH = 2.0  # of the size, in a justified line of words,
MAX_SPACE_RATIO = 1.5  # where no space is wider than another by more
TYPICAL_CHARACTER_WIDTH = 0.46  # of the size: a character with its share of spaces; in a row of a table it is more,
WIDE_LINE_RATIO = 1.04  # times that of the page's lines
MONOSPACED_SAMPLES = 4  # beside the first: characters of a line of which the font is asked
FIXED_PITCH = 1  # font flag: all characters are equally wide
INVISIBLE = 3  # text render mode: neither filled nor stroked, as OCR puts it behind a scan

# A figure or sign that sticks to the end of a word: "word12", "word.3)", "word*".
# Units keep theirs: "12 cm2".
_FOOTNOTE_MARK = re.compile(
    r"(?:(?<=[^\W\d_]{2})(?<!\bcm)(?<!\bmm)(?<!\bkm)(?<!\bdm)(?<!\bft)|(?<=[.,;:!?)\]”’\"]))"
    r" ?(\d{1,3}|[*†‡§])(?=$|[\s.,;:!?)\]”’\"])"
)
_FOOTNOTE_MARK_CHARACTER = re.compile(r"[\d*†‡§]")  # looked for first: it takes a tenth of the time
_LEADING_FOOTNOTE_MARK = re.compile(r"\s*(\d{1,3}|[*†‡§])")
_MONOSPACED_FONT = re.compile(
    rb"courier|mono|consol|typewriter|menlo|cmtt|inconsolata|sourcecode|firacode", re.IGNORECASE
)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_GAP = re.compile(r"(?<=\S)\s+(?=\S)")
_VISUAL_LINE = re.compile(f"[^\r\n{LINE_END_HYPHEN}]+{LINE_END_HYPHEN}?|{LINE_END_HYPHEN}")


def extract(path: Path, limit: int) -> DocumentLayout:
    """Every page's lines, footnote marks taken out, and the document's outline. No lines after `limit` characters.

    Raises UnreadableError.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        raise ExtractionError("the document") from None
    try:
        sheets: list[Page] = []
        for index in range(len(document)):
            sheets.append(_extract_page(document, index) if limit > 0 else Page())
            limit -= sum(len(line.text) for line in sheets[-1].lines)
        return DocumentLayout(sheets, _outline(document), is_truncated=limit <= 0)
    finally:
        document.close()


def _extract_page(document: Any, index: int) -> Page:
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return Page()  # counted in the page tree, but not a page: empty paper
    try:
        _drop_hidden_text(page)
        textpage = page.get_textpage()
        try:
            return Page(tuple(_PageGlyphs(textpage).lines()))
        finally:
            textpage.close()
    finally:
        page.close()


def _drop_hidden_text(page: Any) -> None:
    """A searchable scan has its text invisibly behind the picture. On a page in visible type, it would be read twice.

    A visible stamp on a scan ("Downloaded from …") is not enough to give the hidden text up.
    """
    from pypdfium2 import raw

    texts = [
        item
        for number in range(raw.FPDFPage_CountObjects(page.raw))
        if raw.FPDFPageObj_GetType(item := raw.FPDFPage_GetObject(page.raw, number)) == raw.FPDF_PAGEOBJ_TEXT
    ]
    hidden = [item for item in texts if raw.FPDFTextObj_GetTextRenderMode(item) == INVISIBLE]
    if len(texts) - len(hidden) < len(hidden) / 2:
        return
    for item in hidden:
        if raw.FPDFPage_RemoveObject(page.raw, item):
            raw.FPDFPageObj_Destroy(item)


class _PageGlyphs:
    """The characters of one page by index, and where they stand."""

    def __init__(self, textpage: Any) -> None:
        from pypdfium2 import raw

        self._raw, self._page = raw, textpage.raw
        count = textpage.count_chars()
        text = textpage.get_text_range() if count else ""
        if len(text) != count:  # beyond the basic plane, text and index drift apart
            text = "".join(chr(raw.FPDFText_GetUnicode(self._page, index)) for index in range(count))
        self.text: str = text
        self._numbers = [ctypes.c_double() for _ in range(4)]
        self._name, self._flags = ctypes.create_string_buffer(128), ctypes.c_int()

    def lines(self) -> list[Line]:
        found = []
        for match in _VISUAL_LINE.finditer(self.text):
            bare = match.group().strip()
            if bare:
                start = match.start() + match.group().index(bare)
                turn = self._quarter_turns(start)
                spans = self._rows(start, start + len(bare), turn)
                found += [(turn, span, self._line(*span, turn)) for span in spans]
        if not found:
            return []
        # Type that runs another way than the page's (a stamp in the margin) is no part of the text.
        upright, _ = Counter(turn for turn, *_ in found).most_common(1)[0]
        upright_lines = [(span, line) for turn, span, line in found if turn == upright and line.text]
        usual = (
            min(median(_character_width(line) for _, line in upright_lines), TYPICAL_CHARACTER_WIDTH)
            if upright_lines
            else 0.0
        )
        return [
            replace(line, cells=self._cells(*span, line.font_size, upright))
            if _character_width(line) > WIDE_LINE_RATIO * usual
            or line.text[0].isdecimal()  # the number of a line, or of a row
            else line
            for span, line in upright_lines
        ]

    def _rows(self, start: int, end: int, turn: int) -> Iterator[tuple[int, int]]:
        """What pdfium takes for one line, parted where the type goes down: it joins rows of a table that stand far apart."""
        far = ROW_DROP * self._font_size(start)
        if abs(self._origin(end - 1, turn)[1] - self._origin(start, turn)[1]) > far:
            for gap in _GAP.finditer(self.text, start, end):
                if abs(self._origin(gap.end(), turn)[1] - self._origin(gap.start() - 1, turn)[1]) > far:
                    yield start, gap.start()
                    start = gap.end()
        yield start, end

    def _cells(self, start: int, end: int, size: float, turn: int) -> tuple[Cell, ...]:
        """The pieces of a line between wide gaps; none when there is only one."""
        gaps = [
            (gap, self._right_edge(gap.start() - 1, turn), self._origin(gap.end(), turn)[0])
            for gap in _GAP.finditer(self.text, start, end)
        ]
        widths = [following - right for _, right, following in gaps]
        stretched = (
            bool(gaps)
            and max(widths) < MAX_SPACE_RATIO * min(widths)
            and _LETTERS.search(self.text, start, end) is not None
        )
        if not gaps or max(widths) < (MAX_SPACE_WIDTH if stretched else CELL_GAP) * size:
            return ()
        begin, left, cells = start, self._origin(start, turn)[0], []
        for gap, right, following in gaps:
            if following - right > CELL_GAP * size:
                cells.append(Cell(clean_line(self.text[begin : gap.start()]), left, right))
                begin, left = gap.end(), following
        return (*cells, Cell(clean_line(self.text[begin:end]), left, self._right_edge(end - 1, turn)))

    def _line(self, start: int, end: int, turn: int) -> Line:
        """The line from `start` up to `end`, where something is printed."""
        samples = (start, (start + end) // 2, end - 1)
        size = median(self._font_size(index) for index in samples)
        places = [self._origin(index, turn) for index in samples]
        base, left, right = median(y for _, y in places), places[0][0], self._right_edge(end - 1, turn)
        text, marks = self.text[start:end], []
        marked_at = (
            list(_FOOTNOTE_MARK.finditer(self.text, start, end)) if _FOOTNOTE_MARK_CHARACTER.search(text) else []
        )
        for match in reversed(marked_at):
            if self._is_raised(match.start(1), base, size, turn):
                text = text[: match.start() - start] + text[match.end() - start :]
                marks.append(match.group(1))
        leading = _LEADING_FOOTNOTE_MARK.match(self.text, start, end)
        marked = leading is not None and self._is_raised(leading.start(1), base, size, turn)
        typed = all(
            self._is_monospaced(start + (end - 1 - start) * part // MONOSPACED_SAMPLES)
            for part in range(MONOSPACED_SAMPLES + 1)
        )
        return Line(clean_line(text), left, right, base, size, marked, tuple(marks), is_monospaced=typed)

    def _quarter_turns(self, index: int) -> int:
        return round(float(self._raw.FPDFText_GetCharAngle(self._page, index)) / (pi / 2)) % 4

    def _is_raised(self, index: int, base: float, size: float, turn: int) -> bool:
        return (
            self._font_size(index) < FOOTNOTE_MARK_SIZE * size
            or self._origin(index, turn)[1] > base + FOOTNOTE_MARK_RAISE * size
        )

    def _is_monospaced(self, index: int) -> bool:
        length = self._raw.FPDFText_GetFontInfo(self._page, index, self._name, len(self._name), self._flags)
        return bool(self._flags.value & FIXED_PITCH) or (
            length > 0 and _MONOSPACED_FONT.search(self._name.value) is not None
        )

    def _font_size(self, index: int) -> float:
        matrix = self._raw.FS_MATRIX()
        self._raw.FPDFText_GetMatrix(self._page, index, matrix)
        scale = (matrix.c**2 + matrix.d**2) ** 0.5
        return float(self._raw.FPDFText_GetFontSize(self._page, index)) * (scale or 1.0)

    def _origin(self, index: int, turn: int) -> tuple[float, float]:
        x, y, *_ = self._numbers
        self._raw.FPDFText_GetCharOrigin(self._page, index, x, y)
        return _rotate(x.value, y.value, turn)

    def _right_edge(self, index: int, turn: int) -> float:
        left, right, bottom, top = self._numbers
        self._raw.FPDFText_GetCharBox(self._page, index, left, right, bottom, top)
        if turn == 0:  # nearly always
            return right.value
        corners = ((x, y) for x in (left.value, right.value) for y in (bottom.value, top.value))
        return max(_rotate(x, y, turn)[0] for x, y in corners)


def _character_width(line: Line) -> float:
    """Of a character, as a share of its size."""
    return (line.right - line.left) / (len(line.text) * line.font_size) if line.font_size else 0.0


def _rotate(x: float, y: float, turn: int) -> tuple[float, float]:
    """The point as it would stand if the type ran from left to right; `turn` counts quarters, anticlockwise."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[turn]


def _outline(document: Any) -> list[OutlineEntry]:
    entries: list[OutlineEntry] = []
    for bookmark in document.get_toc(max_depth=3):
        target = bookmark.get_dest()
        sheet = target.get_index() if target is not None else None
        title = clean_line(bookmark.get_title() or "")
        if sheet is not None and title:
            _, view = target.get_view()
            entries.append(OutlineEntry(title, bookmark.level, sheet, view[1] if len(view) > 1 else None))
        if len(entries) >= MAX_OUTLINE_ENTRIES:
            break
    return entries
