"""Printed pages become the text that was written: measured on books whose text is known."""

import io
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from tests.support import pdf_books, sample_files
from tests.support.pdf_books import PageDesign

DESIGNS = {
    "running heads on odd and even pages": PageDesign(),
    "title above every page, number beside it": PageDesign(headers="title", page_numbers="head"),
    "the chapter's name above its pages": PageDesign(headers="chapter"),
    "nothing but text": PageDesign(headers="none", page_numbers="none", is_hyphenated=False),
    "two columns": PageDesign(columns=2),
    "two columns, ragged, paragraphs apart": PageDesign(columns=2, is_justified=False, paragraph_style="gap"),
    "ragged": PageDesign(is_justified=False),
    "paragraphs apart": PageDesign(paragraph_style="gap"),
    "footnotes": PageDesign(has_footnotes=True),
    "footnotes under two columns": PageDesign(has_footnotes=True, columns=2),
    "an outline": PageDesign(has_outline=True),
    "tables, programs and formulas": PageDesign(has_tables=True),
    "the same, ragged": PageDesign(has_tables=True, is_justified=False, headers="title", page_numbers="head"),
}


def read_pdf(folder: Path, content: bytes) -> ExtractedText:
    (folder / "file.pdf").write_bytes(content)
    return extract.extract(folder / "file.pdf", "application/pdf")


def words(text: str) -> Counter[str]:
    return Counter(text.split())


@pytest.mark.parametrize("name", DESIGNS)
def test_a_book_is_read_word_for_word_without_what_stands_around_it(name: str, tmp_path: Path) -> None:
    book = pdf_books.make_book(24, DESIGNS[name], seed=len(name))
    reading = read_pdf(tmp_path, book.pdf)
    written = words(" ".join(book.paragraphs))
    assert words(reading.text) - written == Counter(), "junk: heads, numbers, notes, halves of words"
    assert written - words(reading.text) == Counter(), "lost"


@pytest.mark.parametrize("name", DESIGNS)
def test_paragraphs_are_those_of_the_book(name: str, tmp_path: Path) -> None:
    book = pdf_books.make_book(24, DESIGNS[name], seed=len(name))
    found = read_pdf(tmp_path, book.pdf).text.split("\n\n")
    same = sum((Counter(found) & Counter(book.paragraphs)).values())
    # A last line that happens to be full, at the end of a page, cannot be told from one that goes on.
    assert same >= 0.96 * len(book.paragraphs)
    if DESIGNS[name].paragraph_style == "indent":
        assert found == book.paragraphs


@pytest.mark.parametrize("name", DESIGNS)
def test_pages_and_chapters_are_found_at_their_places(name: str, tmp_path: Path) -> None:
    book = pdf_books.make_book(24, DESIGNS[name], seed=len(name))
    reading = read_pdf(tmp_path, book.pdf)
    assert [chapter.title for chapter in reading.chapters] == book.chapters
    for chapter in reading.chapters:
        assert reading.text[chapter.start : chapter.end].startswith(chapter.title)
    assert [page.number for page in reading.pages] == list(range(1, book.pages + 1))
    assert_partition(reading)
    assert reading.chapters[-1].end == len(reading.text)


def assert_partition(reading: ExtractedText) -> None:
    assert reading.pages[0].start == 0
    assert reading.pages[-1].end == len(reading.text)
    assert all(page.end == following.start for page, following in zip(reading.pages, reading.pages[1:], strict=False))
    assert all(page.start <= page.end for page in reading.pages)


def test_language_and_words_are_told(tmp_path: Path) -> None:
    book = pdf_books.make_book(3)
    reading = read_pdf(tmp_path, book.pdf)
    assert reading.language == "en"
    assert reading.warning is None
    assert abs(reading.word_count - len(" ".join(book.paragraphs).split())) <= 0.01 * reading.word_count


# ---- lines set by hand ----


def page_of(*pages: Sequence[tuple[float, float, float, str]]) -> bytes:
    """A PDF with the given (x, y, size, text) on each page."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for page in pages:
        for x, y, size, text in page:
            canvas.setFont("Times-Roman", size)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


FULL = "The ferryman counted his lanterns twice and wrote the number down in"  # as wide as the column


def test_a_paragraph_goes_on_across_a_page_and_the_page_ends_inside_it(tmp_path: Path) -> None:
    second = "the long grey book that he kept. Nobody had ever asked him why."
    reading = read_pdf(tmp_path, page_of([(50, 500, 10, FULL)], [(50, 500, 10, second), (50, 488, 10, "He knew.")]))
    assert reading.text == f"{FULL} {second} He knew."
    assert reading.text[reading.pages[1].start :].startswith("the long grey book")


def test_a_word_divided_by_a_page_belongs_whole_to_the_first(tmp_path: Path) -> None:
    reading = read_pdf(tmp_path, page_of([(50, 500, 10, FULL[:-2] + "exam-")], [(50, 500, 10, "ple and more")]))
    assert reading.text.endswith("example and more")
    assert reading.text[reading.pages[1].start :] == "and more"


def test_a_page_without_text_is_empty_and_in_its_place(tmp_path: Path) -> None:
    reading = read_pdf(tmp_path, page_of([(50, 500, 10, "First page here.")], [], [(50, 500, 10, "Third page here.")]))
    assert [reading.text[page.start : page.end].strip() for page in reading.pages] == [
        "First page here.",
        "",
        "Third page here.",
    ]
    assert_partition(reading)


@pytest.mark.parametrize(
    ("end", "start", "joined"),
    [
        ("under-", "standing.", "understanding."),
        ("self-", "winding.", "self-winding."),
        ("Anglo-", "Saxon.", "Anglo-Saxon."),
        ("1999-", "2004.", "1999-2004."),
        ("words —", "and more.", "words — and more."),
        ("words—", "and more.", "words—and more."),
    ],
)
def test_a_line_that_ends_in_a_hyphen_is_joined_as_it_was_meant(
    end: str, start: str, joined: str, tmp_path: Path
) -> None:
    reading = read_pdf(tmp_path, page_of([(50, 500, 10, f"{FULL} {end}"), (50, 488, 10, start)]))
    assert reading.text == f"{FULL} {joined}"


def test_a_compound_keeps_the_hyphen_that_the_document_writes_elsewhere(tmp_path: Path) -> None:
    lines = [f"{FULL} a tide-", "mark, and then the tide-mark was gone."]
    reading = read_pdf(tmp_path, page_of([(50, 500, 10, lines[0]), (50, 488, 10, lines[1])]))
    assert reading.text == f"{FULL} a tide-mark, and then the tide-mark was gone."


@pytest.mark.parametrize(
    ("word", "mark", "spoken"),
    [
        ("harbour", "12", "harbour"),
        ("harbour.", "3", "harbour."),
        ("harbour”", "1", "harbour”"),
        ("harbour", "*", "harbour"),
    ],
)
def test_a_raised_mark_behind_a_word_is_not_spoken(word: str, mark: str, spoken: str, tmp_path: Path) -> None:
    start = f"The boats left the {word}"
    x = 50 + stringWidth(start, "Times-Roman", 10)
    rest = "when the tide was high enough for them all, and the last of"
    content = page_of(
        [
            (50, 500, 10, start),
            (x, 504, 6, mark),
            (x + 3 * len(mark) + 3, 500, 10, rest),
            (50, 488, 10, "them came home."),
        ]
    )
    assert read_pdf(tmp_path, content).text == f"The boats left the {spoken} {rest} them came home."


def test_a_figure_on_the_line_is_spoken(tmp_path: Path) -> None:
    assert read_pdf(tmp_path, page_of([(50, 500, 10, "In 1927 the boat B12 carried 37 men.")])).text == (
        "In 1927 the boat B12 carried 37 men."
    )


def test_a_document_that_repeats_itself_loses_nothing(tmp_path: Path) -> None:
    """The same lines on every page, at the same height: they are its text, not its heads."""
    page = [(50, 520 - 14 * row, 10, f"This is line {row} of this page, as on any other.") for row in range(20)]
    reading = read_pdf(tmp_path, page_of(*[page] * 8))
    assert reading.text.count("This is line") == 8 * 20


def test_short_pages_of_a_kind_are_not_taken_for_heads(tmp_path: Path) -> None:
    pages = [
        [(50, 500, 14, f"Slide {number}"), (50, 470, 11, f"Point {number} of the talk.")] for number in range(1, 7)
    ]
    reading = read_pdf(tmp_path, page_of(*pages))
    assert all(f"Point {number} of the talk." in reading.text for number in range(1, 7))


def test_a_table_of_contents_is_read_without_its_dots(tmp_path: Path) -> None:
    lines = ["The Harbour . . . . . . . . . . . . . . . 3", "The Observatory ............................ 17"]
    reading = read_pdf(tmp_path, page_of([(50, 500, 10, lines[0]), (50, 488, 10, lines[1])]))
    assert reading.text == "The Harbour\n\nThe Observatory"


def test_headings_that_differ_by_a_figure_only_are_no_running_heads(tmp_path: Path) -> None:
    """Each chapter begins at the top of a page."""
    pages = [[(50, 540, 16, f"{n} The tide of {n}"), *prose(500, n)] for n in range(1, 6)]
    reading = read_pdf(tmp_path, page_of(*pages))
    assert [chapter.title for chapter in reading.chapters] == [f"{n} The tide of {n}" for n in range(1, 6)]


def prose(top: float, seed: int) -> list[tuple[float, float, float, str]]:
    """Ten lines of text, of another book each time."""
    lines = pdf_books.prose(12, random.Random(seed))  # noqa: S311  repeatable, not secret
    return [(50, top - 14 * row, 10, lines[60 * row : 60 * row + 60].strip()) for row in range(10)]


@pytest.mark.parametrize(
    ("letter", "rest", "spoken"),
    [
        ("T", "he ferryman counted", "The ferryman counted"),
        ("A", "fter the tide", "After the tide"),
        ("A", "winter of letters", "A winter of letters"),
        ("“N", "obody knew", "“Nobody knew"),
    ],
)
def test_a_letter_set_large_belongs_to_its_word(letter: str, rest: str, spoken: str, tmp_path: Path) -> None:
    x = 52 + stringWidth(letter, "Times-Roman", 34)
    lines = [f"{rest}, of which nobody spoke in all those", "years, as in the winter before it had."]
    page = [(50, 480, 34, letter), (x, 500, 10, lines[0]), (x, 488, 10, lines[1])]
    assert read_pdf(tmp_path, page_of(page)).text == f"{spoken}{lines[0][len(rest) :]} {lines[1]}"


@pytest.mark.parametrize(("step", "rows"), [(5, 10), (1, 20)])
def test_numbers_of_lines_in_the_margin_are_not_read(step: int, rows: int, tmp_path: Path) -> None:
    text = [(70.0, 540.0 - 20 * row, 10.0, f"{FULL[:40]} {'abcdefghijklmnopqrst'[row]}") for row in range(rows)]
    numbers = [(45.0, y, 10.0, str(row + 1)) for row, (_, y, _, _) in enumerate(text) if (row + 1) % step == 0]
    numbers += [] if step == 1 else [(45.0, 540.0 - 20 * row, 10.0, str(row + 1)) for row in (14, 19)]
    text += [] if step == 1 else [(70.0, 540.0 - 20 * row, 10.0, f"{FULL[:40]} {row}x") for row in range(10, 20)]
    spoken = read_pdf(tmp_path, page_of([*text, *numbers])).text
    assert not re.search(r"\b\d+\b", spoken)
    assert spoken.count(FULL[:40]) == len(text)


def test_a_list_that_is_numbered_keeps_its_numbers(tmp_path: Path) -> None:
    page = [
        (x, 540.0 - 14 * row, 10.0, text) for row in range(6) for x, text in ((45.0, str(row + 1)), (70.0, FULL[:40]))
    ]
    assert re.findall(r"\b\d\b", read_pdf(tmp_path, page_of(page)).text) == ["1", "2", "3", "4", "5", "6"]


def test_type_that_runs_up_the_margin_is_not_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    canvas.drawString(60, 500, "The text of the page.")
    canvas.drawString(60, 486, "Its second line is here.")
    canvas.rotate(90)
    canvas.drawString(100, -20, "stamped by the archive")
    canvas.save()
    reading = read_pdf(tmp_path, out.getvalue())
    assert "stamped" not in reading.text
    assert "second line" in reading.text


def test_a_page_set_sideways_is_read_in_its_own_order(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 420), invariant=1)
    canvas.rotate(90)
    for row, line in enumerate([FULL, "the long grey book, and then he", "slept."]):
        canvas.drawString(50, -100 - 14 * row, line)
    canvas.save()
    assert read_pdf(tmp_path, out.getvalue()).text == f"{FULL} the long grey book, and then he slept."


# ---- what cannot be read ----


def scanned(pages: int, *, with_text: int = 0, hidden: bool = False, stamp: bool = False) -> bytes:
    """Pages that are pictures; the first `with_text` also have text, invisibly if `hidden`."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for number in range(pages):
        canvas.drawImage(ImageReader(io.BytesIO(sample_files.PNG)), 0, 0, 420, 595)
        if number < with_text:
            text = canvas.beginText(50, 500)
            text.setFont("Times-Roman", 10)
            text.setTextRenderMode(3 if hidden else 0)
            for line in (FULL, f"the long grey book of page {number} and", "closed it without a word."):
                text.textLine(line)
            canvas.drawText(text)
        if stamp:
            canvas.drawString(50, 20, "Scanned for the archive of the harbour")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (scanned(5), "no_text_layer"),
        (scanned(10, with_text=1), "no_text_layer"),
        (scanned(4, with_text=2), "some_pages_without_text"),
        (scanned(4, with_text=4), None),
        (scanned(4, with_text=4, hidden=True), None),
        (page_of([(50, 500, 10, "((((((( ////// ------ ~~~~~~ ++++++ !!!!!! @@@@@@")]), "empty"),
        (page_of([(50, 500, 10, "(((a((( ////// ------ ~~~~~~ ++++++ !!!!!! @@@@@@")]), "garbled_text"),
    ],
)
def test_a_document_that_cannot_be_read_well_says_so(content: bytes, problem: str | None, tmp_path: Path) -> None:
    reading = read_pdf(tmp_path, content)
    assert reading.warning == problem
    assert problem is None or problem in extract.EXTRACTION_WARNINGS


def test_the_hidden_text_of_a_scan_is_read_though_a_stamp_is_visible(tmp_path: Path) -> None:
    reading = read_pdf(tmp_path, scanned(2, with_text=2, hidden=True, stamp=True))
    assert reading.text.count("closed it without a word.") == 2


def test_hidden_text_behind_visible_text_is_not_read_twice(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for mode, shift in ((0, 0), (3, 3)):
        text = canvas.beginText(50 + shift, 500 + shift)
        text.setTextRenderMode(mode)
        text.textLine("Said once.")
        canvas.drawText(text)
    canvas.save()
    assert read_pdf(tmp_path, out.getvalue()).text == "Said once."


def test_a_file_that_kills_the_parser_gives_an_empty_reading_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 no more")
    reading = extract.extract_in_sandbox(tmp_path / "bad.pdf", "application/pdf")
    assert (reading.text, reading.warning) == ("", "unreadable")


def test_reading_in_the_sandbox_gives_the_same(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf_books.make_book(4, PageDesign(has_outline=True)).pdf)
    assert extract.extract_in_sandbox(path, "application/pdf") == extract.extract(path, "application/pdf")


def test_a_missing_package_is_our_failure_and_no_problem_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(ImportError):
        extract.extract_in_sandbox(tmp_path / "any.pdf", "application/pdf")
