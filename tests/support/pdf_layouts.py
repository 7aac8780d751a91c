"""PDFs with layouts of papers, forms and books of verse, and their known text."""

import io
import random
from collections.abc import Callable

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from tests.support.pdf_books import BOLD, FONT, PAGE_HEIGHT, PAGE_WIDTH, PrintedBook, prose

LEFT, TOP, BOTTOM = 48.0, PAGE_HEIGHT - 60, 60.0
WIDTH = PAGE_WIDTH - 2 * LEFT
GUTTER = 16.0
_NOUNS = ("tide", "lamp", "gull", "ferry", "moon", "harbour", "winter", "lantern", "river", "bell")
_VERBS = ("is slow", "has gone", "will turn", "is grey", "came home", "was late", "is low", "stood still")
_PLACES = ("below the pier", "beyond the light", "in the morning", "under the bridge", "without a word", "as we know")


def make_paper(pages: int, seed: int = 1) -> PrintedBook:
    """Return papers of two pages: an abstract over the whole width, then two columns."""
    source = random.Random(seed)  # noqa: S311  repeatable, not secret
    book, canvas, out = _start()
    for number in range((pages + 1) // 2):
        title = f"On the Counting of Ships, Part {number + 1}"
        canvas.setFont(BOLD, 16)
        canvas.drawString(LEFT, TOP, title)
        abstract = prose(6, source)
        y = _set(canvas, abstract, LEFT, TOP - 30, WIDTH)
        book.paragraphs += [title, abstract]
        for page in range(2):
            for x in (LEFT, LEFT + (WIDTH + GUTTER) / 2):
                column_y = y - 20 if page == 0 else TOP
                while column_y > BOTTOM + 110:
                    paragraph = prose(3, source)
                    column_y = _set(canvas, paragraph, x, column_y, (WIDTH - GUTTER) / 2) - 6
                    book.paragraphs.append(paragraph)
            canvas.showPage()
            book.pages += 1
    return _finish(book, canvas, out)


def make_form(pages: int, seed: int = 1) -> PrintedBook:
    """Return forms with filled fields behind their labels, and blanks that were not filled in."""
    source = random.Random(seed)  # noqa: S311  repeatable, not secret
    book, canvas, out = _start()
    for page in range(pages):
        for row in range(14):
            label = f"Number {row} of the {source.choice(_NOUNS)}:"
            value = f"{source.choice(_PLACES)}, {source.randint(2, 999)}"
            y = TOP - 30 * row
            canvas.setFont(FONT, 10)
            canvas.drawString(LEFT, y, label)
            if row % 5 == 4:
                canvas.drawString(LEFT + 150, y, "_" * 30)
                book.paragraphs.append(label)
                continue
            canvas.acroForm.textfield(value=value, name=f"{page}.{row}", x=LEFT + 150, y=y - 4, width=160, height=16)
            book.paragraphs.append(f"{label} {value}")
        canvas.showPage()
        book.pages += 1
    return _finish(book, canvas, out)


def make_verse(pages: int, seed: int = 1) -> PrintedBook:
    """Return poems in stanzas, with a number beside every fifth line."""
    source = random.Random(seed)  # noqa: S311  repeatable, not secret
    book, canvas, out = _start()
    for page in range(pages):
        title = f"Song {page + 1}"
        canvas.setFont(BOLD, 15)
        canvas.drawString(LEFT, TOP, title)
        book.paragraphs.append(title)
        y, number = TOP - 30, 0
        for stanza in range(5):
            lines = [_verse_line(source) + ("." if row == 3 else ",") for row in range(4)]
            for line in lines:
                number += 1
                canvas.setFont(FONT, 11)
                canvas.drawString(LEFT + (10 if stanza % 2 else 0), y, line)
                if number % 5 == 0:
                    canvas.setFont(FONT, 8)
                    canvas.drawString(LEFT + 300, y, str(number))
                y -= 15
            y -= 14
            book.paragraphs.append("\n".join(lines))
        canvas.showPage()
        book.pages += 1
    return _finish(book, canvas, out)


def _verse_line(source: random.Random) -> str:
    article = source.choice(("The", "And the", "No"))
    return f"{article} {source.choice(_NOUNS)} {source.choice(_VERBS)} {source.choice(_PLACES)}"


LAYOUTS: dict[str, Callable[[int], PrintedBook]] = {
    "columns under an abstract": make_paper,
    "forms": make_form,
    "verse": make_verse,
}


def _start() -> tuple[PrintedBook, Canvas, io.BytesIO]:
    out = io.BytesIO()
    return PrintedBook(), Canvas(out, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1), out


def _finish(book: PrintedBook, canvas: Canvas, out: io.BytesIO) -> PrintedBook:
    canvas.save()
    book.pdf = out.getvalue()
    return book


def _set(canvas: Canvas, text: str, x: float, y: float, width: float, size: float = 9.0) -> float:
    """Print a text in lines of this width; return where the next line would be."""
    canvas.setFont(FONT, size)
    line = ""
    for word in [*text.split(), ""]:
        if not word or stringWidth(f"{line} {word}", FONT, size) > width:
            canvas.drawString(x, y, line)
            y -= 1.2 * size
            line = word
        else:
            line = f"{line} {word}".strip()
    return y
