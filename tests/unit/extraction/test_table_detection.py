"""Tables, code and formulas on printed pages."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract
from chalicelib.extraction.model import BlockKind, ExtractedText
from chalicelib.extraction.pdf import table_detection
from chalicelib.extraction.pdf.layout import Cell, Line, Page

FULL = "The ferryman counted his lanterns twice and wrote the number down in"
PositionedText = tuple[float, float, str]


def text_of(
    folder: Path,
    *pages: Sequence[PositionedText],
    font: str = "Times-Roman",
    monospaced: Sequence[PositionedText] = (),
) -> str:
    return extracted_from(folder, *pages, font=font, monospaced=monospaced).text


def extracted_from(
    folder: Path,
    *pages: Sequence[PositionedText],
    font: str = "Times-Roman",
    monospaced: Sequence[PositionedText] = (),
) -> ExtractedText:
    """Extract the text of pages with (x, y, text) in `font`.

    `monospaced` ones are in Courier, on the first page.
    """
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for number, page in enumerate(pages):
        for page_font, texts in ((font, page), ("Courier", monospaced if number == 0 else ())):
            canvas.setFont(page_font, 10)
            for x, y, text in texts:
                canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    (folder / "file.pdf").write_bytes(out.getvalue())
    return extract.extract(folder / "file.pdf", "application/pdf")


def grid(
    *rows: Sequence[str], top: float = 480, columns: Sequence[float] = (60, 140, 220, 300)
) -> list[PositionedText]:
    return [
        (x, top - 14 * number, cell)
        for number, row in enumerate(rows)
        for x, cell in zip(columns, row, strict=False)
        if cell
    ]


BEFORE, AFTER = (50.0, 500.0, FULL + " ink."), (50.0, 300.0, "Nobody had ever asked him why.")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Year", "Boats", "Men"], ["1926", "12", "37"]], ["Year: 1926. Boats: 12. Men: 37."]),
        ([["Year", "Boats"], ["1926", "12"], ["1927", "9"]], ["Year: 1926. Boats: 12.", "Year: 1927. Boats: 9."]),
        ([["Year", "Boats", "Men"], ["1926", "", "37"]], ["Year: 1926. Men: 37."]),
        ([["Name", "Port"], ["Anna", "Kiel,"], ["", "in winter"], ["Elbe", "none"]],
         ["Name: Port", "Anna: Kiel, in winter", "Elbe: none"]),
        ([["1", "2", "3", "4"]] * 9, ["Table with 9 rows and 4 columns.", *["1: 2, 3, 4"] * 9]),
        ([["1.", "Count the lanterns."], ["2.", "Write it down."], ["3.", "Go home."]],
         ["1. Count the lanterns.", "2. Write it down.", "3. Go home."]),
    ],
)  # fmt: skip
def test_a_small_table_is_spoken_row_by_row_and_a_large_one_is_announced(
    rows: list[list[str]], expected: list[str], tmp_path: Path
) -> None:
    assert text_of(tmp_path, [BEFORE, *grid(*rows), AFTER]).split("\n\n") == [BEFORE[2], *expected, AFTER[2]]


def test_a_large_table_that_continues_on_the_next_page_is_announced_once(tmp_path: Path) -> None:
    columns = range(60, 380, 26)
    rows = [[str(number) for number, _ in enumerate(columns, 10)]] * 30
    pages = [[BEFORE, *grid(*rows, columns=columns)], [*grid(*rows[:3], columns=columns), AFTER]]
    extracted = extracted_from(tmp_path, *pages)
    announcement = "Table with 30 rows and 13 columns. It is not read aloud."
    assert extracted.text.split("\n\n") == [BEFORE[2], announcement, AFTER[2]]
    assert [(omission.reason, omission.page, omission.excerpt[:5]) for omission in extracted.left_out] == [
        ("large_table", 1, "10 11"),
        ("large_table", 2, "10 11"),
    ]


def test_a_row_under_only_some_columns_belongs_to_the_table(tmp_path: Path) -> None:
    rows = [["Pos", "Goods", "Pieces", "Price"], ["1", "Lantern", "12", "174.00"], ["2", "Rope", "3", "29.97"]]
    page = [*grid(*rows), (220.0, 438.0, "Sum"), (300.0, 438.0, "203.97")]
    assert text_of(tmp_path, page).split("\n\n") == [
        "Pos: 1. Goods: Lantern. Pieces: 12. Price: 174.00.",
        "Pos: 2. Goods: Rope. Pieces: 3. Price: 29.97.",
        "Sum: 203.97.",
    ]


def test_columns_set_line_by_line_are_read_one_after_the_other(tmp_path: Path) -> None:
    left = ["The ferryman counted his lanterns,", "twice, and wrote the number down", "in the long grey book he kept."]
    right = [
        "Nobody had ever asked him why; he",
        "would not have answered if anyone",
        "had done so in all these years.",
    ]
    lines = [*zip(left, right, strict=True)]
    text = text_of(tmp_path, grid(*lines, columns=(40, 230)))
    assert " ".join(text.split()) == " ".join([*left, *right])


def test_code_keeps_its_lines_and_a_typewritten_letter_is_read(tmp_path: Path) -> None:
    program = [(60.0, 480.0, "def tide(hour):"), (84.0, 468.0, "return level[hour]")]
    assert text_of(tmp_path, [BEFORE, AFTER], monospaced=program).split("\n\n") == [
        BEFORE[2],
        AFTER[2],
        "def tide(hour):\n    return level[hour]",
    ]
    letter = [(50.0, 500.0, "Dear Mr. Hale, the ferry was late again."), (50.0, 488.0, "Yours, the ferryman.")]
    assert "ferry was late" in text_of(tmp_path, letter, font="Courier")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("h = a cos(2t + 4) > 0", BlockKind.FORMULA),
        ("Here h = 3 holds for every tide of the year.", BlockKind.PARAGRAPH),
        ("+49 (0)40 123 456", BlockKind.PARAGRAPH),
        ("* * *", BlockKind.SCENE_BREAK),
    ],
)
def test_a_formula_on_a_line_of_its_own_is_a_block(text: str, kind: BlockKind, tmp_path: Path) -> None:
    extracted = extracted_from(tmp_path, [BEFORE, (120.0, 470.0, text), AFTER])
    assert [(block.kind, extracted.text[block.start : block.end]) for block in extracted.blocks][1] == (kind, text)


CELLS = st.builds(
    Cell, st.text("ab 1", min_size=1, max_size=40), st.integers(0, 300).map(float), st.integers(0, 400).map(float)
)
LINES = st.builds(
    Line,
    text=st.text("ab1= .", min_size=1, max_size=40),
    left=st.integers(0, 90).map(float),
    right=st.integers(91, 400).map(float),
    baseline=st.integers(0, 60).map(lambda row: row * 10.0),
    font_size=st.sampled_from([0.0, 6.0, 10.0]),
    cells=st.lists(CELLS, min_size=2, max_size=4).map(tuple) | st.just(()),
    is_monospaced=st.booleans(),
)  # fmt: skip


@given(
    st.lists(st.builds(Page, st.lists(LINES, max_size=8).map(tuple)), max_size=4), st.sampled_from(["en", "de", "und"])
)
def test_replacing_tables_keeps_the_pages_and_is_repeatable_for_any_layout(pages: list[Page], language: str) -> None:
    replaced = table_detection.replace_tables(pages, language, [])
    assert len(replaced) == len(pages)
    assert replaced == table_detection.replace_tables(pages, language, [])
    for before, after in zip(pages, replaced, strict=True):
        lines_before = iter(before.lines)
        assert all(line in lines_before for line in after.lines if line in before.lines), "lines keep their order"
