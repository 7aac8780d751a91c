"""Text recognition: scans of known pages, with the real Tesseract."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageOps

from chalicelib.extraction import extract
from chalicelib.extraction.model import BlockKind, ExtractedText
from chalicelib.extraction.recognition import (
    columns,
    document,
    layout,
    model,
    page_image,
    picture_page,
    reading_order,
    recognize,
    text_layer,
)
from chalicelib.extraction.recognition.model import RecognizedLine, RecognizedPage, RecognizedWord
from chalicelib.platform import sandbox
from tests.support import pdf_books, scans
from tests.support.edit_distance import edit_distance
from tests.support.pdf_books import PageDesign, PrintedBook
from tests.support.scans import Scanner

MAX_CHARACTER_ERROR = 0.01
STRAIGHT = Scanner()
GERMAN = (
    "Der Leuchtturmwärter schlief, während der Fährmann die Laternen entlang der Böschung zählte und schließlich nach Hause "
    "ging. Niemand wusste, warum die Glocken geläutet hatten; über dem Hafen lag ein schwerer Nebel, und die Straßen waren "
    "leer. Erst am nächsten Morgen fanden die Kinder das Boot, das vom Sturm zerschlagen am Ufer lag."
)


@pytest.fixture(scope="module")
def book() -> PrintedBook:
    return pdf_books.make_book(2, PageDesign(headers="none", page_numbers="none"))


def recognize_scan(
    folder: Path,
    pdf: bytes,
    scanner: Scanner = STRAIGHT,
    *,
    languages: Sequence[str] = (),
    pages: Sequence[int] = (0, 1),
) -> list[RecognizedPage]:
    path = folder / "scan.pdf"
    path.write_bytes(scans.scan(pdf, scanner, pages))
    return [recognize.recognize_in_sandbox(path, index, languages, usual=None) for index in range(len(pages))]


def read(folder: Path, pages: Sequence[RecognizedPage]) -> ExtractedText:
    write_recognized(folder, pages)
    return extract.extract_in_sandbox(folder / "scan.pdf", "application/pdf", recognized=folder / "recognized")


def write_recognized(folder: Path, pages: Sequence[RecognizedPage]) -> None:
    document.write_pages(folder / "recognized", [(index, model.encode(page)) for index, page in enumerate(pages)])


@pytest.mark.parametrize(
    "scanner",
    [Scanner(150, 3.0), Scanner(200, -1.5), Scanner(300, -3.0), Scanner(200, 1.0, quarter_turns=1), Scanner(150, 0, 2)],
    ids=str,
)
def test_a_scan_that_lies_askew_is_read_with_one_wrong_character_in_a_hundred(
    tmp_path: Path, book: PrintedBook, scanner: Scanner
) -> None:
    text = read(tmp_path, recognize_scan(tmp_path, book.pdf, scanner)).text
    expected = "\n\n".join(book.paragraphs)
    assert len(expected) > 2_000
    assert edit_distance(expected, text) <= MAX_CHARACTER_ERROR * len(expected)


def test_columns_of_a_scan_are_read_one_after_the_other(tmp_path: Path) -> None:
    book = pdf_books.make_book(3, PageDesign(columns=2, headers="none", page_numbers="none"))
    (tmp_path / "book.pdf").write_bytes(book.pdf)
    printed = extract.extract(tmp_path / "book.pdf", "application/pdf")
    expected = printed.text[printed.pages[1].start : printed.pages[1].end].strip()
    extracted = read(tmp_path, recognize_scan(tmp_path, book.pdf, Scanner(200, 1.0), pages=[1]))
    assert len(expected) > 1_500
    assert edit_distance(expected, extracted.text) <= MAX_CHARACTER_ERROR * len(expected)
    assert extracted.warning is None
    assert extracted.blocks[-1].end == len(extracted.text)


def test_a_page_is_read_again_in_the_language_of_its_letters(tmp_path: Path) -> None:
    (page,) = recognize_scan(tmp_path, pdf_books.prose_page(GERMAN), pages=[0])
    assert page.language == "de"
    assert page.text.replace("\n", " ") == GERMAN


def test_languages_of_the_owners_choice_are_kept(tmp_path: Path) -> None:
    (page,) = recognize_scan(tmp_path, pdf_books.prose_page(GERMAN), languages=["en"], pages=[0])
    assert page.language == "en"


@pytest.mark.parametrize("ground", ["dark", "transparent"])
def test_the_text_of_a_picture_is_read_on_any_ground(tmp_path: Path, ground: str) -> None:
    source, page = tmp_path / "picture", tmp_path / "scan.pdf"
    sentence = "The keeper counted the lanterns along the embankment before the weather changed."
    ink = ImageOps.invert(scans.first_picture(pdf_books.prose_pages((sentence,)), Scanner(110, noise=0)))
    picture = ink if ground == "dark" else Image.merge("LA", (Image.new("L", ink.size), ink))
    picture.save(source, "WEBP" if ground == "dark" else "PNG", lossless=True)
    picture_page.write_in_sandbox(source, page)
    assert read(tmp_path, [recognize.recognize_in_sandbox(page, 0, ["en"], usual=None)]).text == sentence


def test_a_file_that_is_no_picture_makes_no_page(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"GIF89a, but no picture")
    with pytest.raises(sandbox.SandboxError):
        picture_page.write_in_sandbox(tmp_path / "picture", tmp_path / "scan.pdf")
    assert not (tmp_path / "scan.pdf").exists()


def test_a_blank_page_has_no_words(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    Image.new("L", (1_240, 1_754), 255).save(path, "PDF", resolution=150)
    page = recognize.recognize_in_sandbox(path, 0, (), usual=None)
    assert page.lines == ()
    assert page.confidence is None


def test_words_stand_where_they_are_on_the_page(tmp_path: Path, book: PrintedBook) -> None:
    straight, turned = (
        recognize_scan(tmp_path, book.pdf, scanner, pages=[0])[0]
        for scanner in (Scanner(200), Scanner(200, 2.0, quarter_turns=0))
    )
    first = straight.lines[0]
    x, y = _apply(straight.to_page, first.words[0].left, first.baseline)
    assert abs(x - pdf_books.MARGIN) < pdf_books.PAGE_WIDTH
    assert 0 < y < pdf_books.PAGE_HEIGHT
    # The paper was turned around its middle: a word of the turned scan is turned back to where the straight one has it.
    a, b, c, d, *_ = turned.to_page
    assert (a, b) == pytest.approx((0.9994, 0.0349), abs=0.003)
    assert (c, d) == pytest.approx((-0.0349, 0.9994), abs=0.003)


def _apply(matrix: model.Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


@pytest.mark.parametrize("degrees", [-3.0, -1.2, 0.0, 0.5, 3.0])
def test_the_skew_of_a_page_is_found_to_a_tenth_of_a_degree(book: PrintedBook, degrees: float) -> None:
    image = scans.first_picture(book.pdf, Scanner(200, degrees))
    assert page_image.find_skew(image) == pytest.approx(-degrees, abs=0.15)


def test_footnote_marks_are_read_off_the_picture(tmp_path: Path) -> None:
    """Tesseract takes them for quotation marks."""
    book = pdf_books.make_book(2, PageDesign(has_footnotes=True, headers="none", page_numbers="none"))
    (tmp_path / "printed.pdf").write_bytes(book.pdf)
    printed = extract.extract(tmp_path / "printed.pdf", "application/pdf")
    text = read(tmp_path, recognize_scan(tmp_path, book.pdf, Scanner(200, -1.5), languages=["en"]))
    assert edit_distance(printed.text, text.text) <= MAX_CHARACTER_ERROR * len(printed.text)
    notes, expected = (
        [of.text[block.start : block.end][2:] for block in of.blocks if block.kind is BlockKind.FOOTNOTE]
        for of in (text, printed)
    )
    assert notes == expected != []


def test_columns_of_prose_are_read_one_by_one_and_cells_are_not() -> None:
    page = Image.new("L", (1_000, 1_400), 255)
    draw = ImageDraw.Draw(page)
    for row in range(100, 1_300, 30):
        draw.rectangle((100, row, 480, row + 15), 0)
        draw.rectangle((520, row, 900, row + 15), 0)
    prose = page.copy()
    assert columns.find(page, 200) == [(0, 500), (500, 1_000)]
    draw.rectangle((100, 40, 505, 70), 0)  # a heading that is wider than its column
    assert columns.find(page, 200) == [(0, 513), (513, 1_000)]
    ImageDraw.Draw(prose).rectangle((100, 40, 900, 70), 0)  # a heading over both
    assert columns.find(prose, 200) == [(0, 1_000)]
    ImageDraw.Draw(page).rectangle((650, 0, 900, 1_400), 255)  # short cells on the right
    assert columns.find(page, 200) == [(0, 1_000)]


# ---- the text layer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quarter_turns", range(4))
def test_the_words_of_the_text_layer_stand_over_those_of_the_picture(
    tmp_path: Path, book: PrintedBook, quarter_turns: int
) -> None:
    pages = recognize_scan(tmp_path, book.pdf, Scanner(150, 2.0, quarter_turns), languages=["en"], pages=[0])
    write_recognized(tmp_path, pages)
    for copy in ("layered", "layered again"):  # an earlier layer is replaced
        source = "scan.pdf" if copy == "layered" else "layered"
        assert text_layer.add_in_sandbox(tmp_path / source, tmp_path / "recognized", tmp_path / copy)
    first, second = (words_on_page(tmp_path / copy) for copy in ("layered", "layered again"))
    assert first == second
    printed = Counter(word.text for line in pages[0].lines for word in line.words)
    found = Counter(text for text, _ in first)
    assert (printed & found).total() > 0.95 * printed.total()  # pdfium joins words that the ends of lines divide
    # The darkest part of the picture around a word is the word: the picture of the layered page is that of the scan.
    assert render(tmp_path / "layered").tobytes() == render(tmp_path / "scan.pdf").tobytes()
    image = render(tmp_path / "layered")
    for _, (left, bottom, right, top) in first[:40]:
        ink = image.crop((round(left), round(image.height - top), round(right) + 1, round(image.height - bottom) + 1))
        assert min(ink.tobytes()) < 120


def test_a_scan_with_a_text_layer_yields_its_text_without_recognition(tmp_path: Path, book: PrintedBook) -> None:
    pages = recognize_scan(tmp_path, book.pdf, languages=["en"])
    text = read(tmp_path, pages).text
    assert text_layer.add_in_sandbox(tmp_path / "scan.pdf", tmp_path / "recognized", tmp_path / "layered")
    layered = extract.extract_in_sandbox(tmp_path / "layered", "application/pdf")
    assert layered.warning is None
    assert layered.unreadable_pages == ()
    assert edit_distance(text, layered.text) <= MAX_CHARACTER_ERROR * len(text)


def words_on_page(path: Path) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Return the words that pdfium finds on the first page, with their boxes."""
    textpage = pypdfium2.PdfDocument(path)[0].get_textpage()
    words = []
    for match in re.finditer(r"\S+", textpage.get_text_range()):
        boxes = [textpage.get_charbox(index) for index in range(match.start(), match.end())]
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        words.append((match.group(), (min(lefts), min(bottoms), max(rights), max(tops))))
    return words


def render(path: Path) -> Image.Image:
    image: Image.Image = pypdfium2.PdfDocument(path)[0].render(scale=1, grayscale=True).to_pil().convert("L")
    return image


# ---- what needs no Tesseract -------------------------------------------------------------------------------------------


def line(*words: tuple[str, float, float], baseline: float = 700.0, confidence: float = 95.0) -> RecognizedLine:
    return RecognizedLine(tuple(RecognizedWord(*word, confidence) for word in words), baseline, 10.0)


def page_of(*lines: RecognizedLine) -> RecognizedPage:
    return RecognizedPage(lines, 800.0, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), "en", 95.0)


def texts(lines: Sequence[RecognizedLine]) -> Iterator[str]:
    return (" ".join(word.text for word in each.words) for each in lines)


def test_a_fragment_is_put_back_into_its_line() -> None:
    torn = [
        line(("the", 10, 25), ("harbour", 80, 120)),
        line(("boats", 130, 160)),
        line(("of", 30, 40), ("the", 50, 70)),
    ]
    assert list(texts(reading_order.merge_fragments(torn))) == ["the of the harbour", "boats"]


def test_a_fragment_continues_its_line_after_a_space() -> None:
    torn = [line(("the", 10, 25)), line(("lamps", 30, 60), baseline=680), line(("boats", 30, 60))]
    assert list(texts(reading_order.merge_fragments(torn))) == ["the boats", "lamps"]


def test_a_fragment_continues_a_justified_line_whose_neighbours_cross_the_gap() -> None:
    above = line(("a", 10, 45), ("lamp", 48, 90), baseline=712)
    torn = [above, line(("the", 10, 30)), line(("lamps", 10, 90), baseline=688), line(("boats", 45, 90))]
    assert list(texts(reading_order.merge_fragments(torn))) == ["a lamp", "the boats", "lamps"]


def test_an_indented_line_of_the_next_column_stays_there() -> None:
    left = [line(("left", 10, 100), baseline=baseline) for baseline in (712, 700, 688)]
    right = [line(("right", start, 210), baseline=baseline) for start, baseline in ((118, 712), (129, 700), (118, 688))]
    assert reading_order.merge_fragments([*left, *right]) == [*left, *right]


def test_lines_of_neighbouring_columns_stay_apart() -> None:
    columns = [
        line((side, left, left + 90), baseline=baseline)
        for side, left in (("left", 10), ("right", 115))
        for baseline in (700, 688, 676)
    ]
    assert reading_order.merge_fragments(columns) == columns


def test_a_line_that_the_recognition_is_not_sure_of_is_left_out_and_noted() -> None:
    page = page_of(line(("sure", 10, 40)), line(("~|fi;", 10, 40), baseline=680, confidence=12.0))
    assert [each.text for each in layout.to_page(page).lines] == ["sure"]
    (omission,) = layout.omissions(page, 3)
    assert (omission.page, omission.reason, omission.excerpt) == (3, "unrecognized", "~|fi;")


def test_wide_gaps_in_a_line_are_those_between_cells() -> None:
    (row,) = layout.to_page(page_of(line(("Year", 10, 35), ("of", 38, 46), ("boats", 90, 120)))).lines
    assert [cell.text for cell in row.cells] == ["Year of", "boats"]


def test_a_page_survives_its_storage() -> None:
    page = page_of(line(("sure", 10, 40)))
    assert model.decode(model.encode(page)) == page


def test_matrices_are_applied_in_order() -> None:
    twice, aside = (2.0, 0.0, 0.0, 2.0, 0.0, 0.0), (1.0, 0.0, 0.0, 1.0, 5.0, 7.0)
    assert _apply(model.compose(twice, aside), 1.0, 1.0) == (7.0, 9.0)
    assert _apply(model.compose(aside, twice), 1.0, 1.0) == (12.0, 16.0)


def test_a_file_that_is_no_pdf_is_an_error_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(sandbox.SandboxError):
        recognize.recognize_in_sandbox(path, 0, ["en"], usual=None)
