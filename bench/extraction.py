"""Quality and speed of text extraction, compared with pypdf, pdfminer.six and pdftotext.

    python -m bench.extraction [--pages 10 117 1200]
    python -m bench.extraction --scans              recognise scans of these pages instead

Of a scan, `errors` is the share of characters to insert, delete or replace that makes the printed text of the recognised one, and
`s/page` the processor time of its recognition without the start of the sandbox.

The PDFs are made here, so that every word in them is known. Of the expected text: `kept` is the share of its words that are
extracted; `order`, the share of its neighbouring words that are still neighbours; `paragraphs`, the share extracted whole.
Of the extracted text: `junk` is the share of words that are not expected: headers, page numbers, footnotes, halves of words.
The content of tables, code and formulas counts as neither, since other programs have no rule for what is spoken of them. Beside
books, papers (two columns under a wide abstract), filled forms and verse with line numbers are measured.

EPUB, DOCX, HTML and Markdown contain one text. Tests show that all yield the same; here they are only timed.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from chalicelib.extraction import extract, language
from chalicelib.extraction.recognition import document, model, recognize
from tests.support import pdf_books, pdf_layouts, scans, structured_documents
from tests.support.edit_distance import edit_distance
from tests.support.pdf_books import PageDesign, PrintedBook
from tests.support.scans import Scanner

Result = TypeVar("Result")
DESIGNS = {
    "single column, headers": PageDesign(),
    "two columns": PageDesign(columns=2),
    "footnotes": PageDesign(has_footnotes=True),
    "not hyphenated, ragged": PageDesign(
        is_hyphenated=False, is_justified=False, headers="title", page_numbers="header"
    ),
    "tables, code": PageDesign(has_tables=True),
}
LAYOUTS: dict[str, Callable[[int], PrintedBook]] = {
    **{name: partial(pdf_books.make_book, design=design) for name, design in DESIGNS.items()},
    **pdf_layouts.LAYOUTS,
}
SCANNERS = [Scanner(150, 3.0), Scanner(200), Scanner(200, -1.5), Scanner(300, -3.0), Scanner(200, 1.0, quarter_turns=1)]
SCANNED_PAGES = 8
MAX_PAGES_FOR_ALL_LAYOUTS = 117  # pdfminer.six takes a minute for ten times as many


def visionary_media(path: Path) -> str:
    return extract.extract(path, "application/pdf").text


def pypdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    return extract_text(path)


def pdftotext(path: Path) -> str:
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout


EXTRACTORS: dict[str, Callable[[Path], str]] = {"ours": visionary_media, "pypdf": pypdf, "pdfminer.six": pdfminer}
if shutil.which("pdftotext"):
    EXTRACTORS["pdftotext"] = pdftotext


@dataclass(frozen=True, slots=True)
class Quality:
    kept: float
    order: float
    junk: float
    paragraphs: float

    def __str__(self) -> str:
        return f"{self.kept:8.2%} {self.order:8.2%} {self.junk:7.2%} {self.paragraphs:8.1%}"


def measure_quality(text: str, book: PrintedBook) -> Quality:
    expected_words = [word for paragraph in (*book.paragraphs, *book.footnotes) for word in paragraph.split()]
    expected, extracted = Counter(expected_words), Counter(text.split())
    ignored = {word for cell in book.unspoken for word in cell.split()} | {
        "Table",
        "with",
        "rows",
        "and",
        "columns.",
        "Code",
        "omitted.",
    }
    for word in ignored:
        for form in (word, f"{word},", f"{word}:", f"{word}."):
            del expected[form], extracted[form]
    expected_pairs, extracted_pairs = Counter(pairwise(expected_words)), Counter(pairwise(text.split()))
    paragraphs = Counter(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
    printed = Counter(" ".join(paragraph.split()) for paragraph in book.paragraphs)
    return Quality(
        kept=(expected & extracted).total() / expected.total(),
        order=(expected_pairs & extracted_pairs).total() / expected_pairs.total(),
        junk=(extracted - expected).total() / max(extracted.total(), 1),
        paragraphs=(printed & paragraphs).total() / len(book.paragraphs),
    )


def processor_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def measure_time(
    action: Callable[[], Result], repeats: int, clock: Callable[[], float] = processor_s
) -> tuple[Result, float]:
    """Return the result and the time in seconds; by default processor time, child processes included.

    The minimum of several runs, so that other load on the machine counts less.
    """
    best_s = float("inf")
    for _ in range(repeats):
        start_s = clock()
        result = action()
        best_s = min(best_s, clock() - start_s)
    return result, best_s


def compare_pdfs(folder: Path, page_counts: Sequence[int]) -> None:
    print(
        f"{'':24} {'pages':>6} {'extractor':14} {'ms/page':>8} {'to ours':>8} {'kept':>8} {'order':>8} {'junk':>7} {'paragraphs'}"
    )
    for page_count in page_counts:
        layouts = LAYOUTS if page_count <= MAX_PAGES_FOR_ALL_LAYOUTS else dict([next(iter(LAYOUTS.items()))])
        repeats = 3 if page_count < MAX_PAGES_FOR_ALL_LAYOUTS else 1
        for layout, make_pages in layouts.items():
            book = make_pages(page_count)
            path = folder / "book.pdf"
            path.write_bytes(book.pdf)
            our_time_s = 0.0
            for name, extractor in EXTRACTORS.items():
                text, time_s = measure_time(partial(extractor, path), repeats)
                our_time_s = our_time_s or time_s
                quality = measure_quality(text, book)
                page_ms = time_s * 1000 / book.pages
                print(f"{layout:24} {book.pages:6,} {name:14} {page_ms:8.2f} {time_s / our_time_s:7.1f}× {quality}")


def compare_formats(folder: Path) -> None:
    document = structured_documents.make_document(40, 50)
    print(f"\n{sum(map(len, document.paragraphs)):,} characters in 40 chapters, processor time, minimum of 5 runs")
    for media_type, content in document.files.items():
        path = folder / "document"
        path.write_bytes(content)
        _, direct_s = measure_time(partial(extract.extract, path, media_type), 5)
        # The sandbox's server starts the child that works: its processor time is not that of this process or its children.
        in_sandbox = partial(extract.extract_in_sandbox, path, media_type)
        _, sandbox_s = measure_time(in_sandbox, 5, time.perf_counter)
        print(
            f"{media_type[-30:]:32} {len(content) / 1024:7,.0f} KB {direct_s * 1000:7.1f} ms  "
            f"in the sandbox {sandbox_s * 1000:7.1f} ms of the clock"
        )


def recognize_scans(folder: Path) -> None:
    print(f"{'scan':44} {'pages':>6} {'s/page':>7} {'errors':>8} {'kept':>8} {'order':>8} {'junk':>7} {'paragraphs'}")
    designs = {
        "single column": PageDesign(headers="none", page_numbers="none"),
        "two columns": PageDesign(columns=2, headers="none", page_numbers="none"),
        "headers, footnotes": PageDesign(has_footnotes=True),
    }
    for layout, design in designs.items():
        book = pdf_books.make_book(SCANNED_PAGES, design)
        printed = folder / "printed.pdf"
        printed.write_bytes(book.pdf)
        expected = visionary_media(printed)  # all that is printed, its notes at the ends of their pages
        for scanner in SCANNERS:
            path, recognized = folder / "scan.pdf", folder / "recognized"
            path.write_bytes(scans.scan(book.pdf, scanner))
            pages = [recognize.recognize_in_sandbox(path, index, (), usual=None) for index in range(book.pages)]
            document.write_pages(recognized, [(index, model.encode(page)) for index, page in enumerate(pages)])
            text = extract.extract_in_sandbox(path, "application/pdf", recognized=recognized).text
            errors = edit_distance(expected, text) / len(expected)
            page_s = sum(page.cpu_s for page in pages) / book.pages
            name = f"{layout}, {scanner.dpi} dpi, {scanner.degrees:g}°, {scanner.quarter_turns} quarters"
            print(f"{name:44} {book.pages:6,} {page_s:7.2f} {errors:8.2%} {measure_quality(text, book)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="*", default=[10, 117, 1_200])
    parser.add_argument("--scans", action="store_true")
    arguments = parser.parse_args()
    language.load_model()
    with tempfile.TemporaryDirectory(prefix="bench-extraction-") as name:
        if arguments.scans:
            recognize_scans(Path(name))
            return
        compare_pdfs(Path(name), arguments.pages)
        compare_formats(Path(name))


if __name__ == "__main__":
    main()
