"""Text extraction: the words of a document, as they will be spoken."""

import importlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from chalicelib.extraction import block_text, chapters, language, loaders
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.display import encoding
from chalicelib.extraction.display.model import Event
from chalicelib.extraction.loaders import FormatModule
from chalicelib.extraction.model import (
    BlockKind,
    BlockSpan,
    ChapterSpan,
    ExtractedText,
    ExtractionError,
    Omission,
    PageSpan,
)
from chalicelib.extraction.pdf import (
    contents_pages,
    drop_caps,
    footnotes,
    line_numbers,
    paragraphs,
    running_headers,
    scene_breaks,
    table_detection,
    unreadable_pages,
)
from chalicelib.extraction.pdf.layout import DocumentLayout, body_font_size
from chalicelib.extraction.recognition import document as recognized_document
from chalicelib.extraction.running_text import Paragraph, RunningText
from chalicelib.formats.errors import FormatError
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

MAX_CHARACTERS = 5_000_000  # the limit of one speech job; a book has one million
CPU_S = 30  # 2,000 dense pages take 9 s
WALL_S = 35.0  # with examine (25) and the view copy (20), below the 90 s that ingest has
MEMORY_BYTES = 1024 * 1024 * 1024  # 5 million characters as chunks, lines and one text; 1,200 pages take 150 MB

SCAN_SHARE = 0.8  # of all pages are pictures, and above: a scan. Books have plates too, but fewer
PARTIAL_SCAN_SHARE = 0.2
MIN_ALPHANUMERIC_SHARE = 0.5  # of all characters except spaces; below it, the text is garbled
MAX_UNMAPPED_SHARE = 0.05  # of characters that a font maps to no Unicode character

# Warnings for the owner, by code. The codes are stored with the media and returned by the API.
EXTRACTION_WARNINGS = {
    "no_text_layer": "The pages are images without text. They can be read aloud once their text has been recognized.",
    "some_pages_without_text": "Some pages are images without text. They are skipped until their text has been recognized.",
    "garbled_text": "The text in the file is garbled: it differs from what the pages show. It may sound wrong.",
    "too_long": f"Only the first {MAX_CHARACTERS:,} characters can be read aloud. Split the document to hear the rest.",
    "dynamic_form": "The file is a dynamic form (XFA), which only Adobe's programs show. Open it there and print it as a PDF.",
    "empty": "The document contains no words to read aloud.",
    "unreadable": "The text could not be extracted from the file. You can view it, but not have it read aloud.",
}

# Why content is not in the text, by code. The codes are stored with the text and returned by the API.
OMISSION_REASONS = {
    "navigation": "Navigation, controls and other parts around the text.",
    "hidden": "The document hides it.",
    "deleted": "The document marks it as deleted.",
    "running_header": "A header, a footer or a page number, which repeats on every page.",
    "large_table": "The table is too large to be read aloud.",
    "pronunciation": "How the characters before it are pronounced.",
    "repeated": "It repeats a part of the text.",
    "editorial": "A remark of editors about the text, such as “citation needed”.",
    "decorative": "A picture without a description in words.",
    "not_linear": "The book keeps it outside its reading order.",
    "diagram": "The words of a diagram or a chart.",
    "metadata": "Data about the document.",
    "comment": "A comment about the text.",
    "address": "Only the host of a web address is read aloud.",
    "unreadable": "It has no form in words.",
    "line_number": "Figures in the margin that count the lines.",
    "placeholder": "A page that stands for a form which only Adobe's programs show.",
    "rotated": "It runs in another direction than the text of the page, as watermarks and stamps in the margin do.",
    "stamp": "A stamp or an advertisement on the picture of a page.",
    "unrecognized": "The text recognition is not sure of it.",
}


@dataclass(frozen=True, slots=True)
class Extractor:
    """Format with text. `load` imports its module; `preload_modules` are the modules that it needs later.

    `is_paginated`: has fixed pages, which may be scans.
    """

    load: Callable[[], FormatModule]
    preload_modules: tuple[str, ...] = ()
    is_paginated: bool = False


_FB2_MODULES = ("lxml.etree", "xml.parsers.expat")
_FORMULAS = "chalicelib.extraction.formulas"  # with its parser, which only documents with formulas need

_EPUB_MODULES = ("defusedxml.ElementTree", "selectolax.lexbor", _FORMULAS)

# A new format is one row here, one function in `loaders`, and one module.
EXTRACTORS = {
    "application/pdf": Extractor(loaders.pdf, preload_modules=("pypdfium2", "pikepdf._data"), is_paginated=True),
    "application/x-mobipocket-ebook": Extractor(
        loaders.epub, preload_modules=_EPUB_MODULES
    ),  # its view copy is an EPUB
    "application/epub+zip": Extractor(loaders.epub, preload_modules=_EPUB_MODULES),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Extractor(
        loaders.docx, preload_modules=("defusedxml.ElementTree", "selectolax.lexbor", _FORMULAS)
    ),
    "text/html": Extractor(loaders.html, preload_modules=("selectolax.lexbor", _FORMULAS)),
    "text/markdown": Extractor(loaders.markdown, preload_modules=("markdown_it", "selectolax.lexbor", _FORMULAS)),
    "application/vnd.oasis.opendocument.text": Extractor(
        loaders.odt, preload_modules=("defusedxml.ElementTree", "selectolax.lexbor", _FORMULAS)
    ),
    "application/rtf": Extractor(loaders.rtf),
    "application/x-fictionbook+xml": Extractor(loaders.fb2, preload_modules=_FB2_MODULES),
    "application/x-zip-compressed-fb2": Extractor(loaders.fb2, preload_modules=_FB2_MODULES),
    "text/plain": Extractor(loaders.text),
}

# Documents that are shown in their display form. The others are shown as their pages, or as plain text.
DISPLAYED_TYPES = frozenset(EXTRACTORS) - {"application/pdf", "text/plain"}

_RULES = re.compile(r"[_.…–—-]{3,}")  # blanks of forms, leaders and lines
_UNSPACED_SCRIPTS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # Japanese and Chinese: each character counts as a word
_WORD = re.compile(rf"[{_UNSPACED_SCRIPTS}]|[^\W_{_UNSPACED_SCRIPTS}]+(?:['’.-][^\W_{_UNSPACED_SCRIPTS}]+)*")


def extract_in_sandbox(
    path: Path,
    media_type: str,
    *,
    wall_s: float = WALL_S,
    recognized: Path | None = None,
    chosen_language: str | None = None,
    structure: Path | None = None,
) -> ExtractedText:
    """Run `extract` in the sandbox. A file that crashes the parser yields no text and the warning `unreadable`."""
    try:
        return sandbox.run(
            extract,
            path,
            media_type,
            recognized,
            chosen_language,
            None if structure is None else sandbox.Output(structure),
            prepare=partial(load_extractor, media_type),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("extraction failed", media_type=media_type, reason=str(error))
        return ExtractedText("", (), (), language.UNDETERMINED, 0, "unreadable")


def load_extractor(media_type: str) -> None:
    """Load what extracting the text of such a file needs: a missing package is our failure, not the file's."""
    extractor = EXTRACTORS[media_type]
    for module in extractor.preload_modules:
        importlib.import_module(module)
    extractor.load()
    language.load_model()


def extract(
    path: Path,
    media_type: str,
    recognized: Path | None = None,
    chosen_language: str | None = None,
    structure: Path | None = None,
) -> ExtractedText:
    """Extract the text of an inspected file. Runs parsers on it: use `extract_in_sandbox` unless the file is trusted.

    `recognized` is a file of the pages of a PDF that were recognised (`recognition.document`). `chosen_language` beats what the
    document says of itself. `structure` is a file for what the display form is made of. Raises ExtractionError.
    """
    extractor = EXTRACTORS[media_type]
    sandbox.step("extracting the text")
    try:
        document = extractor.load().extract(path, MAX_CHARACTERS)
    except FormatError as error:
        raise ExtractionError(error.code) from None  # its sentence may quote names of the file's parts
    if chosen_language is not None:
        document = replace(document, language=chosen_language)
    unrecognized: list[Omission] = []
    if recognized is not None and isinstance(document, DocumentLayout):
        sandbox.step("inserting the recognised pages")
        document, unrecognized = recognized_document.insert_pages(document, recognized, MAX_CHARACTERS)
    sandbox.step("detecting paragraphs and chapters")
    draft = _from_layout(document) if isinstance(document, DocumentLayout) else _from_blocks(document)
    running_text = draft.running_text
    if structure is not None and isinstance(document, BlockBuilder):
        sandbox.step("recording its structure")
        encoding.write(_structure(document, running_text), structure)
    return ExtractedText(
        text=running_text.text,
        pages=draft.pages if extractor.is_paginated or len(draft.pages) > 1 else (),
        chapters=draft.chapters,
        language=draft.language,
        word_count=len(_WORD.findall(running_text.text)),
        warning=_extraction_warning(draft, is_truncated=document.is_truncated),
        blocks=tuple(BlockSpan(block.kind, block.start, block.end, block.level) for block in running_text.paragraphs),
        spans=tuple(running_text.spans),
        left_out=(*running_text.left_out, *unrecognized),
        unreadable_pages=draft.unreadable_pages,
        left_out_offsets=tuple(running_text.left_out_offsets),
    )


def _structure(document: BlockBuilder, running_text: RunningText) -> list[Event]:
    blocks = [BlockSpan(block.kind, block.start, block.end, block.level) for block in running_text.paragraphs]
    return document.structure.resolve(running_text.text, blocks, running_text.sources, running_text.page_starts)


@dataclass(frozen=True, slots=True)
class _Draft:
    running_text: RunningText
    pages: tuple[PageSpan, ...]
    chapters: tuple[ChapterSpan, ...]
    language: str
    unreadable_pages: tuple[int, ...] = ()
    garbled_pages: tuple[int, ...] = ()
    is_dynamic_form: bool = False


def _from_layout(layout: DocumentLayout) -> _Draft:
    layout_pages, placeholder = unreadable_pages.without_placeholder(layout.pages)
    readability = unreadable_pages.judge(layout_pages)
    left_out: list[Omission] = [*layout.left_out, *placeholder, *readability.stamps]
    pages = running_headers.remove_headers_and_footers(readability.pages, left_out)
    pages = drop_caps.merge_drop_caps(line_numbers.remove_line_numbers(pages, left_out))
    pages = scene_breaks.mark_scene_breaks(contents_pages.mark_contents(footnotes.mark_footnotes(pages)))
    text_language = language.choose(layout.language, "\n".join(line.text for page in pages for line in page.lines))
    running_text = paragraphs.to_paragraphs(table_detection.replace_tables(pages, text_language, left_out))
    running_text.left_out += left_out
    chapters.mark_headings(running_text, layout.outline)
    ends = [*running_text.page_starts[1:], len(running_text.text)]
    spans = enumerate(zip(running_text.page_starts, ends, strict=True), 1)
    return _Draft(
        running_text,
        tuple(PageSpan(number, start, end) for number, (start, end) in spans),
        chapters.detect_chapters(running_text, layout.outline, body_font_size(pages)),
        text_language,
        readability.unreadable,
        readability.garbled,
        is_dynamic_form=bool(placeholder),
    )


def _from_blocks(builder: BlockBuilder) -> _Draft:
    text_language = language.choose(builder.language, builder.plain_text())
    running_text = block_text.to_paragraphs(builder, text_language)
    outline = builder.outline or block_text.heading_outline(running_text)
    # Blocks have no font size: at an infinite body size, none is a heading by its size.
    spans = chapters.detect_chapters(running_text, outline, math.inf)
    running_text.paragraphs = _with_headings(running_text, spans)
    return _Draft(running_text, (), spans, text_language)


def _with_headings(running_text: RunningText, spans: Sequence[ChapterSpan]) -> list[Paragraph]:
    """Return the paragraphs; those that are the titles of chapters by their words are headings."""
    titles = {chapter.start: chapter.title for chapter in spans}
    return [
        replace(paragraph, kind=BlockKind.HEADING, level=1)
        if paragraph.kind is BlockKind.PARAGRAPH
        and running_text.text[paragraph.start : paragraph.end] == titles.get(paragraph.start)
        else paragraph
        for paragraph in running_text.paragraphs
    ]


def _extraction_warning(draft: _Draft, *, is_truncated: bool) -> str | None:
    text = draft.running_text.text
    if draft.is_dynamic_form:
        return "dynamic_form"
    page_count = max(len(draft.pages), 1)
    garbled_pages = len(draft.garbled_pages)
    picture_share = (len(draft.unreadable_pages) - garbled_pages) / page_count
    if picture_share > SCAN_SHARE:
        return "no_text_layer"
    if not any(map(str.isalnum, text)):
        return "empty"
    if garbled_pages > PARTIAL_SCAN_SHARE * page_count or _is_garbled(text):
        return "garbled_text"
    if is_truncated:
        return "too_long"
    return "some_pages_without_text" if picture_share > PARTIAL_SCAN_SHARE else None


def _is_garbled(text: str) -> bool:
    printed = sum(map(len, _RULES.sub("", text).split()))
    unmapped = text.count("\ufffd") + len("(cid:") * text.count("(cid:")
    return sum(map(str.isalnum, text)) < MIN_ALPHANUMERIC_SHARE * printed or unmapped > MAX_UNMAPPED_SHARE * printed
