"""Every word of a printed page is in the text or in what was left out of it, exactly once."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract

DOCUMENTS = 40
ROMAN, BOLD, MONOSPACED = "Times-Roman", "Times-Bold", "Courier"


class _Printer:
    """Prints blocks of unique words from the top of a page downwards."""

    def __init__(self, source: random.Random) -> None:
        self.source = source
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, pagesize=(420, 595), invariant=1)
        self.words: list[str] = []
        self.y = 550.0

    def word(self) -> str:
        syllables = (self.source.choice("bdfgklmnprst") + self.source.choice("aeiou") for _ in range(4))
        self.words.append(f"{''.join(syllables)}q{len(self.words)}q")
        return self.words[-1]

    def line(self, x: float, text: str, *, font: str = ROMAN, size: float = 10.0, is_last: bool = True) -> None:
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, self.y, text)
        self.y -= 1.2 * size if is_last else 0

    # ---- blocks ----

    def paragraph(self) -> None:
        for _ in range(self.source.randint(1, 6)):
            self.line(60, f"{self.word()} the keeper of the light counted the {self.word()}")

    def heading(self) -> None:
        self.line(60, f"The {self.word()}", font=BOLD, size=self.source.choice([10.0, 14.0, 18.0]))

    def entries(self) -> None:
        for number in range(1, 4):
            self.line(70, f"{self.source.choice(['•', f'{number}.'])} {self.word()} and {self.word()}")

    def table(self) -> None:
        for _ in range(self.source.randint(2, 12)):
            for x in (60, 150, 240, 330):
                self.line(x, self.word(), is_last=x == 330)

    def code(self) -> None:
        for indent in range(3):
            self.line(60, f"{'  ' * indent}{self.word()} = f({self.word()})", font=MONOSPACED, size=9)

    def verse(self) -> None:
        for _ in range(4):
            self.line(60, f"The {self.word()} is {self.word()}")

    def quotation(self) -> None:
        for _ in range(3):
            self.line(90, f"{self.word()} the keeper of the {self.word()}")

    def caption(self) -> None:
        self.line(60, f"Figure 3: {self.word()}", size=8.5)

    def contents(self) -> None:
        self.line(60, f"{self.word()} {'. ' * 20} 12")

    def two_columns(self) -> None:
        self.line(60, f"{self.word()} left", is_last=False)
        self.line(300, f"{self.word()} right")

    def scene_break(self) -> None:
        self.line(180, "* * *")

    def rotated(self) -> None:
        self.canvas.saveState()
        self.canvas.rotate(90)
        self.canvas.drawString(self.y, -400, self.word())
        self.canvas.restoreState()

    def footnote(self) -> None:
        self.y = 67
        self.line(66, f"{self.word()} is {self.word()}", size=8, is_last=False)
        self.canvas.setFont(ROMAN, 5)
        self.canvas.drawString(60, 70, "3")


BLOCKS: tuple[Callable[[_Printer], None], ...] = (
    _Printer.paragraph, _Printer.heading, _Printer.entries, _Printer.table, _Printer.code, _Printer.verse, _Printer.quotation,
    _Printer.caption, _Printer.contents, _Printer.two_columns, _Printer.scene_break, _Printer.rotated, _Printer.footnote,
)  # fmt: skip


def make_document(seed: int) -> _Printer:
    printer = _Printer(random.Random(seed))  # noqa: S311  repeatable, not secret
    for _ in range(printer.source.randint(1, 6)):
        printer.y = 550
        while printer.y > 200:
            printer.source.choice(BLOCKS)(printer)
            printer.y -= printer.source.choice([0, 6, 12])
        if printer.source.random() < 0.5:
            printer.y = 575
            printer.line(60, f"Running head {printer.word()}", size=8)
        printer.canvas.showPage()
    printer.canvas.save()
    return printer


@pytest.mark.parametrize("seed", range(DOCUMENTS))
def test_each_printed_word_is_in_the_text_or_left_out_once(seed: int, tmp_path: Path) -> None:
    printer = make_document(seed)
    (tmp_path / "file.pdf").write_bytes(printer.out.getvalue())
    extracted = extract.extract(tmp_path / "file.pdf", "application/pdf")
    found = " ".join([extracted.text, *(omission.excerpt for omission in extracted.left_out)])
    assert {word: found.count(word) for word in printer.words if found.count(word) != 1} == {}
