"""PDF books with known text, typeset line by line, with headers, footnotes and tables.

The prose is drawn from stock phrases by a seeded generator, so that a book is the same on every run.
"""

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

PAGE_WIDTH, PAGE_HEIGHT = 420.0, 595.0  # A5, points
MARGIN, FOOT = 54.0, 60.0
LEADING, SIZE = 14.0, 10.5
FONT, BOLD = "Times-Roman", "Times-Bold"
FOOTNOTE_SIZE = 8.0

_OPENINGS = (
    "In the morning", "By the end of the week", "Long before the harvest", "When the ferry was late",
    "On the third day", "Without a word", "As far as anyone remembered", "After the flood of 1927", "At half past four",
)  # fmt: skip
_PEOPLE = (
    "the harbour master", "an apprentice from the north", "our neighbour", "the librarian", "a retired engineer",
    "the youngest of the sisters", "Dr. Hale", "Mrs. Arden", "the well-known botanist", "a half-forgotten painter",
)  # fmt: skip
_DEEDS = (
    "counted the lanterns along the embankment", "repaired the instrument with extraordinary patience",
    "wrote a letter that nobody answered", "measured the temperature of the water at every bridge",
    "argued about the understanding between the two companies", "carried the manuscript to the observatory",
    "compared the drawings with the photographs of the expedition", "remembered the conversation differently",
    "walked through the greenhouse and closed the windows", "explained the arrangement to the committee",
    "discovered an unfinished correspondence in the cupboard", "translated the inscription, slowly and aloud",
    "waited for the self-winding clock to strike", "found 1,204 specimens and described 37 of them",
)  # fmt: skip
_ENDINGS = (
    "because the weather would not hold", "although the evidence was uncertain", "and nothing more was said about it",
    "while the orchestra rehearsed next door", "before the light went out", "since the administration had forgotten it",
    "so that the children could see the mountains", "as if the whole neighbourhood were listening",
    "until the management of the railway intervened", "which was, under the circumstances, remarkable",
)  # fmt: skip
_FOOTNOTES = (
    "The records of that year are incomplete.", "Compare the catalogue of the museum, second edition.",
    "A different account is given by the ferryman.", "The original is lost; this is a copy.",
)  # fmt: skip
_SMALL_TABLE = (("Year", "Boats", "Harbour"), ("1926", "12", "Altona"), ("1927", "9", "Kiel"), ("1928", "31", "Emden"))
_LARGE_TABLE = tuple(tuple(f"{row}.{cell}" for cell in range(5)) for row in range(9))
_CODE = (("def tide(hour):",), ("    return level[hour % 12]",), ("print(tide(7))",))
_FORMULA = (("h = a cos(2t + 4) − b ≥ 0",),)
_CHAPTER_NAMES = ("The Harbour", "A Winter of Letters", "The Observatory", "What the River Kept", "The Long Way Back")


@dataclass(slots=True)
class PrintedBook:
    """A typeset book and its known text.

    `paragraphs` is the expected text without its footnotes, including chapter headings; `chapters` are their titles; `unspoken`
    is the content of tables, code and formulas.
    """

    pdf: bytes = b""
    paragraphs: list[str] = field(default_factory=list)
    chapters: list[str] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)
    unspoken: list[str] = field(default_factory=list)
    pages: int = 0


@dataclass(frozen=True, slots=True)
class PageDesign:
    """Typography of a book."""

    columns: Literal[1, 2] = 1
    headers: Literal["none", "title", "alternating", "chapter"] = "alternating"
    page_numbers: Literal["none", "footer", "header"] = "footer"
    paragraph_style: Literal["indent", "gap"] = "indent"
    is_justified: bool = True
    is_hyphenated: bool = True
    has_footnotes: bool = False
    has_outline: bool = False
    has_tables: bool = False  # and code and formulas


def prose(sentences: int, source: random.Random) -> str:
    """Return one paragraph."""
    parts = []
    for _ in range(sentences):
        person, deed = source.choice(_PEOPLE), source.choice(_DEEDS)
        shape = source.randrange(4)
        if shape == 0:
            parts.append(f"{source.choice(_OPENINGS)}, {person} {deed}.")
        elif shape == 1:
            parts.append(f"{person[0].upper()}{person[1:]} {deed} {source.choice(_ENDINGS)}.")
        elif shape == 2:
            parts.append(f"{source.choice(_OPENINGS)} {person} {deed}, {source.choice(_ENDINGS)}.")
        else:
            parts.append(f"“{person[0].upper()}{person[1:]} {deed},” she said, “{source.choice(_ENDINGS)}.”")
    return " ".join(parts)


def prose_page(text: str) -> bytes:
    """Return a PDF of one page with one paragraph, ragged and not hyphenated."""
    return prose_pages([text])


def prose_pages(texts: Sequence[str]) -> bytes:
    """Return a PDF of pages with one paragraph each, ragged and not hyphenated."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1)
    for text in texts:
        canvas.setFont(FONT, SIZE)
        line, baseline = "", PAGE_HEIGHT - MARGIN
        for word in [*text.split(), ""]:
            extended = f"{line} {word}".strip()
            if not word or stringWidth(extended, FONT, SIZE) > PAGE_WIDTH - 2 * MARGIN:
                canvas.drawString(MARGIN, baseline, line)
                line, baseline = word, baseline - LEADING
            else:
                line = extended
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def make_book(
    pages: int, design: PageDesign | None = None, *, title: str = "The Ferryman’s Notebook", seed: int = 1
) -> PrintedBook:
    """Return a book of at least `pages` pages, with a chapter about every eight."""
    return _Typesetter(design or PageDesign(), title, random.Random(seed)).typeset(pages)  # noqa: S311  repeatable, not secret


class _Typesetter:
    def __init__(self, design: PageDesign, title: str, source: random.Random) -> None:
        self.design, self.title, self.source = design, title, source
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1)
        self.canvas.setTitle(title)
        self.book = PrintedBook()
        self.gutter = 18.0
        self.width = (PAGE_WIDTH - 2 * MARGIN - self.gutter * (design.columns - 1)) / design.columns
        self.column, self.y = 0, 0.0
        self.page_footnotes: list[tuple[int, str]] = []
        self._start_page()

    def typeset(self, pages: int) -> PrintedBook:
        while self.book.pages < pages:
            if self.book.pages >= 8 * len(self.book.chapters):
                self._chapter()
            self._paragraph(prose(self.source.randint(1, 7), self.source))
            if self.design.has_tables and len(self.book.paragraphs) % 9 == 0:
                self._unspoken()
        self._end_page()
        self.canvas.save()
        self.book.pdf = self.out.getvalue()
        return self.book

    # ---- pages ----

    def _start_page(self) -> None:
        self.book.pages += 1
        self.column, self.y = 0, PAGE_HEIGHT - 80
        self.page_footnotes = []

    def _end_page(self) -> None:
        number = self.book.pages
        chapter = self.book.chapters[-1] if self.book.chapters else self.title
        is_odd = number % 2 == 1
        header = {
            "none": "",
            "title": self.title,
            "alternating": chapter if is_odd else self.title,
            "chapter": chapter,
        }[self.design.headers]
        if self.design.page_numbers == "header" and header:
            header = f"{header} {number}" if is_odd else f"{number} {header}"
        if header:
            draw = self.canvas.drawRightString if is_odd else self.canvas.drawString
            self.canvas.setFont("Times-Italic", 9)
            draw(PAGE_WIDTH - MARGIN if is_odd else MARGIN, PAGE_HEIGHT - 48, header)
        if self.design.page_numbers == "footer":
            self.canvas.setFont(FONT, 9)
            self.canvas.drawCentredString(PAGE_WIDTH / 2, 30, str(number))
        y = FOOT + 10.0 * (len(self.page_footnotes) - 1)
        for mark, note in self.page_footnotes:
            self.canvas.setFont(FONT, 5.5)
            self.canvas.drawString(MARGIN, y + 3, str(mark))
            self.canvas.setFont(FONT, FOOTNOTE_SIZE)
            self.canvas.drawString(MARGIN + 6, y, note)
            y -= 10
        self.canvas.showPage()

    def _break_if_full(self) -> None:
        """Continue on the next column or page when this one is full."""
        bottom = FOOT + 16 + (14.0 * 3 if self.design.has_footnotes else 0)
        if self.y >= bottom:
            return
        if self.column + 1 < self.design.columns:
            self.column += 1
            self.y = PAGE_HEIGHT - 80
        else:
            self._end_page()
            self._start_page()

    # ---- text ----

    def _chapter(self) -> None:
        if self.book.paragraphs:
            self._end_page()
            self._start_page()
        number = len(self.book.chapters) + 1
        heading = f"Chapter {number}: {_CHAPTER_NAMES[(number - 1) % len(_CHAPTER_NAMES)]}"
        self.canvas.setFont(BOLD, 16)
        self.canvas.drawString(MARGIN, self.y, heading)
        if self.design.has_outline:
            self.canvas.bookmarkPage(f"c{number}")
            self.canvas.addOutlineEntry(heading, f"c{number}", 0)
        self.y -= 34
        self.book.chapters.append(heading)
        self.book.paragraphs.append(heading)

    def _paragraph(self, text: str) -> None:
        self.book.paragraphs.append(text)
        mark = None
        if self.design.has_footnotes and len(text) > 300 and len(self.page_footnotes) < 3:
            mark = len(self.book.footnotes) + 1
            note = self.source.choice(_FOOTNOTES)
            self.book.footnotes.append(f"{mark} {note}")
        indent = 14.0 if self.design.paragraph_style == "indent" else 0.0
        lines = self._lines(text, self.width - indent)
        for index, words in enumerate(lines):
            self._break_if_full()
            left = MARGIN + self.column * (self.width + self.gutter) + (indent if index == 0 else 0)
            is_justified = self.design.is_justified and index < len(lines) - 1
            end = self._draw(words, left, self.width - (indent if index == 0 else 0), is_justified)
            if mark is not None and index == len(lines) - 1:
                self.page_footnotes.append((mark, note))
                self.canvas.setFont(FONT, 6)
                self.canvas.drawString(end, self.y + 4, str(mark))
            self.y -= LEADING
        if self.design.paragraph_style == "gap":
            self.y -= LEADING / 2

    def _unspoken(self) -> None:
        """Print a small table, a large table, code and a formula in turn."""
        kind = len(self.book.paragraphs) // 9 % 4
        rows = {0: _SMALL_TABLE, 1: _LARGE_TABLE, 2: _CODE, 3: _FORMULA}[kind]
        if self.y - LEADING * (len(rows) + 2) < FOOT + 20:
            self._end_page()
            self._start_page()
        self.y -= LEADING
        self.canvas.setFont("Courier" if kind == 2 else FONT, SIZE)
        for row in rows:
            for number, cell in enumerate(row):
                self.canvas.drawString(MARGIN + 20 + number * (self.width - 20) / len(row), self.y, cell)
            self.y -= LEADING
        self.y -= LEADING
        self.book.paragraphs += [
            [" ".join(f"{header}: {cell}." for header, cell in zip(rows[0], row, strict=True)) for row in rows[1:]],
            [
                f"Table with {len(rows)} rows and {len(rows[0])} columns.",
                *(f"{row[0]}: {', '.join(row[1:])}" for row in rows),
            ],
            ["\n".join(row[0] for row in rows)],
            [row[0] for row in rows],
        ][kind]
        self.book.unspoken += [cell for row in rows for cell in row]

    def _draw(self, words: list[str], left: float, width: float, is_justified: bool) -> float:
        natural = sum(stringWidth(word, FONT, SIZE) for word in words)
        space = stringWidth(" ", FONT, SIZE)
        if is_justified and len(words) > 1:
            space = (width - natural) / (len(words) - 1)
        text = self.canvas.beginText(left, self.y)
        text.setFont(FONT, SIZE)
        text.setWordSpace(space - stringWidth(" ", FONT, SIZE))
        text.textOut(" ".join(words))
        self.canvas.drawText(text)
        return float(left + natural + space * (len(words) - 1))

    def _lines(self, text: str, first_width: float) -> list[list[str]]:
        lines: list[list[str]] = [[]]
        used, limit, space = 0.0, first_width, stringWidth(" ", FONT, SIZE)
        pending = text.split(" ")[::-1]
        while pending:
            word = pending.pop()
            available = limit - used - (space if lines[-1] else 0)
            if stringWidth(word, FONT, SIZE) <= available:
                lines[-1].append(word)
                used = limit - available + stringWidth(word, FONT, SIZE)
                continue
            head = self._divide(word, available)
            if head:
                lines[-1].append(head)
                pending.append(word[len(head.removesuffix("-")) :].removeprefix("-"))
            else:
                pending.append(word)
            lines.append([])
            used, limit = 0.0, self.width
        return lines

    def _divide(self, word: str, available: float) -> str:
        """Return the longest start of the word that fits, with its hyphen; empty if there is none."""
        offsets = [position + 1 for position, letter in enumerate(word) if letter == "-"]
        if self.design.is_hyphenated and word.isalpha() and len(word) > 6:
            vowels = "aeiouy"
            offsets += [i for i in range(3, len(word) - 2) if word[i - 1] not in vowels and word[i] not in vowels]
        heads = [word[:offset] if word[offset - 1] == "-" else word[:offset] + "-" for offset in offsets]
        return max((head for head in heads if stringWidth(head, FONT, SIZE) <= available), key=len, default="")
