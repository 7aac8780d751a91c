"""How well and how fast documents are read, next to pypdf, pdfminer.six and pdftotext on the same PDFs.

    python -m bench.reading [--pages 10 117 1200]

The PDFs are made here, so what stands in them is known word by word. Of what is to be read: `kept`, the share of its words that
come out; `order`, the share of its neighbouring words that still are neighbours; `paragraphs`, the share that come out whole. Of
what comes out: `junk`, the share of words that are not to be read: heads, page numbers, notes, halves of words. The
contents of tables, programs and formulas count as neither, since others cannot know what is spoken of them here.

EPUB, DOCX, HTML and Markdown hold one text; they are read alike, which the tests show, and only timed here.
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

from chalicelib.extraction import extract as extraction_extract
from chalicelib.extraction import language
from tests.support import pdf_books, structured_documents
from tests.support.pdf_books import PageDesign, PrintedBook

Answer = TypeVar("Answer")
LAYOUTS = {
    "single column, heads": PageDesign(),
    "two columns": PageDesign(columns=2),
    "footnotes": PageDesign(has_footnotes=True),
    "not hyphenated, ragged": PageDesign(is_hyphenated=False, is_justified=False, headers="title", page_numbers="head"),
    "tables, programs": PageDesign(has_tables=True),
}
SLOWEST_PAGES = 117  # pdfminer.six takes a minute for ten times as many


def ours(path: Path) -> str:
    return extraction_extract.extract(path, "application/pdf").text


def pypdf(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def pdfminer(path: Path) -> str:
    from pdfminer.high_level import extract_text

    return extract_text(path)


def pdftotext(path: Path) -> str:
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout


READERS: dict[str, Callable[[Path], str]] = {"ours": ours, "pypdf": pypdf, "pdfminer.six": pdfminer}
if shutil.which("pdftotext"):
    READERS["pdftotext"] = pdftotext


@dataclass(frozen=True, slots=True)
class Quality:
    kept: float
    order: float
    junk: float
    paragraphs: float

    def __str__(self) -> str:
        return f"{self.kept:8.2%} {self.order:8.2%} {self.junk:7.2%} {self.paragraphs:8.1%}"


def quality(text: str, book: PrintedBook) -> Quality:
    spoken = [word for paragraph in book.paragraphs for word in paragraph.split()]
    aside = Counter(word for cell in book.unspoken for word in cell.split())
    wanted, found = Counter(spoken), Counter(text.split())
    neither = Counter(dict.fromkeys(aside, 0) | {"Table": 0, "Code": 0, "omitted.": 0})
    for word in neither:
        del wanted[word], found[word], wanted[f"{word},"], wanted[f"{word}:"], found[f"{word},"], found[f"{word}:"]
    same = wanted & found
    pairs, found_pairs = Counter(pairwise(spoken)), Counter(pairwise(text.split()))
    pieces = Counter(" ".join(piece.split()) for piece in text.split("\n\n"))
    return Quality(
        kept=same.total() / wanted.total(),
        order=(pairs & found_pairs).total() / pairs.total(),
        junk=(found - wanted).total() / max(found.total(), 1),
        paragraphs=(Counter(book.paragraphs) & pieces).total() / len(book.paragraphs),
    )


def timed(action: Callable[[], Answer], rounds: int) -> tuple[Answer, float]:
    """What it answers, and the least processor time of several runs in seconds, its child processes included: what else
    the machine does then counts less.
    """
    best = float("inf")
    for _ in range(rounds):
        begun = processor_s()
        answer = action()
        best = min(best, processor_s() - begun)
    return answer, best


def processor_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def compare_pdfs(folder: Path, sizes: Sequence[int]) -> None:
    print(
        f"{'':24} {'pages':>6} {'reader':14} {'ms/page':>8} {'to ours':>8} {'kept':>8} {'order':>8} {'junk':>7} {'paragraphs'}"
    )
    for pages in sizes:
        layouts = LAYOUTS if pages <= SLOWEST_PAGES else dict(list(LAYOUTS.items())[:1])
        for name, design in layouts.items():
            book = pdf_books.make_book(pages, design)
            path = folder / "book.pdf"
            path.write_bytes(book.pdf)
            base = 0.0
            for reader, extract in READERS.items():
                text, seconds = timed(partial(extract, path), 3 if pages < SLOWEST_PAGES else 1)
                base = base or seconds
                each = seconds * 1000 / book.pages
                print(f"{name:24} {book.pages:6,} {reader:14} {each:8.2f} {seconds / base:7.1f}× {quality(text, book)}")


def compare_formats(folder: Path) -> None:
    document = structured_documents.make_document(40, 50)
    print(f"\n{sum(map(len, document.paragraphs)):,} characters in 40 chapters, fastest of 5")
    for media_type, content in document.files.items():
        path = folder / "document"
        path.write_bytes(content)
        reading, bare = timed(partial(extraction_extract.extract, path, media_type), 5)
        _, sealed = timed(partial(extraction_extract.extract_in_sandbox, path, media_type), 5)
        assert reading.text == "\n\n".join(document.paragraphs)
        print(
            f"{media_type[-30:]:32} {len(content) / 1024:7,.0f} KB {bare * 1000:7.1f} ms  in the sandbox {sealed * 1000:7.1f} ms"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pages", type=int, nargs="*", default=[10, 117, 1_200])
    given = arguments.parse_args()
    language.load_profiles()
    with tempfile.TemporaryDirectory(prefix="bench-reading-") as name:
        compare_pdfs(Path(name), given.pages)
        compare_formats(Path(name))


if __name__ == "__main__":
    main()
