"""Document → reading text: the words of a document in the order and form in which they are spoken."""

import importlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from chalicelib.extraction import blocks, chapters, language
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.model import ChapterSpan, ExtractedText, PageSpan
from chalicelib.extraction.pdf import drop_caps, paragraphs, running_headers, table_detection
from chalicelib.extraction.pdf.layout import DocumentLayout, body_font_size
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

MAX_CHARACTERS = 5_000_000  # the limit of one speech job; a book has one million
CPU_S = 30  # 2,000 dense pages take 9 s
WALL_S = 35.0  # with those of examine (25) and of the view copy (20), less than the 90 s that ingest has
MEMORY_BYTES = 1024 * 1024 * 1024  # 5 million characters in pieces, lines and one text; 1,200 pages take 150 MB

MIN_PAGE_CHARACTERS = 20  # characters; a page with fewer has no text, only a stamp or its number
SCAN_BLANK_SHARE = 0.8  # of all pages: a scan. Books have blank pages, too, but not that many
PARTIAL_SCAN_BLANK_SHARE = 0.2
MIN_ALPHANUMERIC_SHARE = (
    0.5  # share of letters and figures among what is no space; below it, the characters mean nothing
)
MAX_UNMAPPED_SHARE = 0.05  # share of characters that a font did not name

# The problems a reading may have, and what to tell its owner.
EXTRACTION_WARNINGS = {
    "no_text_layer": "The pages are pictures without text. Run text recognition (OCR) on it to have it read aloud.",
    "some_pages_without_text": "Some pages are pictures without text and are passed over. Text recognition adds them.",
    "garbled_text": "The text in the file is garbled: its characters are not those that they show. It may sound wrong.",
    "too_long": f"Only the first {MAX_CHARACTERS:,} characters can be read aloud. Split the document to hear the rest.",
    "empty": "There are no words in it to read aloud.",
    "unreadable": "The text could not be taken out of the file. It can be viewed, but not read aloud.",
}


@dataclass(frozen=True, slots=True)
class Extractor:
    """One format that can be read: its module, and the packages that it needs.

    The module has `read(path: Path, limit: int)`. It answers a `Layout` for documents that only show what belongs
    together, and a `Script` for those that say it. `has_paper`: has pages that may be pictures.
    """

    module: str
    preload_modules: tuple[str, ...] = ()
    is_paginated: bool = False


# A new format is one row here and one module that turns it into lines or blocks.
EXTRACTORS = {
    "application/pdf": Extractor("chalicelib.extraction.pdf.pdf", preload_modules=("pypdfium2",), is_paginated=True),
    "application/epub+zip": Extractor(
        "chalicelib.extraction.epub", preload_modules=("defusedxml.ElementTree", "selectolax.lexbor")
    ),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Extractor(
        "chalicelib.extraction.docx", preload_modules=("defusedxml.ElementTree",)
    ),
    "text/html": Extractor("chalicelib.extraction.html", preload_modules=("selectolax.lexbor",)),
    "text/markdown": Extractor("chalicelib.extraction.markdown", preload_modules=("markdown_it", "selectolax.lexbor")),
    "text/plain": Extractor("chalicelib.extraction.text"),
}

_UNSPACED_SCRIPTS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # Japanese and Chinese: each character counts as a word
_WORD = re.compile(rf"[{_UNSPACED_SCRIPTS}]|[^\W_{_UNSPACED_SCRIPTS}]+(?:['’.-][^\W_{_UNSPACED_SCRIPTS}]+)*")


class _ExtractorModule(Protocol):
    def extract(self, path: Path, limit: int) -> DocumentLayout | BlockBuilder: ...


def extract_in_sandbox(path: Path, media_type: str, *, wall_s: float = WALL_S) -> ExtractedText:
    """`extract` in the sandbox: a file that kills the parser gives an empty reading with the problem `unreadable`."""
    for module in (*EXTRACTORS[media_type].preload_modules, EXTRACTORS[media_type].module):
        importlib.import_module(module)  # the child inherits them; were one missing, that must be known here
    language.load_profiles()
    try:
        return sandbox.run(extract, path, media_type, cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, wall_s=wall_s)
    except sandbox.SandboxError as error:
        logger.warning("reading failed", media_type=media_type, reason=str(error))
        return ExtractedText("", (), (), language.UNDETERMINED, 0, "unreadable")


def extract(path: Path, media_type: str) -> ExtractedText:
    """The reading text of an inspected file. Runs parsers on it: call `extract_in_sandbox` unless the file is trusted.

    Raises UnreadableError.
    """
    reader = EXTRACTORS[media_type]
    sandbox.step("taking the text out")
    document = cast(_ExtractorModule, importlib.import_module(reader.module)).extract(path, MAX_CHARACTERS)
    sandbox.step("finding its paragraphs and chapters")
    draft = _from_layout(document) if isinstance(document, DocumentLayout) else _from_blocks(document)
    text = draft.text
    return ExtractedText(
        text=text,
        pages=draft.pages if reader.is_paginated or len(draft.pages) > 1 else (),
        chapters=draft.chapters,
        language=draft.language,
        word_count=len(_WORD.findall(text)),
        warning=_extraction_warning(
            text, draft.pages, is_paginated=reader.is_paginated, is_truncated=document.is_truncated
        ),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    text: str
    pages: tuple[PageSpan, ...]
    chapters: tuple[ChapterSpan, ...]
    language: str


def _from_layout(layout: DocumentLayout) -> _Draft:
    kept = drop_caps.merge_drop_caps(running_headers.remove_headers_and_footers(layout.pages))
    spoken_in = language.detect("\n".join(line.text for sheet in kept for line in sheet.lines))
    flow = paragraphs.to_paragraphs(table_detection.replace_tables(kept, spoken_in))
    ends = [*flow.page_starts[1:], len(flow.text)]
    pages = tuple(PageSpan(number, *span) for number, span in enumerate(zip(flow.page_starts, ends, strict=True), 1))
    found = chapters.detect_chapters(flow, layout.outline, body_font_size(kept))
    return _Draft(flow.text, pages, found, spoken_in)


def _from_blocks(document: BlockBuilder) -> _Draft:
    spoken_in = language.detect(document.plain_text())
    flow = blocks.to_paragraphs(document, spoken_in)
    return _Draft(
        flow.text,
        (),
        chapters.detect_chapters(flow, document.outline or document.heading_outline(), math.inf),
        spoken_in,
    )


def _extraction_warning(
    spoken: str, pages: tuple[PageSpan, ...], *, is_paginated: bool, is_truncated: bool
) -> str | None:
    blank = sum(1 for page in pages if page.end - page.start < MIN_PAGE_CHARACTERS) / max(len(pages), 1)
    if is_paginated and blank > SCAN_BLANK_SHARE:
        return "no_text_layer"
    if not any(character.isalnum() for character in spoken):
        return "empty"
    shown = sum(map(len, spoken.split()))
    odd = spoken.count("\ufffd") + len("(cid:") * spoken.count("(cid:")
    if sum(map(str.isalnum, spoken)) < MIN_ALPHANUMERIC_SHARE * shown or odd > MAX_UNMAPPED_SHARE * shown:
        return "garbled_text"
    if is_truncated:
        return "too_long"
    return "some_pages_without_text" if is_paginated and blank > PARTIAL_SCAN_BLANK_SHARE else None
