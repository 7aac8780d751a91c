"""Kinds of blocks on printed pages."""

import io
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from tests.support import pdf_books, pdf_layouts

ROMAN, BOLD, MONOSPACED = "Times-Roman", "Times-Bold", "Courier"
Printed = tuple[float, float, str, float, str]  # x, y, font, size, text
WIDTH = 300.0  # of the text, from x = 60


def extract_pages(
    folder: Path, *pages: Sequence[Printed], outline: Sequence[tuple[str, int, int]] = ()
) -> ExtractedText:
    """Extract the text of pages. `outline` has titles, levels and page indices."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for index, page in enumerate(pages):
        canvas.bookmarkPage(str(index))
        for title, level, page_index in outline:
            if page_index == index:
                canvas.addOutlineEntry(title, str(index), level)
        for x, y, font, size, text in page:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    (folder / "file.pdf").write_bytes(out.getvalue())
    return extract.extract(folder / "file.pdf", "application/pdf")


def text_lines(
    text: str, y: float, *, x: float = 60, width: float = WIDTH, size: float = 10, font: str = ROMAN
) -> list[Printed]:
    """Set a text in lines of this width."""
    lines: list[str] = [""]
    for word in text.split():
        if stringWidth(f"{lines[-1]} {word}", font, size) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [(x, y - row * 1.2 * size, font, size, line) for row, line in enumerate(lines)]


def prose(seed: int, sentences: int = 4) -> str:
    return pdf_books.prose(sentences, random.Random(seed))  # noqa: S311  repeatable, not secret


BEFORE, AFTER = prose(1), prose(2)


def blocks_of(extracted: ExtractedText) -> list[tuple[str, str]]:
    return [(block.kind.value, extracted.text[block.start : block.end]) for block in extracted.blocks]


def between(folder: Path, *lines: Printed) -> list[tuple[str, str]]:
    """Return the blocks of these lines, printed between two paragraphs."""
    blocks = blocks_of(extract_pages(folder, [*text_lines(BEFORE, 550), *lines, *text_lines(AFTER, 200)]))
    assert blocks[0] == ("paragraph", BEFORE)
    assert blocks[-1] == ("paragraph", AFTER)
    return blocks[1:-1]


def test_headings_have_levels_by_the_size_of_their_type(tmp_path: Path) -> None:
    pages = [
        [(60, 550, BOLD, 20, "The Harbour"), (60, 520, BOLD, 14, "Boats"), *text_lines(BEFORE, 500)],
        [
            (60, 550, BOLD, 14, "Lanterns"),
            *text_lines(AFTER, 530),
            (60, 450, BOLD, 10, "Oil"),
            *text_lines(BEFORE, 430),
        ],
    ]
    extracted = extract_pages(tmp_path, *pages)
    headings = [(extracted.text[block.start : block.end], block.level) for block in extracted.blocks if block.level]
    assert headings == [("The Harbour", 1), ("Boats", 2), ("Lanterns", 2), ("Oil", 3)]


def test_a_title_over_two_lines_is_one_heading(tmp_path: Path) -> None:
    title = [(100, 550, BOLD, 16, "How Ferrymen Count"), (120, 531, BOLD, 16, "Their Lanterns")]
    extracted = extract_pages(tmp_path, [*title, *text_lines(BEFORE, 490)])
    assert blocks_of(extracted) == [("heading", "How Ferrymen Count Their Lanterns"), ("paragraph", BEFORE)]


def test_headings_of_the_outline_have_its_levels(tmp_path: Path) -> None:
    pages = [
        [(60, 550, ROMAN, 10, title), *text_lines(prose(seed), 520)]
        for seed, title in enumerate(("Boats", "Oars", "Lanterns"))
    ]
    extracted = extract_pages(tmp_path, *pages, outline=[("Boats", 0, 0), ("Oars", 1, 1), ("Lanterns", 0, 2)])
    headings = [(extracted.text[block.start : block.end], block.level) for block in extracted.blocks if block.level]
    assert headings == [("Boats", 1), ("Oars", 2), ("Lanterns", 1)]


@pytest.mark.parametrize(
    ("lines", "blocks"),
    [
        ([(80, 450, ROMAN, 10, "• a rope that is long"), (80, 438, ROMAN, 10, "• a lamp")],
         [("list_item", "a rope that is long"), ("list_item", "a lamp")]),
        ([(80, 450, ROMAN, 10, "1. Count the lanterns."), (80, 438, ROMAN, 10, "2. Write it down.")],
         [("list_item", "1. Count the lanterns."), ("list_item", "2. Write it down.")]),
        ([(80, 450, ROMAN, 9, "Figure 3: The lamp at night.")], [("caption", "Figure 3: The lamp at night.")]),
        ([(80, 450, ROMAN, 9, "Table 2. Ships by year.")], [("caption", "Table 2. Ships by year.")]),
        ([(80, 450, ROMAN, 9, "Abb. 4 Die Lampe bei Nacht")], [("caption", "Abb. 4 Die Lampe bei Nacht")]),
        ([(60, 450, ROMAN, 10, "Figure 3 shows the lamp at night.")], [("paragraph", "Figure 3 shows the lamp at night.")]),
        ([(200, 450, ROMAN, 10, "* * *")], [("scene_break", "* * *")]),
        ([(200, 450, ROMAN, 10, "~")], [("scene_break", "* * *")]),
        ([(60, 450, MONOSPACED, 9, "def tide(hour):"), (60, 438, MONOSPACED, 9, "    return level[hour]")],
         [("code", "def tide(hour):\n    return level[hour]")]),
        ([(100, 450 - 12 * row, ROMAN, 10, text) for row, text in
          enumerate(("The lamp is low,", "the tide is slow", "and home we go."))],
         [("verse", "The lamp is low,\nthe tide is slow\nand home we go.")]),
        ([(60, 450, ROMAN, 10, "Harbour Office"), (60, 438, ROMAN, 10, "Pier Street 4"), (60, 426, ROMAN, 10, "24103 Kiel")],
         [("paragraph", "Harbour Office\nPier Street 4\n24103 Kiel")]),
        ([(60, 450, ROMAN, 10, "Name: ____________ Date: ____________"), (60, 430, ROMAN, 10, "_" * 40)],
         [("paragraph", "Name: Date:")]),
        ([(60, 450, ROMAN, 16, "T H E"), (130, 450, ROMAN, 16, "S T O R M")], [("heading", "THE STORM")]),
    ],
)  # fmt: skip
def test_a_block_between_paragraphs_has_its_kind(
    lines: list[Printed], blocks: list[tuple[str, str]], tmp_path: Path
) -> None:
    assert between(tmp_path, *lines) == blocks


def test_a_quotation_is_indented_on_both_sides(tmp_path: Path) -> None:
    quote = prose(3, 3)
    assert between(tmp_path, *text_lines(quote, 450, x=90, width=WIDTH - 60)) == [("quote", quote)]


def test_verse_loses_the_line_numbers_beside_it(tmp_path: Path) -> None:
    verse = [
        f"{start} and the {noun} is slow"
        for start in ("Low", "High", "Grey")
        for noun in ("tide", "lamp", "gull", "ferry", "moon")
    ]
    lines = [(60.0, 550.0 - 14 * row, ROMAN, 10.0, text) for row, text in enumerate(verse)]
    numbers = [(330.0, 550.0 - 14 * row, ROMAN, 8.0, str(row + 1)) for row in (4, 9, 14)]
    extracted = extract_pages(tmp_path, [*lines, *numbers, *text_lines(AFTER, 200)])
    assert blocks_of(extracted) == [("verse", "\n".join(verse)), ("paragraph", AFTER)]
    assert [(omission.page, omission.reason, omission.excerpt) for omission in extracted.left_out] == [
        (1, "line_number", "5 10 15")
    ]


def test_entries_of_a_bibliography_are_references_up_to_the_next_heading(tmp_path: Path) -> None:
    entries = ["[1] Ann Miller, Ships at sea, Kiel 2019.", "[2] Ben Keeper, Lamps, Emden 2021."]
    page = [
        *text_lines(BEFORE, 550), (60, 450, BOLD, 14, "References"),
        *((60, 430 - 12 * row, ROMAN, 10, entry) for row, entry in enumerate(entries)),
        (60, 380, BOLD, 14, "Appendix"), *text_lines(AFTER, 350),
    ]  # fmt: skip
    assert [block for block in blocks_of(extract_pages(tmp_path, page)) if block[0] == "reference"] == [
        ("reference", entry) for entry in entries
    ]


CONTENTS = [("1 Introduction", 3), ("1.1 Of boats", 4), ("1.2 Of lamps", 12), ("2 Harbours", 20)]


@pytest.mark.parametrize("leaders", ["dotted", "spaced", "single", "none"])
def test_a_table_of_contents_has_neither_leaders_nor_page_numbers(leaders: str, tmp_path: Path) -> None:
    page: list[Printed] = [(60, 550, BOLD, 16, "Contents")]
    for row, (title, number) in enumerate(CONTENTS):
        y, left = 520 - 14 * row, 72 + stringWidth(title, ROMAN, 10)
        has_leaders = leaders != "none" and "." in title  # chapters often have none
        page += [(60, y, ROMAN, 10, title), (360 - stringWidth(str(number), ROMAN, 10), y, ROMAN, 10, str(number))]
        if has_leaders and leaders == "single":
            page += [(float(x), y, ROMAN, 10, ".") for x in range(200, 330, 8)]
        elif has_leaders:
            page.append((left, y, ROMAN, 10, ("." if leaders == "dotted" else ". ") * 30))
    extracted = extract_pages(tmp_path, page, text_lines(BEFORE, 550))
    assert blocks_of(extracted) == [
        ("heading", "Contents"), *(("toc", title) for title, _ in CONTENTS), ("paragraph", BEFORE)
    ]  # fmt: skip


def test_an_abstract_over_two_columns_does_not_tear_their_sentences(tmp_path: Path) -> None:
    names = "In the year 1903 Ben Keeper met Ann Miller near Mount Kell and they spoke of North Pier until dawn. " * 8
    columns = [text_lines(names, 420, x=x, width=140) for x in (60, 220)]
    extracted = extract_pages(tmp_path, [*text_lines(BEFORE, 550), *columns[0], *columns[1]])
    assert blocks_of(extracted) == [("paragraph", BEFORE), ("paragraph", names.strip()), ("paragraph", names.strip())]


def test_a_box_beside_the_text_does_not_tear_it(tmp_path: Path) -> None:
    box = text_lines("Lamps need oil. They burn a litre every night.", 540, x=330, width=80, size=8)
    text = [*text_lines(BEFORE, 550, width=240), *box, *text_lines(AFTER, 440, width=240)]
    assert blocks_of(extract_pages(tmp_path, text))[-1] == ("paragraph", AFTER)


def test_a_running_head_is_found_above_a_figure(tmp_path: Path) -> None:
    pages: list[list[Printed]] = []
    for number in range(1, 9):
        head = [(180.0, 575.0, ROMAN, 7.0, "The Keeper’s Clock"), (210.0, 20.0, ROMAN, 7.0, str(number))]
        same = "\n".join(prose(seed) for seed in (1, 2, 3))  # a text that repeats itself: repetition proves nothing
        pages.append(
            [*text_lines(same, 540), *head] if number % 2 else [(60, 300, ROMAN, 9, "Figure: the ice."), *head]
        )
    extracted = extract_pages(tmp_path, *pages)
    assert "Keeper’s Clock" not in extracted.text
    assert [omission.page for omission in extracted.left_out if omission.reason == "running_header"] == list(
        range(1, 9)
    )


def test_an_address_that_a_line_end_divides_is_one(tmp_path: Path) -> None:
    lines = [(60.0, 550.0, ROMAN, 10.0, "See the page of the harbour at https://www.example.org/"),
             (60.0, 538.0, ROMAN, 10.0, "ships/index.html?year=2026 and write.")]  # fmt: skip
    extracted = extract_pages(tmp_path, lines)
    assert extracted.text == "See the page of the harbour at example.org and write."
    assert [omission.excerpt for omission in extracted.left_out] == [
        "https://www.example.org/ships/index.html?year=2026"
    ]


@pytest.mark.parametrize(
    ("before", "raised", "expected"),
    [
        ("doubted", "4,5", "doubted"),
        ("agree.", "1–3", "agree."),
        ("found", "[12]", "found"),
        ("too", "a,b", "too"),
        ("E = mc", "2", "E = mc²"),
        ("in sin", "2", "in sin²"),
        ("x", "2", "x²"),
        ("(a + b)", "2", "(a + b)²"),
        ("10", "-3", "10⁻³"),
        ("5 cm", "2", "5 cm²"),
        ("the 19", "th", "the 19th"),
    ],
)
def test_raised_marks_go_and_exponents_stay(before: str, raised: str, expected: str, tmp_path: Path) -> None:
    start = f"Here is {before}"
    x = 60 + stringWidth(start, ROMAN, 10)
    after = x + stringWidth(raised, ROMAN, 6) + 2.5
    page = [
        (60, 550, ROMAN, 10, start),
        (x, 554, ROMAN, 6, raised),
        (after, 550, ROMAN, 10, "in this line of words."),
        *text_lines(BEFORE, 500),
    ]
    assert extract_pages(tmp_path, page).text.startswith(f"Here is {expected} in this line of words.")


@pytest.mark.parametrize("layout", pdf_layouts.LAYOUTS)
def test_papers_forms_and_verse_are_read_word_for_word(layout: str, tmp_path: Path) -> None:
    book = pdf_layouts.LAYOUTS[layout](6)
    (tmp_path / "book.pdf").write_bytes(book.pdf)
    extracted = extract.extract(tmp_path / "book.pdf", "application/pdf")
    assert extracted.text.split("\n\n") == book.paragraphs


def test_the_page_with_the_copyright_is_front_matter(tmp_path: Path) -> None:
    pages = [text_lines(prose(seed), 500) for seed in range(24)]
    pages[1] = text_lines("© 2026 Harbour Press. All rights reserved. Printed in Kiel.", 200)
    extracted = extract_pages(tmp_path, *pages)
    front = [text for kind, text in blocks_of(extracted) if kind == "front_matter"]
    assert front == ["© 2026 Harbour Press. All rights reserved. Printed in Kiel."]
