"""Printed books whose text is known: set line by line on a canvas, with everything on the page that no reader speaks.

The prose is drawn from a stock by a seeded generator, so a book is the same on every run.
"""

import io
import random
from dataclasses import dataclass, field
from typing import Literal

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

PAGE_WIDTH, PAGE_HEIGHT = 420.0, 595.0  # A5, points
MARGIN, FOOT = 54.0, 60.0
LEADING, SIZE = 14.0, 10.5
FONT, BOLD = "Times-Roman", "Times-Bold"
NOTE_SIZE = 8.0

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
_NOTES = (
    "The records of that year are incomplete.", "Compare the catalogue of the museum, second edition.",
    "A different account is given by the ferryman.", "The original is lost; this is a copy.",
)  # fmt: skip
_SMALL = (("Year", "Boats", "Harbour"), ("1926", "12", "Altona"), ("1927", "9", "Kiel"), ("1928", "31", "Emden"))
_LARGE = tuple(tuple(f"{row}.{cell}" for cell in range(5)) for row in range(9))
_PROGRAM = (("def tide(hour):",), ("    return level[hour % 12]",), ("print(tide(7))",))
_FORMULA = (("h = a cos(2t + 4) − b ≥ 0",),)
_NAMES = ("The Harbour", "A Winter of Letters", "The Observatory", "What the River Kept", "The Long Way Back")


@dataclass(slots=True)
class PrintedBook:
    """`paragraphs` are the text as it should be read, chapter headings included; `chapters` their titles; `aside` what is
    printed and not read, notes apart.
    """

    pdf: bytes = b""
    paragraphs: list[str] = field(default_factory=list)
    chapters: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unspoken: list[str] = field(default_factory=list)
    pages: int = 0


@dataclass(frozen=True, slots=True)
class PageDesign:
    """How a book is set."""

    columns: Literal[1, 2] = 1
    headers: Literal["none", "title", "alternating", "chapter"] = "alternating"
    page_numbers: Literal["none", "foot", "head"] = "foot"
    paragraph_style: Literal["indent", "gap"] = "indent"
    is_justified: bool = True
    is_hyphenated: bool = True
    has_footnotes: bool = False
    has_outline: bool = False
    has_tables: bool = False  # and programs and formulas: what is no running text


def prose(sentences: int, source: random.Random) -> str:
    """One paragraph."""
    made = []
    for _ in range(sentences):
        who, deed = source.choice(_PEOPLE), source.choice(_DEEDS)
        shape = source.randrange(4)
        if shape == 0:
            made.append(f"{source.choice(_OPENINGS)}, {who} {deed}.")
        elif shape == 1:
            made.append(f"{who[0].upper()}{who[1:]} {deed} {source.choice(_ENDINGS)}.")
        elif shape == 2:
            made.append(f"{source.choice(_OPENINGS)} {who} {deed}, {source.choice(_ENDINGS)}.")
        else:
            made.append(f"“{who[0].upper()}{who[1:]} {deed},” she said, “{source.choice(_ENDINGS)}.”")
    return " ".join(made)


def make_book(
    pages: int, design: PageDesign | None = None, *, title: str = "The Ferryman’s Notebook", seed: int = 1
) -> PrintedBook:
    """A book of at least `pages` pages, a chapter about every eight."""
    return _Typesetter(design or PageDesign(), title, random.Random(seed)).print(pages)  # noqa: S311  repeatable, not secret


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
        self.page_notes: list[tuple[int, str]] = []
        self._begin_page()

    def print(self, pages: int) -> PrintedBook:
        while self.book.pages < pages:
            if self.book.pages >= 8 * len(self.book.chapters):
                self._chapter()
            self._paragraph(prose(self.source.randint(1, 7), self.source))
            if self.design.has_tables and len(self.book.paragraphs) % 9 == 0:
                self._aside()
        self._end_page()
        self.canvas.save()
        self.book.pdf = self.out.getvalue()
        return self.book

    # ---- pages ----

    def _begin_page(self) -> None:
        self.book.pages += 1
        self.column, self.y = 0, PAGE_HEIGHT - 80
        self.page_notes = []

    def _end_page(self) -> None:
        number = self.book.pages
        chapter = self.book.chapters[-1] if self.book.chapters else self.title
        odd = number % 2 == 1
        head = {
            "none": "",
            "title": self.title,
            "alternating": chapter if odd else self.title,
            "chapter": chapter,
        }[self.design.headers]
        if self.design.page_numbers == "head" and head:
            head = f"{head} {number}" if odd else f"{number} {head}"
        if head:
            place = self.canvas.drawRightString if odd else self.canvas.drawString
            self.canvas.setFont("Times-Italic", 9)
            place(PAGE_WIDTH - MARGIN if odd else MARGIN, PAGE_HEIGHT - 48, head)
        if self.design.page_numbers == "foot":
            self.canvas.setFont(FONT, 9)
            self.canvas.drawCentredString(PAGE_WIDTH / 2, 30, str(number))
        y = FOOT + 10.0 * (len(self.page_notes) - 1)
        for mark, note in self.page_notes:
            self.canvas.setFont(FONT, 5.5)
            self.canvas.drawString(MARGIN, y + 3, str(mark))
            self.canvas.setFont(FONT, NOTE_SIZE)
            self.canvas.drawString(MARGIN + 6, y, note)
            y -= 10
        self.canvas.showPage()

    def _room(self) -> None:
        """Go on to the next column or page when this one is full."""
        floor = FOOT + 16 + (14.0 * 3 if self.design.has_footnotes else 0)
        if self.y >= floor:
            return
        if self.column + 1 < self.design.columns:
            self.column += 1
            self.y = PAGE_HEIGHT - 80
        else:
            self._end_page()
            self._begin_page()

    # ---- text ----

    def _chapter(self) -> None:
        if self.book.paragraphs:
            self._end_page()
            self._begin_page()
        number = len(self.book.chapters) + 1
        heading = f"Chapter {number}: {_NAMES[(number - 1) % len(_NAMES)]}"
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
        if self.design.has_footnotes and len(text) > 300 and len(self.page_notes) < 3:
            mark = len(self.book.notes) + 1
            note = self.source.choice(_NOTES)
            self.book.notes.append(note)
        indent = 14.0 if self.design.paragraph_style == "indent" else 0.0
        lines = self._lines(text, self.width - indent)
        for index, words in enumerate(lines):
            self._room()
            left = MARGIN + self.column * (self.width + self.gutter) + (indent if index == 0 else 0)
            full = self.design.is_justified and index < len(lines) - 1
            end = self._draw(words, left, self.width - (indent if index == 0 else 0), full)
            if mark is not None and index == len(lines) - 1:
                self.page_notes.append((mark, note))
                self.canvas.setFont(FONT, 6)
                self.canvas.drawString(end, self.y + 4, str(mark))
            self.y -= LEADING
        if self.design.paragraph_style == "gap":
            self.y -= LEADING / 2

    def _aside(self) -> None:
        """A small table, a large one, a program and a formula in turn, on paper as in any textbook."""
        kind = len(self.book.paragraphs) // 9 % 4
        rows = {0: _SMALL, 1: _LARGE, 2: _PROGRAM, 3: _FORMULA}[kind]
        if self.y - LEADING * (len(rows) + 2) < FOOT + 20:
            self._end_page()
            self._begin_page()
        self.y -= LEADING
        self.canvas.setFont("Courier" if kind == 2 else FONT, SIZE)
        for row in rows:
            for number, cell in enumerate(row):
                self.canvas.drawString(MARGIN + 20 + number * (self.width - 20) / len(row), self.y, cell)
            self.y -= LEADING
        self.y -= LEADING
        self.book.paragraphs += [
            [f"{row[0]}: {', '.join(row[1:])}" for row in rows],
            ["Table omitted."],
            ["Code omitted."],
            [],
        ][kind]
        self.book.unspoken += [cell for row in rows for cell in row]

    def _draw(self, words: list[str], left: float, width: float, full: bool) -> float:
        natural = sum(stringWidth(word, FONT, SIZE) for word in words)
        space = stringWidth(" ", FONT, SIZE)
        if full and len(words) > 1:
            space = (width - natural) / (len(words) - 1)
        written = self.canvas.beginText(left, self.y)
        written.setFont(FONT, SIZE)
        written.setWordSpace(space - stringWidth(" ", FONT, SIZE))
        written.textOut(" ".join(words))
        self.canvas.drawText(written)
        return float(left + natural + space * (len(words) - 1))

    def _lines(self, text: str, first_width: float) -> list[list[str]]:
        lines: list[list[str]] = [[]]
        used, limit, space = 0.0, first_width, stringWidth(" ", FONT, SIZE)
        waiting = text.split(" ")[::-1]
        while waiting:
            word = waiting.pop()
            room = limit - used - (space if lines[-1] else 0)
            if stringWidth(word, FONT, SIZE) <= room:
                lines[-1].append(word)
                used = limit - room + stringWidth(word, FONT, SIZE)
                continue
            head = self._divide(word, room)
            if head:
                lines[-1].append(head)
                waiting.append(word[len(head.removesuffix("-")) :].removeprefix("-"))
            else:
                waiting.append(word)
            lines.append([])
            used, limit = 0.0, self.width
        return lines

    def _divide(self, word: str, room: float) -> str:
        """The longest beginning, hyphen included, that still fits; empty when the word stays whole."""
        places = [position + 1 for position, letter in enumerate(word) if letter == "-"]
        if self.design.is_hyphenated and word.isalpha() and len(word) > 6:
            vowels = "aeiouy"
            places += [i for i in range(3, len(word) - 2) if word[i - 1] not in vowels and word[i] not in vowels]
        heads = [word[:place] if word[place - 1] == "-" else word[:place] + "-" for place in places]
        return max((head for head in heads if stringWidth(head, FONT, SIZE) <= room), key=len, default="")
