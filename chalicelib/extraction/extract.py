"""Document → reading text: the words of a document in the order and form in which they are spoken."""

import importlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from chalicelib.extraction import blocks, chapters, language
from chalicelib.extraction.blocks import Script
from chalicelib.extraction.model import Chapter, Page, Reading
from chalicelib.extraction.pdf import drop_caps, paragraphs, running_headers, table_detection
from chalicelib.extraction.pdf.layout import Layout, body_size
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

MAX_CHARACTERS = 5_000_000  # the limit of one speech job; a book has one million
CPU_S = 30  # 2,000 dense pages take 9 s
WALL_S = 35.0  # with those of examine (25) and of the view copy (20), less than the 90 s that ingest has
MEMORY_BYTES = 1024 * 1024 * 1024  # 5 million characters in pieces, lines and one text; 1,200 pages take 150 MB

BLANK_PAGE = 20  # characters; a page with fewer has no text, only a stamp or its number
MOSTLY_BLANK = 0.8  # of all pages: a scan. Books have blank pages, too, but not that many
PARTLY_BLANK = 0.2
FEWEST_READABLE = 0.5  # share of letters and figures among what is no space; below it, the characters mean nothing
MOST_ODD = 0.05  # share of characters that a font did not name

# The problems a reading may have, and what to tell its owner.
PROBLEMS = {
    "no_text_layer": "The pages are pictures without text. Run text recognition (OCR) on it to have it read aloud.",
    "some_pages_without_text": "Some pages are pictures without text and are passed over. Text recognition adds them.",
    "garbled_text": "The text in the file is garbled: its characters are not those that they show. It may sound wrong.",
    "too_long": f"Only the first {MAX_CHARACTERS:,} characters can be read aloud. Split the document to hear the rest.",
    "empty": "There are no words in it to read aloud.",
    "unreadable": "The text could not be taken out of the file. It can be viewed, but not read aloud.",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """One format that can be read: its module, and the packages that it needs.

    The module has `read(path: Path, limit: int)`. It answers a `Layout` for documents that only show what belongs
    together, and a `Script` for those that say it. `has_paper`: has pages that may be pictures.
    """

    module: str
    needs: tuple[str, ...] = ()
    has_paper: bool = False


# A new format is one row here and one module that turns it into lines or blocks.
READERS = {
    "application/pdf": Reader("chalicelib.extraction.pdf.pdf", needs=("pypdfium2",), has_paper=True),
    "application/epub+zip": Reader("chalicelib.extraction.epub", needs=("defusedxml.ElementTree", "selectolax.lexbor")),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Reader(
        "chalicelib.extraction.docx", needs=("defusedxml.ElementTree",)
    ),
    "text/html": Reader("chalicelib.extraction.html", needs=("selectolax.lexbor",)),
    "text/markdown": Reader("chalicelib.extraction.markdown", needs=("markdown_it", "selectolax.lexbor")),
    "text/plain": Reader("chalicelib.extraction.text"),
}

_WITHOUT_SPACES = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # Japanese and Chinese: each character counts as a word
_WORD = re.compile(rf"[{_WITHOUT_SPACES}]|[^\W_{_WITHOUT_SPACES}]+(?:['’.-][^\W_{_WITHOUT_SPACES}]+)*")


class _Module(Protocol):
    def read(self, path: Path, limit: int) -> Layout | Script: ...


def read_safely(path: Path, media_type: str, *, wall_s: float = WALL_S) -> Reading:
    """`read` in the sandbox: a file that kills the parser gives an empty reading with the problem `unreadable`."""
    for module in (*READERS[media_type].needs, READERS[media_type].module):
        importlib.import_module(module)  # the child inherits them; were one missing, that must be known here
    language.load()
    try:
        return sandbox.run(read, path, media_type, cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, wall_s=wall_s)
    except sandbox.SandboxError as error:
        logger.warning("reading failed", media_type=media_type, reason=str(error))
        return Reading("", (), (), language.UNKNOWN, 0, "unreadable")


def read(path: Path, media_type: str) -> Reading:
    """The reading text of an inspected file. Runs parsers on it: call `read_safely` unless the file is trusted.

    Raises UnreadableError.
    """
    reader = READERS[media_type]
    sandbox.step("taking the text out")
    document = cast(_Module, importlib.import_module(reader.module)).read(path, MAX_CHARACTERS)
    sandbox.step("finding its paragraphs and chapters")
    draft = _of_layout(document) if isinstance(document, Layout) else _of_script(document)
    text = draft.text
    return Reading(
        text=text,
        pages=draft.pages if reader.has_paper or len(draft.pages) > 1 else (),
        chapters=draft.chapters,
        language=draft.language,
        word_count=len(_WORD.findall(text)),
        problem=_problem(text, draft.pages, has_paper=reader.has_paper, cut=document.cut),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    text: str
    pages: tuple[Page, ...]
    chapters: tuple[Chapter, ...]
    language: str


def _of_layout(layout: Layout) -> _Draft:
    kept = drop_caps.join(running_headers.drop_furniture(layout.sheets))
    spoken_in = language.detect("\n".join(line.text for sheet in kept for line in sheet.lines))
    flow = paragraphs.flow(table_detection.settle(kept, spoken_in))
    ends = [*flow.starts[1:], len(flow.text)]
    pages = tuple(Page(number, *span) for number, span in enumerate(zip(flow.starts, ends, strict=True), 1))
    found = chapters.find(flow, layout.outline, body_size(kept))
    return _Draft(flow.text, pages, found, spoken_in)


def _of_script(document: Script) -> _Draft:
    spoken_in = language.detect(document.words())
    flow = blocks.flow(document, spoken_in)
    return _Draft(flow.text, (), chapters.find(flow, document.outline or document.headings(), math.inf), spoken_in)


def _problem(spoken: str, pages: tuple[Page, ...], *, has_paper: bool, cut: bool) -> str | None:
    blank = sum(1 for page in pages if page.end - page.start < BLANK_PAGE) / max(len(pages), 1)
    if has_paper and blank > MOSTLY_BLANK:
        return "no_text_layer"
    if not any(character.isalnum() for character in spoken):
        return "empty"
    shown = sum(map(len, spoken.split()))
    odd = spoken.count("\ufffd") + len("(cid:") * spoken.count("(cid:")
    if sum(map(str.isalnum, spoken)) < FEWEST_READABLE * shown or odd > MOST_ODD * shown:
        return "garbled_text"
    if cut:
        return "too_long"
    return "some_pages_without_text" if has_paper and blank > PARTLY_BLANK else None
