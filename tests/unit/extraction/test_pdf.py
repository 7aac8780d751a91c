"""PDF: the text of printed books, compared word by word with its source."""

import io
import random
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract
from chalicelib.extraction.model import BlockKind, ExtractedText
from tests.support import missing_packages, pdf_books, sample_files
from tests.support.pdf_books import PageDesign, PrintedBook

# Design and seed. Some seeds end a page with a full last line of a paragraph, which looks like a line that continues.
# With these seeds it does not occur in books with indented paragraphs.
DESIGNS = {
    "running headers on odd and even pages": (PageDesign(), 35),
    "title above every page, number beside it": (PageDesign(headers="title", page_numbers="header"), 40),
    "the chapter title above its pages": (PageDesign(headers="chapter"), 34),
    "nothing but text": (PageDesign(headers="none", page_numbers="none", is_hyphenated=False), 16),
    "two columns": (PageDesign(columns=2), 11),
    "two columns, ragged, gaps between paragraphs": (
        PageDesign(columns=2, is_justified=False, paragraph_style="gap"),
        37,
    ),
    "ragged": (PageDesign(is_justified=False), 6),
    "gaps between paragraphs": (PageDesign(paragraph_style="gap"), 16),
    "footnotes": (PageDesign(has_footnotes=True), 9),
    "footnotes under two columns": (PageDesign(has_footnotes=True, columns=2), 27),
    "an outline": (PageDesign(has_outline=True), 10),
    "tables, code and formulas": (PageDesign(has_tables=True), 29),
    "the same, ragged": (PageDesign(has_tables=True, is_justified=False, headers="title", page_numbers="header"), 16),
}


def make_book(name: str) -> PrintedBook:
    design, seed = DESIGNS[name]
    return pdf_books.make_book(24, design, seed=seed)


def extract_pdf(folder: Path, content: bytes) -> ExtractedText:
    (folder / "file.pdf").write_bytes(content)
    return extract.extract(folder / "file.pdf", "application/pdf")


def words(text: str) -> Counter[str]:
    return Counter(text.split())


def blocks_of(extracted: ExtractedText, *kinds: BlockKind) -> list[str]:
    """Return the texts of the blocks of these kinds."""
    return [extracted.text[block.start : block.end] for block in extracted.blocks if block.kind in kinds]


def without_footnotes(extracted: ExtractedText) -> list[str]:
    return blocks_of(extracted, *(kind for kind in BlockKind if kind != BlockKind.FOOTNOTE))


@pytest.mark.parametrize("name", DESIGNS)
def test_a_book_is_extracted_word_for_word_without_headers_and_footers(name: str, tmp_path: Path) -> None:
    book = make_book(name)
    extracted = extract_pdf(tmp_path, book.pdf)
    printed = words(" ".join([*book.paragraphs, *book.footnotes]))
    assert words(extracted.text) - printed == Counter(), "junk: headers, page numbers, footnotes, halves of words"
    assert printed - words(extracted.text) == Counter(), "lost"


@pytest.mark.parametrize("name", DESIGNS)
def test_paragraphs_are_those_of_the_book(name: str, tmp_path: Path) -> None:
    book = make_book(name)
    paragraphs = without_footnotes(extract_pdf(tmp_path, book.pdf))
    matching = (Counter(paragraphs) & Counter(book.paragraphs)).total()
    assert matching >= 0.96 * len(book.paragraphs)
    if DESIGNS[name][0].paragraph_style == "indent":
        assert paragraphs == book.paragraphs


@pytest.mark.parametrize("name", ["footnotes", "footnotes under two columns"])
def test_footnotes_are_behind_the_paragraph_that_reaches_the_end_of_their_page(name: str, tmp_path: Path) -> None:
    book = make_book(name)
    extracted = extract_pdf(tmp_path, book.pdf)
    assert blocks_of(extracted, BlockKind.FOOTNOTE) == book.footnotes


@pytest.mark.parametrize("name", DESIGNS)
def test_pages_and_chapters_are_at_their_offsets(name: str, tmp_path: Path) -> None:
    book = make_book(name)
    extracted = extract_pdf(tmp_path, book.pdf)
    assert [chapter.title for chapter in extracted.chapters] == book.chapters
    for chapter in extracted.chapters:
        assert extracted.text[chapter.start : chapter.end].startswith(chapter.title)
    assert [page.number for page in extracted.pages] == list(range(1, book.pages + 1))
    assert_partition(extracted)
    assert extracted.chapters[-1].end == len(extracted.text)


def assert_partition(extracted: ExtractedText) -> None:
    assert extracted.pages[0].start == 0
    assert extracted.pages[-1].end == len(extracted.text)
    assert all(
        page.end == following.start for page, following in zip(extracted.pages, extracted.pages[1:], strict=False)
    )
    assert all(page.start <= page.end for page in extracted.pages)


def test_language_and_word_count_are_detected(tmp_path: Path) -> None:
    book = pdf_books.make_book(3)
    extracted = extract_pdf(tmp_path, book.pdf)
    assert extracted.language == "en"
    assert extracted.warning is None
    assert abs(extracted.word_count - len(" ".join(book.paragraphs).split())) <= 0.01 * extracted.word_count


# ---- single lines ----


def page_of(*pages: Sequence[tuple[float, float, float, str]]) -> bytes:
    """Return a PDF with (x, y, font size, text) on each page."""
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


def test_a_paragraph_continues_across_pages(tmp_path: Path) -> None:
    second = "the long grey book that he kept. Nobody had ever asked him why."
    extracted = extract_pdf(
        tmp_path, page_of([(50, 500, 10, FULL)], [(50, 500, 10, second), (50, 488, 10, "He knew.")])
    )
    assert extracted.text == f"{FULL} {second} He knew."
    assert extracted.text[extracted.pages[1].start :].startswith("the long grey book")


def test_a_word_divided_by_a_page_break_belongs_to_the_first_page(tmp_path: Path) -> None:
    extracted = extract_pdf(tmp_path, page_of([(50, 500, 10, FULL[:-2] + "exam-")], [(50, 500, 10, "ple and more")]))
    assert extracted.text.endswith("example and more")
    assert extracted.text[extracted.pages[1].start :] == "and more"


def test_a_page_without_text_is_an_empty_page(tmp_path: Path) -> None:
    extracted = extract_pdf(
        tmp_path, page_of([(50, 500, 10, "First page here.")], [], [(50, 500, 10, "Third page here.")])
    )
    assert [extracted.text[page.start : page.end].strip() for page in extracted.pages] == [
        "First page here.",
        "",
        "Third page here.",
    ]
    assert_partition(extracted)


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
def test_a_line_that_ends_with_a_hyphen_is_joined_as_intended(
    end: str, start: str, joined: str, tmp_path: Path
) -> None:
    extracted = extract_pdf(tmp_path, page_of([(50, 500, 10, f"{FULL} {end}"), (50, 488, 10, start)]))
    assert extracted.text == f"{FULL} {joined}"


def test_a_compound_keeps_the_hyphen_that_it_has_elsewhere(tmp_path: Path) -> None:
    lines = [f"{FULL} a tide-", "mark, and then the tide-mark was gone."]
    extracted = extract_pdf(tmp_path, page_of([(50, 500, 10, lines[0]), (50, 488, 10, lines[1])]))
    assert extracted.text == f"{FULL} a tide-mark, and then the tide-mark was gone."


@pytest.mark.parametrize(
    ("word", "mark", "expected"),
    [
        ("harbour", "12", "harbour"),
        ("harbour.", "3", "harbour."),
        ("harbour”", "1", "harbour”"),
        ("harbour", "*", "harbour"),
    ],
)
def test_a_superscript_mark_after_a_word_is_dropped(word: str, mark: str, expected: str, tmp_path: Path) -> None:
    start = f"The boats left the {word}"
    x = 50 + stringWidth(start, "Times-Roman", 10)
    following = "when the tide was high enough for them all, and the last of"
    content = page_of(
        [
            (50, 500, 10, start),
            (x, 504, 6, mark),
            (x + 3 * len(mark) + 3, 500, 10, following),
            (50, 488, 10, "them came home."),
        ]
    )
    assert extract_pdf(tmp_path, content).text == f"The boats left the {expected} {following} them came home."


def test_a_figure_on_the_baseline_is_kept(tmp_path: Path) -> None:
    assert extract_pdf(tmp_path, page_of([(50, 500, 10, "In 1927 the boat B12 carried 37 men.")])).text == (
        "In 1927 the boat B12 carried 37 men."
    )


def test_a_repetitive_document_loses_nothing(tmp_path: Path) -> None:
    """Lines that repeat on every page at the same height are text here, not headers."""
    page = [(50, 520 - 14 * row, 10, f"This is line {row} of this page, as on any other.") for row in range(20)]
    extracted = extract_pdf(tmp_path, page_of(*[page] * 8))
    assert extracted.text.count("This is line") == 8 * 20


def test_short_similar_pages_are_not_headers(tmp_path: Path) -> None:
    pages = [
        [(50, 500, 14, f"Slide {number}"), (50, 470, 11, f"Point {number} of the talk.")] for number in range(1, 7)
    ]
    extracted = extract_pdf(tmp_path, page_of(*pages))
    assert all(f"Point {number} of the talk." in extracted.text for number in range(1, 7))


def test_a_table_of_contents_is_extracted_without_leaders(tmp_path: Path) -> None:
    lines = ["The Harbour . . . . . . . . . . . . . . . 3", "The Observatory ............................ 17"]
    extracted = extract_pdf(tmp_path, page_of([(50, 500, 10, lines[0]), (50, 488, 10, lines[1])]))
    assert extracted.text == "The Harbour\n\nThe Observatory"


def test_headings_that_differ_only_by_a_figure_are_not_running_headers(tmp_path: Path) -> None:
    """Each chapter starts at the top of a page."""
    pages = [[(50, 540, 16, f"{n} The tide of {n}"), *prose(500, n)] for n in range(1, 6)]
    extracted = extract_pdf(tmp_path, page_of(*pages))
    assert [chapter.title for chapter in extracted.chapters] == [f"{n} The tide of {n}" for n in range(1, 6)]


def prose(top: float, seed: int) -> list[tuple[float, float, float, str]]:
    """Return ten lines of text, different for each seed."""
    lines = pdf_books.prose(12, random.Random(seed))  # noqa: S311  repeatable, not secret
    return [(50, top - 14 * row, 10, lines[60 * row : 60 * row + 60].strip()) for row in range(10)]


@pytest.mark.parametrize(
    ("letter", "following", "expected"),
    [
        ("T", "he ferryman counted", "The ferryman counted"),
        ("A", "fter the tide", "After the tide"),
        ("A", "winter of letters", "A winter of letters"),
        ("“N", "obody knew", "“Nobody knew"),
    ],
)
def test_a_drop_cap_is_joined_to_its_word(letter: str, following: str, expected: str, tmp_path: Path) -> None:
    x = 52 + stringWidth(letter, "Times-Roman", 34)
    lines = [f"{following}, of which nobody spoke in all those", "years, as in the winter before it had."]
    page = [(50, 480, 34, letter), (x, 500, 10, lines[0]), (x, 488, 10, lines[1])]
    assert extract_pdf(tmp_path, page_of(page)).text == f"{expected}{lines[0][len(following) :]} {lines[1]}"


@pytest.mark.parametrize(("step", "rows"), [(5, 10), (1, 20)])
def test_line_numbers_in_the_margin_are_dropped(step: int, rows: int, tmp_path: Path) -> None:
    text = [(70.0, 540.0 - 20 * row, 10.0, f"{FULL[:40]} {'abcdefghijklmnopqrst'[row]}") for row in range(rows)]
    numbers = [(45.0, y, 10.0, str(row + 1)) for row, (_, y, _, _) in enumerate(text) if (row + 1) % step == 0]
    numbers += [] if step == 1 else [(45.0, 540.0 - 20 * row, 10.0, str(row + 1)) for row in (14, 19)]
    text += [] if step == 1 else [(70.0, 540.0 - 20 * row, 10.0, f"{FULL[:40]} {row}x") for row in range(10, 20)]
    extracted = extract_pdf(tmp_path, page_of([*text, *numbers]))
    assert not re.search(r"\b\d+\b", extracted.text)
    assert extracted.text.count(FULL[:40]) == len(text)


def test_a_numbered_list_keeps_its_numbers(tmp_path: Path) -> None:
    page = [
        (x, 540.0 - 14 * row, 10.0, text) for row in range(6) for x, text in ((45.0, str(row + 1)), (70.0, FULL[:40]))
    ]
    assert re.findall(r"\b\d\b", extract_pdf(tmp_path, page_of(page)).text) == ["1", "2", "3", "4", "5", "6"]


def test_rotated_text_in_the_margin_is_dropped(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    canvas.drawString(60, 500, "The text of the page.")
    canvas.drawString(60, 486, "Its second line is here.")
    canvas.rotate(90)
    canvas.drawString(100, -20, "stamped by the archive")
    canvas.save()
    extracted = extract_pdf(tmp_path, out.getvalue())
    assert "stamped" not in extracted.text
    assert [(omission.reason, omission.excerpt) for omission in extracted.left_out] == [
        ("rotated", "stamped by the archive")
    ]
    assert "second line" in extracted.text


def test_a_watermark_across_the_page_is_left_out(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    canvas.drawString(60, 500, "The text of the page.")
    canvas.rotate(45)
    canvas.setFont("Helvetica", 60)
    canvas.drawString(100, 50, "DRAFT")
    canvas.save()
    extracted = extract_pdf(tmp_path, out.getvalue())
    assert extracted.text == "The text of the page."
    assert [(omission.page, omission.excerpt) for omission in extracted.left_out] == [(1, "DRAFT")]


def test_a_rotated_page_is_extracted_in_its_own_order(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 420), invariant=1)
    canvas.rotate(90)
    for row, line in enumerate([FULL, "the long grey book, and then he", "slept."]):
        canvas.drawString(50, -100 - 14 * row, line)
    canvas.save()
    assert extract_pdf(tmp_path, out.getvalue()).text == f"{FULL} the long grey book, and then he slept."


# ---- documents without usable text ----


def scanned(pages: int, *, with_text: int = 0, is_hidden: bool = False, has_stamp: bool = False) -> bytes:
    """Return pages that are images; the first `with_text` pages also have text, invisible if `hidden`."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for number in range(pages):
        canvas.drawImage(ImageReader(io.BytesIO(sample_files.PNG)), 0, 0, 420, 595)
        if number < with_text:
            text = canvas.beginText(50, 500)
            text.setFont("Times-Roman", 10)
            text.setTextRenderMode(3 if is_hidden else 0)
            source = random.Random(number)  # noqa: S311  repeatable, not secret
            for line in (*pdf_books.prose(4, source).split(", ")[:3], "closed it without a word."):
                text.textLine(line)
            canvas.drawText(text)
        if has_stamp:
            canvas.drawString(50, 20, "Scanned for the archive of the harbour")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (scanned(5), "no_text_layer"),
        (scanned(10, with_text=1), "no_text_layer"),
        (scanned(4, with_text=2), "some_pages_without_text"),
        (scanned(4, with_text=4), None),
        (scanned(4, with_text=4, is_hidden=True), None),
        (page_of([(50, 500, 10, "((((((( ////// ------ ~~~~~~ ++++++ !!!!!! @@@@@@")]), "empty"),
        (page_of([(50, 500, 10, "(((a((( ////// ------ ~~~~~~ ++++++ !!!!!! @@@@@@")]), "garbled_text"),
    ],
)
def test_a_document_without_usable_text_has_a_warning(content: bytes, warning: str | None, tmp_path: Path) -> None:
    extracted = extract_pdf(tmp_path, content)
    assert extracted.warning == warning
    assert warning is None or warning in extract.EXTRACTION_WARNINGS


def test_the_hidden_text_of_a_scan_is_kept_despite_a_visible_stamp(tmp_path: Path) -> None:
    extracted = extract_pdf(tmp_path, scanned(2, with_text=2, is_hidden=True, has_stamp=True))
    assert extracted.text.count("closed it without a word.") == 2


def test_hidden_text_behind_visible_text_is_dropped(tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 595), invariant=1)
    for mode, shift in ((0, 0), (3, 3)):
        text = canvas.beginText(50 + shift, 500 + shift)
        text.setTextRenderMode(mode)
        text.textLine("Said once.")
        canvas.drawText(text)
    canvas.save()
    assert extract_pdf(tmp_path, out.getvalue()).text == "Said once."


def test_a_file_that_crashes_the_parser_yields_no_text_and_a_warning(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 no more")
    extracted = extract.extract_in_sandbox(tmp_path / "bad.pdf", "application/pdf")
    assert (extracted.text, extracted.warning) == ("", "unreadable")


def test_the_sandbox_yields_the_same_text(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(pdf_books.make_book(4, PageDesign(has_outline=True)).pdf)
    assert extract.extract_in_sandbox(path, "application/pdf") == extract.extract(path, "application/pdf")


def test_a_missing_package_is_our_failure_and_not_a_warning(tmp_path: Path) -> None:
    (tmp_path / "any.pdf").touch()
    with missing_packages.missing("pypdfium2", tmp_path), pytest.raises(ImportError, match="no pypdfium2 here"):
        extract.extract_in_sandbox(tmp_path / "any.pdf", "application/pdf")
