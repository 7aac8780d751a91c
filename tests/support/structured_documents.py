"""Documents with marked-up paragraphs, built in code: one text in every format that marks them up."""

import html
import random
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from chalicelib.extraction import sentences
from chalicelib.extraction.model import ExtractedText
from chalicelib.speech import segments
from tests.support import book_files, media_files, pdf_books

# ---- markup of each format ----

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
STYLES = (
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Contents1"><w:name w:val="toc 1"/></w:style>'
)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{html.escape(text)}</w:t></w:r>'


def paragraph(text: str) -> str:
    return f"<w:p>{run(text)}</w:p>"


def styled(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{run(text)}</w:p>'


def table(*rows: Sequence[str]) -> str:
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def docx(body: str, *, styles: str = "", parts: Mapping[str, bytes | str | None] | None = None) -> bytes:
    changes: dict[str, bytes | str | None] = {
        **(parts or {}),
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {NAMESPACES}>{STYLES}{styles}</w:styles>",
    }
    return media_files.docx(changes)


def heading(text: str) -> str:
    return f"<h1>{html.escape(text)}</h1>"


def xhtml(body: str) -> str:
    namespaces = 'xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"'
    return f'<?xml version="1.0"?><!DOCTYPE html><html {namespaces}><head><title/></head><body>{body}</body></html>'


ContentsEntry = tuple[str, str, tuple["ContentsEntry", ...]]


def nav(*entries: ContentsEntry) -> str:
    """Return the navigation document of an EPUB 3. Each entry is (title, target, child entries)."""

    def to_list(siblings: Sequence[ContentsEntry]) -> str:
        rows = (f'<li><a href="{target}">{title}</a>{to_list(children)}</li>' for title, target, children in siblings)
        return f"<ol>{''.join(rows)}</ol>" if siblings else ""

    return xhtml(f'<nav epub:type="toc"><h1>Contents</h1>{to_list(entries)}</nav><nav epub:type="landmarks"/>')


def ncx(*entries: ContentsEntry) -> str:
    """Return the NCX of an EPUB 2."""

    def points(siblings: Sequence[ContentsEntry]) -> str:
        return "".join(
            f'<navPoint><navLabel><text>{title}</text></navLabel><content src="{target}"/>{points(children)}</navPoint>'
            for title, target, children in siblings
        )

    doctype = '<!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "http://www.daisy.org/z3986/2005/ncx-2005-1.dtd">'
    namespace = 'xmlns="http://www.daisy.org/z3986/2005/ncx/"'
    return f"{doctype}<ncx {namespace}><docTitle><text>Book</text></docTitle><navMap>{points(entries)}</navMap></ncx>"


def epub(*chapters: str, nav: str = "", ncx: str = "", extra: str = "", metadata: str = "") -> bytes:
    """Return a book of these bodies, as c0.xhtml and so on. `nav` is in the spine as well; `extra` is not linear."""
    names = [f"c{number}.xhtml" for number in range(len(chapters))]
    manifest = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in names)
    manifest += '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>' if nav else ""
    manifest += '<item id="ncx" href="my%20toc.ncx" media-type="application/x-dtbncx+xml"/>' if ncx else ""
    manifest += '<item id="extra" href="extra.xhtml" media-type="application/xhtml+xml"/>' if extra else ""
    order = ('<itemref idref="nav"/>' if nav else "") + "".join(f'<itemref idref="{name}"/>' for name in names)
    order += '<itemref idref="extra" linear="no"/>' if extra else ""
    parts: dict[str, bytes | str | None] = {
        "OEBPS/content.opf": f'<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{metadata}</metadata><manifest>{manifest}</manifest>'
        f'<spine toc="ncx">{order}</spine></package>',
        "OEBPS/one.xhtml": None,
        "OEBPS/nav.xhtml": nav or None,
        "OEBPS/my toc.ncx": ncx or None,
        "OEBPS/extra.xhtml": xhtml(extra) if extra else None,
    }
    return media_files.epub(parts | {f"OEBPS/{name}": xhtml(body) for name, body in zip(names, chapters, strict=True)})


# ---- one text in all formats ----

SMALL_TABLE = [["Year", "Boats", "Men"], ["1926", "12", "37"], ["1927", "9", "31"]]
LARGE_TABLE = [["Berth", "Monday", "Friday", "Sunday"], *([f"{row}.{cell}" for cell in range(4)] for row in range(9))]


@dataclass(slots=True)
class _Chapter:
    title: str
    paragraphs: list[str]


@dataclass
class StructuredDocument:
    """`paragraphs` is the expected text; `files` is the document by media type."""

    body: list[_Chapter] = field(default_factory=list)

    @property
    def chapters(self) -> list[str]:
        return [chapter.title for chapter in self.body]

    @property
    def paragraphs(self) -> list[str]:
        paragraphs = [
            "The Harbour",
            "Year: 1926. Boats: 12. Men: 37.",
            "Year: 1927. Boats: 9. Men: 31.",
            "Table with 9 rows and 4 columns.",
            *(f"Berth: {row}.0. Monday: {row}.1. Friday: {row}.2. Sunday: {row}.3." for row in range(9)),
        ]
        for chapter in self.body:
            paragraphs += [chapter.title, *chapter.paragraphs]
        return paragraphs

    @cached_property
    def files(self) -> dict[str, bytes]:
        return {
            media_files.EPUB: self._epub(),
            media_files.DOCX: self._docx(),
            "text/html": self._page().encode(),
            "text/markdown": self._markdown().encode(),
            book_files.FB2: self._fb2(),
            book_files.ODT: self._odt(),
            book_files.RTF: self._rtf(),
        }

    def _front(self) -> str:
        tables = (
            "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
            for rows in (SMALL_TABLE, LARGE_TABLE)
        )
        return "<h1>The Harbour</h1>" + "".join(f"<table>{rows}</table>" for rows in tables)

    def _section(self, number: int, chapter: _Chapter) -> str:
        # A footnote after every paragraph, in the markup of publishers.
        link = f"<sup><a epub:type='noteref' href='#n{number}'>{number + 1}</a></sup>"
        text = "".join(f"<p>{html.escape(paragraph)}{link}</p>\n" for paragraph in chapter.paragraphs)
        note = f"<aside epub:type='footnote' id='n{number}'><p>A note that is not read.</p></aside>"
        return f"<h2 id='start'>{html.escape(chapter.title)}</h2>\n{text}{note}"

    def _page(self) -> str:
        sections = "".join(self._section(number, chapter) for number, chapter in enumerate(self.body))
        return (
            "<!doctype html><html><head><meta charset=utf-8><title>x</title></head><body><nav>Home</nav>"
            f"<main>{self._front()}{sections}</main><footer>Imprint</footer></body></html>"
        )

    def _epub(self) -> bytes:
        entries: list[ContentsEntry] = [
            (html.escape(chapter.title), f"c{number}.xhtml#start", ()) for number, chapter in enumerate(self.body, 1)
        ]
        return epub(
            self._front(),
            *(self._section(number, chapter) for number, chapter in enumerate(self.body)),
            nav=nav(*entries),
        )

    def _docx(self) -> bytes:
        body = (
            styled("Title", "The Harbour")
            + styled("Contents1", "Chapter 1 3")
            + table(*SMALL_TABLE)
            + table(*LARGE_TABLE)
        )
        for chapter in self.body:
            body += styled("Heading1", chapter.title)
            for text in chapter.paragraphs:
                half = len(text) // 2
                note = "<w:r><w:footnoteReference w:id='2'/></w:r>"
                body += f"<w:p>{run(text[:half], '<w:b/>')}{run(text[half:])}{note}</w:p>"
        return docx(body)

    def _markdown(self) -> str:
        def grid(rows: list[list[str]]) -> str:
            lines = ["| " + " | ".join(row) + " |" for row in rows]
            return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]) + "\n\n"

        text = "---\ntitle: x\n---\n# The Harbour\n\n" + grid(SMALL_TABLE) + grid(LARGE_TABLE)
        for number, chapter in enumerate(self.body):
            body = "\n\n".join(f"{paragraph}[^{number}]" for paragraph in chapter.paragraphs)
            text += f"## {chapter.title}\n\n{body}\n\n[^{number}]: A note that is not read.\n\n"
        return text

    def _fb2(self) -> bytes:
        def grid(rows: list[list[str]]) -> str:
            lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
            return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"

        body = f"<title><p>The Harbour</p></title><section>{grid(SMALL_TABLE)}{grid(LARGE_TABLE)}</section>"
        for chapter in self.body:
            mark = '<a l:href="#n1" type="note">1</a>'
            text = "".join(f"<p>{html.escape(paragraph)}{mark}</p>" for paragraph in chapter.paragraphs)
            body += f"<section><title><p>{html.escape(chapter.title)}</p></title>{text}</section>"
        notes = '<body name="notes"><section id="n1"><title><p>1</p></title><p>A note that is not read.</p></section></body>'
        return book_files.fb2(f"<body>{body}</body>{notes}")

    def _odt(self) -> bytes:
        def grid(rows: list[list[str]]) -> str:
            lines = (
                "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row) for row in rows
            )
            return (
                f"<table:table>{''.join(f'<table:table-row>{line}</table:table-row>' for line in lines)}</table:table>"
            )

        note = "<text:note><text:note-body><text:p>A note that is not read.</text:p></text:note-body></text:note>"
        body = f'<text:p text:style-name="Title">The Harbour</text:p>{grid(SMALL_TABLE)}{grid(LARGE_TABLE)}'
        for chapter in self.body:
            text = "".join(f"<text:p>{html.escape(paragraph)}{note}</text:p>" for paragraph in chapter.paragraphs)
            body += f'<text:h text:outline-level="1">{html.escape(chapter.title)}</text:h>{text}'
        return book_files.odt({"content.xml": book_files.odt_content(body), "styles.xml": None})

    def _rtf(self) -> bytes:
        def grid(rows: list[list[str]]) -> str:
            lines = ("".join(f"{cell}\\cell " for cell in row) for row in rows)
            return "".join(rf"\trowd\pard\intbl {line}\row" for line in lines) + r"\pard"

        def escaped(text: str) -> str:
            return "".join(character if character.isascii() else rf"\u{ord(character)} ?" for character in text)

        body = rf"\pard\s3 The Harbour\par{grid(SMALL_TABLE)}\par{grid(LARGE_TABLE)}"
        note = r"{\super\chftn}{\footnote\pard A note that is not read.}"
        for chapter in self.body:
            body += rf"\pard\s1 {escaped(chapter.title)}\par\pard "
            body += "".join(rf"{escaped(paragraph)}{note}\par " for paragraph in chapter.paragraphs)
        return book_files.rtf(body).replace(rb"\deflang1033", b"")


def make_document(chapters: int = 3, paragraphs: int = 4, *, seed: int = 1) -> StructuredDocument:
    """Return a text that starts with tables; every paragraph has a footnote."""
    source = random.Random(seed)  # noqa: S311  repeatable, not secret
    return StructuredDocument(
        [
            _Chapter(
                f"Chapter {number}: What came",
                [pdf_books.prose(source.randint(2, 7), source) for _ in range(paragraphs)],
            )
            for number in range(1, chapters + 1)
        ]
    )


# ---- invariants ----


def assert_valid_extraction(extracted: ExtractedText) -> None:
    """Check what callers rely on, for any extracted text."""
    text = extracted.text
    assert unicodedata.is_normalized("NFC", text)
    paragraphs = text.split("\n\n")
    assert all(paragraph == paragraph.strip() for paragraph in paragraphs)
    assert all(
        line.strip() and line == line.rstrip() and (line.isprintable() or "\u200d" in line or "\u200c" in line)
        for paragraph in paragraphs
        for line in paragraph.split("\n")
        if text
    )
    assert "\n\n".join(text[block.start : block.end] for block in extracted.blocks) == text
    assert all(block.end + 2 == following.start for block, following in pairwise(extracted.blocks))
    assert [span.start for span in extracted.spans] == sorted(span.start for span in extracted.spans)
    ends = {block.start: block.end for block in extracted.blocks}
    starts = sorted(ends)
    assert all(span.start < span.end <= ends[starts[bisect_right(starts, span.start) - 1]] for span in extracted.spans)
    starts = [chapter.start for chapter in extracted.chapters]
    assert starts == sorted(set(starts))
    assert all(0 <= chapter.start < chapter.end <= len(text) and chapter.title for chapter in extracted.chapters)
    assert all(chapter.end == following.start for chapter, following in pairwise(extracted.chapters))
    assert [page.start for page in extracted.pages][:1] in ([], [0])
    assert all(page.end == following.start for page, following in pairwise(extracted.pages))
    assert not extracted.pages or extracted.pages[-1].end == len(text)
    text.encode()
    boundaries = sentences.sentence_boundaries(text, extracted.language)
    spoken_segments = segments.split(text, boundaries)
    assert spoken_segments == segments.split(text, sentences.sentence_boundaries(text, extracted.language))
    speech_text = "".join(text[segment.start : segment.end] for segment in spoken_segments)
    assert list(filter(str.isalnum, speech_text)) == list(filter(str.isalnum, text))
