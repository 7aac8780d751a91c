"""Files that grow in one respect: for each accepted format, what costs its parsers most.

A builder takes a count and returns a file whose size grows with it.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from tests.support import book_files, kindle_files, media_files, sample_files, structured_documents
from tests.support.media_files import DOCX, EPUB
from tests.support.structured_documents import paragraph

PDF, TXT, MARKDOWN, HTML = "application/pdf", "text/plain", "text/markdown", "text/html"
FILENAMES = {PDF: "a.pdf", EPUB: "a.epub", DOCX: "a.docx", TXT: "a.txt", MARKDOWN: "a.md", HTML: "a.html"}


@dataclass(frozen=True, slots=True)
class GrowingFile:
    """A kind of file. Half of `count`, `count` and twice as much are compared."""

    media_type: str
    count: int
    build: Callable[[int], bytes]


def _page(content: bytes, *, more: dict[int, bytes] | None = None, page: bytes = b"", catalog: bytes = b"") -> bytes:
    return sample_files.one_page(catalog, page, {4: sample_files.stream(content), **(more or {})})


def _letters(count: int) -> bytes:
    """Return a page with each letter drawn by an operator of its own, in rows of 100 across the page."""
    moves = (
        b"1 0 0 1 %d %d Tm (%c) Tj" % (number % 100 * 3, 190 - number // 100 % 180, 97 + number % 26)
        for number in range(count)
    )
    return _page(b"BT /F1 3 Tf " + b"\n".join(moves) + b" ET")


def _one_row(count: int) -> bytes:
    """Return a page with one row of single letters far apart, as the columns of a table would be."""
    moves = (b"1 0 0 1 %d 100 Tm (%c) Tj" % (number * 20, 97 + number % 26) for number in range(count))
    return _page(b"BT /F1 3 Tf " + b"\n".join(moves) + b" ET")


def _pages_of_rows(count: int, columns: int) -> bytes:
    rows = (
        b"1 0 0 1 %d %d Tm (%d) Tj" % (column * 60, -number * 12, number)
        for number in range(count)
        for column in range(columns)
    )
    return _page(b"BT /F1 9 Tf " + b"\n".join(rows) + b" ET")


def _hidden_texts(count: int) -> bytes:
    visible = b"\n".join(b"1 0 0 1 20 %d Tm (seen) Tj" % number for number in range(count))
    hidden = b"\n".join(b"1 0 0 1 20 %d Tm (hid) Tj" % number for number in range(count))
    return _page(b"BT /F1 3 Tf " + visible + b" 3 Tr " + hidden + b" ET")


def _outline(count: int) -> bytes:
    items = {
        number: b"<< /Title (Chapter %d) /Parent 10 0 R /Dest [3 0 R /XYZ 0 %d 0] %s >>"
        % (number, number, b"/Next %d 0 R" % (number + 1) if number < 10 + count else b"")
        for number in range(11, 11 + count)
    }
    lines = b"\n".join(b"1 0 0 1 20 %d Tm (Part %d) Tj" % (-9 * number, number) for number in range(count))
    root = b"<< /Type /Outlines /First 11 0 R /Last %d 0 R /Count %d >>" % (10 + count, count)
    return _page(b"BT /F1 3 Tf " + lines + b" ET", more={10: root, **items}, catalog=b"/Outlines 10 0 R")


def _annotations(count: int) -> bytes:
    """Return active annotations between harmless ones, shared by all pages."""
    notes = {
        number: b"<< /Type /Annot /Subtype /%s /Rect [0 0 9 9] >>" % (b"Movie" if number % 2 else b"Text")
        for number in range(20, 20 + count)
    }
    references = b" ".join(b"%d 0 R" % number for number in notes)
    pages = dict.fromkeys(
        range(20 + count, 20 + count + count // 20),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots 10 0 R >>",
    )
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages))
    return sample_files.one_page(more={2: tree, 10: b"[%s]" % references, **notes, **pages})


def _xref_chain(count: int) -> bytes:
    out = bytearray(sample_files.one_page())
    start = int(bytes(out).rpartition(b"startxref\n")[2].split()[0])
    for _ in range(count):
        at = len(out)
        out += b"xref\n0 0\ntrailer\n<< /Size 6 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (start, at)
        start = at
    return bytes(out)


def _names_in_array(count: int) -> bytes:
    return sample_files.one_page(more={10: b"[" + b"/Launch 0 " * count + b"]"})


def _html(body: str) -> bytes:
    return f"<!doctype html><html><head><title>x</title></head><body>{body}</body></html>".encode()


def _book(body: str) -> bytes:
    return structured_documents.epub(body)


def _word(body: str, styles: str = "") -> bytes:
    return structured_documents.docx(body, styles=styles)


def _runs(count: int, properties: str, text: str = "word ") -> bytes:
    return _word(f"<w:p>{''.join(structured_documents.run(text, properties) for _ in range(count))}</w:p>")


def _styles(count: int) -> bytes:
    chain = "".join(
        f'<w:style w:styleId="s{number}"><w:name w:val="n{number}"/><w:basedOn w:val="s{number + 1}"/></w:style>'
        for number in range(count)
    )
    body = "".join(structured_documents.styled("s0", "word") for _ in range(count))
    return _word(
        body, f'<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{chain}</w:styles>'
    )


def _word_table(rows: int, columns: int) -> bytes:
    return _word(structured_documents.table(*[["word"] * columns] * rows))


def _book_with_package(items: str, spine: str, **parts: str) -> bytes:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><manifest>'
        '<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>'
        f'{items}</manifest><spine><itemref idref="one"/>{spine}</spine></package>'
    )
    return media_files.epub({"OEBPS/content.opf": package, **{f"OEBPS/{name}": part for name, part in parts.items()}})


def _pictures(between: str, count: int) -> bytes:
    pictures = f'{between}<img src="a.png"/>' * count
    body = structured_documents.xhtml(f"<p>The text begins.</p>{pictures}")
    return media_files.epub({"OEBPS/one.xhtml": body, "OEBPS/a.png": media_files.saved(media_files.drawn(), "PNG")})


def _book_metadata(unit: str, count: int) -> bytes:
    start = '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
    package = media_files.PACKAGE.replace("<metadata>", f"{start}{unit * count}")
    return media_files.epub({"OEBPS/content.opf": package})


def _contents_lists(count: int) -> bytes:
    items = "".join(
        f'<item id="n{number}" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        for number in range(count)
    )
    return _book_with_package(items, "", **{"nav.xhtml": "<p>x</p>" * count})


def _repeated_spine(count: int) -> bytes:
    references = '<itemref idref="big"/>' * min(count, 1_900)
    item = '<item id="big" href="big.xhtml" media-type="application/xhtml+xml"/>'
    return _book_with_package(item, references, **{"big.xhtml": "<html><body>" + "<i></i>" * count + "</body></html>"})


def _noise_png(count: int) -> bytes:
    image = Image.frombytes("L", (count, 100), random.Random(5).randbytes(count * 100))  # noqa: S311  repeatable
    return media_files.saved(image, "PNG")


def _flac_headers(count: int) -> bytes:
    """Return a last frame full of frame headers: each might begin the last frame."""
    head = media_files.flac_frame(0)[:6]
    whole = media_files.flac()
    return whole + head * count


def _compressed_tags(count: int) -> bytes:
    packed = zlib.compress(bytes(200_000), 9)
    frames = [media_files.id3_frame(b"TXXX", bytes(4) + packed, b"\0\x80") for _ in range(count)]
    return media_files.id3(*frames) + media_files.mp3()


def _boxes(count: int) -> bytes:
    return media_files.mp4(media_files.VIDEO, media_files.SOUND) + media_files.box(b"free") * count


def _ogg_pages(count: int) -> bytes:
    return b"".join(
        media_files.ogg_page(
            7, number, number, 2 if number == 0 else 0, media_files.VORBIS_HEAD if number == 0 else b"x"
        )
        for number in range(count)
    )


def _chunks(count: int) -> bytes:
    return media_files.png_with(*[(b"tEXt", b"a\0b")] * count)


def _jpeg_comments(count: int) -> bytes:
    whole = media_files.saved(media_files.drawn(), "JPEG")
    return whole[:2] + b"\xff\xfe\0\x03x" * count + whole[2:]


def _gif_comments(count: int) -> bytes:
    whole = media_files.saved(media_files.drawn("P"), "GIF")
    at = whole.rfind(b"\x2c")
    return whole[:at] + b"\x21\xfe\x01x\0" * count + whole[at:]


def _mp3_noise(count: int) -> bytes:
    return media_files.mp3() + b"\xff\xfb\x90\x00" * count


def _comments(count: int) -> bytes:
    comment = struct.pack("<I", 3) + b"A=b"
    block = struct.pack("<I", 0) + struct.pack("<I", count) + comment * count
    return b"\x84" + len(block).to_bytes(3, "big") + block


def _chapter_headings(count: int) -> bytes:
    return b"".join(b"Chapter 1 of %x\n\nPart %x\n\nwords\n\n" % (number, number) for number in range(count // 10))


def _field(code: str) -> bytes:
    return media_files.docx({"word/document.xml": media_files.word(media_files.field(code))})


FILES: dict[str, GrowingFile] = {}


def _add(media_type: str, count: int, name: str, build: Callable[[int], bytes]) -> None:
    FILES[f"{FILENAMES.get(media_type, media_type).removeprefix('a.')}: {name}"] = GrowingFile(media_type, count, build)


# ---- PDF ----
_add(PDF, 4_000, "single letters", _letters)
_add(PDF, 500, "one row of letters far apart", _one_row)
_add(PDF, 500, "a table of many rows", lambda n: _pages_of_rows(n, 4))
_add(PDF, 40, "a table of many columns", lambda n: _pages_of_rows(20, n))
_add(PDF, 60, "a table that grows both ways", lambda n: _pages_of_rows(40, n))
_add(PDF, 2_000, "hidden text behind visible text", _hidden_texts)
_add(PDF, 200, "an outline of many entries on one page", _outline)
_add(PDF, 500, "active annotations between others", _annotations)
_add(PDF, 2_000, "active names in one array", _names_in_array)
_add(PDF, 400, "cross-reference tables", _xref_chain)
_add(PDF, 300, "pages", sample_files.many_pages)
_add(PDF, 20_000, "one line", lambda n: _page(b"BT /F1 3 Tf 10 10 Td (" + b"word " * n + b") Tj ET"))
_add(PDF, 20_000, "one line of dots", lambda n: _page(b"BT /F1 3 Tf 10 10 Td (" + b". " * n + b") Tj ET"))
_add(PDF, 20_000, "one line of digits", lambda n: _page(b"BT /F1 3 Tf 10 10 Td (" + b"0" * n + b") Tj ET"))
_add(PDF, 20_000, "paths", lambda n: _page(b"0 0 m 9 9 l S\n" * n))
_add(PDF, 5_000, "unclosed strings in comments", lambda n: _page(b"BT ET", catalog=b"/X (" + rb"\(" * n + b")"))
# ---- text ----
_add(TXT, 2_000, "tiny paragraphs", lambda n: b"a\n\n" * n)
_add(
    TXT,
    20_000,
    "chapter headings",
    lambda n: b"".join(b"Chapter 1 of %x\n\nPart %x\n\nwords\n\n" % (i, i) for i in range(n // 10)),
)
_add(TXT, 2_000, "one line of letters", lambda n: b"a" * n)
_add(TXT, 2_000, "one line of digits", lambda n: b"1" * n + b"\n" + b" " * 9 + b"a")
_add(TXT, 2_000, "one line of dots", lambda n: b"x" + b" ." * n + b"x")
_add(TXT, 2_000, "brackets after an address", lambda n: b"http://a" + b")" * n + b"x")
_add(TXT, 2_000, "addresses", lambda n: b"http://a.b)/ " * n)
_add(TXT, 2_000, "marks on one letter", lambda n: ("a" + "\u0301\u0316" * n).encode())
_add(TXT, 2_000, "hyphens at line ends", lambda n: b"half-a-word-\n" * n)
_add(TXT, 2_000, "form feeds", lambda n: b"page 1\f" * n)
_add(TXT, 2_000, "spaces", lambda n: b"a" + b" " * n + b"b")
_add(TXT, 2_000, "tabs", lambda n: b"a" + b"\t" * n + b"b")
_add(TXT, 2_000, "columns", lambda n: b"a      b      c      d\n" * n)
_add(
    TXT, 20_000, "wrapped lines", lambda n: b"A line of seventy characters that a person has wrapped by hand, so.\n" * n
)
_add(TXT, 2_000, "quotes after a full stop", lambda n: b"." + b"'\")" * n + b"x\n")
# ---- Markdown ----
for _name, _unit in {
    "brackets": "[", "closing brackets": "]", "images": "![", "links": "[a](", "nested links": "[a](b", "stars": "*a ",
    "stars and words": "*a **b ", "underscores": "_a __b ", "backticks": "`a", "angles": "<a", "addresses": "<http:",
    "quotes": "> ", "quoted lines": "> a\n", "lists": "- ", "list items": "- a\n", "numbered items": "1. a\n\n",
    "lazy lines": "> a\nb\n", "references": "[a]: b\n", "footnotes": "[^1]: a\n", "footnote marks": "a[^1] ", "headings": "# a\n",
    "underlined headings": "a\n=\n", "rules": "***\n", "fences": "```\n", "tildes": "~~a ", "entities": "&amp;", "escapes": "\\*",
    "inline HTML": "<b>a", "HTML blocks": "<div>\n\n", "comments": "<!-- a ", "formulas": "$$ a\n", "line breaks": "a  \n",
    "strikes": "~~a~~ ", "pipes": "|", "spaces": " ", "exclamation marks": "!", "nested emphasis": "*a_", "tabs": "\ta\n",
    "declarations": "<!A ", "instructions": "<? ", "hard words": "a", "link titles": '[a](b "', "CDATA": "<![CDATA[ ",
}.items():  # fmt: skip
    _add(MARKDOWN, 2_000, _name, lambda n, unit=_unit: (unit * n).encode())  # type: ignore[misc]
_add(MARKDOWN, 500, "table rows", lambda n: b"|a" * 20 + b"|\n" + b"|-" * 20 + b"|\n" + (b"|b" * 20 + b"|\n") * n)
_add(MARKDOWN, 100, "table columns", lambda n: b"|a" * n + b"|\n" + b"|-" * n + b"|\n" + (b"|b" * n + b"|\n") * 20)
_add(MARKDOWN, 500, "table rows without cells", lambda n: b"|a" * n + b"|\n" + b"|-" * n + b"|\n" + b"|b\n" * n)
_add(MARKDOWN, 1_000, "nested emphases", lambda n: b"*a **a " * n + b"b" + b" a** a*" * n)
_add(MARKDOWN, 1_000, "nested brackets", lambda n: b"[" * n + b"a" + b"]" * n)
_add(MARKDOWN, 2_000, "front matter", lambda n: b"---\ntitle: a\n" + b"--- \t x\n" * n)
# ---- HTML ----
for _name, _unit in {
    "superscripts": "a<sup>1</sup>", "superscript letters": "a<sup>b</sup>", "paragraphs": "<p>a</p>", "headings": "<h2>a</h2>",
    "spaces": " ", "comments": "<!--", "long names": "<a", "tables": "<table><tr><td>a</td></tr></table>",
    "rows": "<table><tr><td>a", "footnote links": '<a href="#n">1</a>', "breaks": "a<br>", "open quotes": '<p x="', "angles": "<",
    "scripts": "<script>a</script>", "open scripts": "<script", "articles": "<article>a</article>", "options": "<option>a",
    "ids": "<i id=a>a</i>", "list items": "<li>a", "spans": "<span>a</span>", "entities": "&amp;", "lone end tags": "</b>a",
}.items():  # fmt: skip
    _add(HTML, 3_000, _name, lambda n, unit=_unit: _html(unit * n))  # type: ignore[misc]
_add(HTML, 20_000, "a superscript of no-break spaces", lambda n: _html(f"a<sup>{chr(0xA0) * n}</sup>"))
_add(HTML, 20_000, "a long text before footnote links", lambda n: _html("a" * n + '<a href="#n">*</a>' * n))
_add(HTML, 5_000, "a long text before superscripts", lambda n: _html("a" * n * 9 + "<sup>1</sup>" * n))
_add(HTML, 2_000, "options of a list", lambda n: _html("<select>" + "<option>a" * n + "</select>"))
_add(HTML, 2_000, "attributes", lambda n: _html("<p " + " ".join(f"a{i}=b" for i in range(n)) + ">a"))
_add(HTML, 20_000, "a long attribute", lambda n: _html(f'<p style="{" " * n}" class="{"foot " * n}">a'))
_add(HTML, 20_000, "spaces before an address", lambda n: _html("<p>href=" + " " * n + "x"))
_add(HTML, 300, "formatting that stays open", lambda n: _html("".join(f"<p><b id=b{i}>a</p>" for i in range(n))))
_add(HTML, 300, "nested superscripts", lambda n: _html("<sup>1" * 200 + "<i>a</i>" * n))
_add(HTML, 300, "nested tables", lambda n: _html("<table><tr><td>" * 60 + "<i>a</i>" * n))
_add(HTML, 300, "nested articles", lambda n: _html("<article>a" * 200 + "<i>a</i>" * n))
_add(HTML, 200, "a table that grows both ways", lambda n: _html("<table>" + ("<tr>" + "<td>a" * 20) * n + "</table>"))
_add(HTML, 2_000, "a wide table", lambda n: _html("<table>" + ("<tr>" + "<td>a" * n) * 3 + "</table>"))
_add(HTML, 2_000, "deep elements", lambda n: _html("<div>" * n))
_add(HTML, 2_000, "deep blocks that a mismatched end tag leaves open", lambda n: _html("<b><div></b>" * n))
_add(HTML, 2_000, "deep tables that an end tag does not close", lambda n: _html("<div><table><td></div>" * n))
_add(HTML, 2_000, "deep elements behind quoted brackets", lambda n: _html('<div x="<">' * n))
_add(HTML, 2_000, "deep elements with end tags in comments", lambda n: _html("<div><!x</div>" * n))
_add(HTML, 2_000, "deep elements with end tags in a frame", lambda n: _html("<div><iframe></div></iframe>" * n))
# ---- EPUB ----
for _name, _unit in {
    "paragraphs": "<p>a</p>", "headings": "<h2>a</h2>", "self-closing tags": "<i/>a", "links": '<a href="#n">1</a>',
}.items():  # fmt: skip
    _add(EPUB, 5_000, _name, lambda n, unit=_unit: _book(unit * n))  # type: ignore[misc]
_add(
    EPUB, 2_000, "formatting that stays open", lambda n: _book("".join(f"<p><b id='b{i}'>a</p>" for i in range(n // 4)))
)
_add(EPUB, 200, "tables of contents", _contents_lists)
_add(EPUB, 400, "one text many times", _repeated_spine)
_add(EPUB, 400, "pictures between words", lambda n: _pictures("<p>some words of the text</p>", n))
_add(EPUB, 400, "pictures between words that the text has not", lambda n: _pictures("<nav>words of a menu</nav>", n))
_add(EPUB, 1_000, "creators", lambda n: _book_metadata("<dc:creator id='c'>A B</dc:creator>", n))
_add(EPUB, 1_000, "refinements", lambda n: _book_metadata("<meta refines='#c' property='role'>aut</meta>", n))
_add(EPUB, 1_000, "collections", lambda n: _book_metadata("<meta property='belongs-to-collection'>a</meta>", n))
# ---- DOCX ----
_add(DOCX, 4_000, "runs of one paragraph", lambda n: _runs(n, ""))
_add(DOCX, 4_000, "superscripts", lambda n: _runs(n, '<w:vertAlign w:val="superscript"/>', "1"))
_add(DOCX, 10_000, "a superscript of spaces", lambda n: _word(
    f'<w:p>{structured_documents.run(" " * n, chr(60) + "w:vertAlign w:val=" + chr(34) + "superscript" + chr(34) + "/>")}</w:p>'
))  # fmt: skip
_add(DOCX, 5_000, "paragraphs", lambda n: _word(paragraph("a") * n))
_add(DOCX, 1_000, "styles based on each other", _styles)
_add(DOCX, 300, "table rows", lambda n: _word_table(n, 20))
_add(DOCX, 300, "table columns", lambda n: _word_table(20, n))
_add(
    DOCX,
    5_000,
    "line breaks in a field",
    lambda n: media_files.docx({"word/document.xml": media_files.word(media_files.field("\n" * n))}),
)
_add(
    DOCX,
    5_000,
    "spaces in a field",
    lambda n: media_files.docx({"word/document.xml": media_files.word(media_files.field("LINK" + " " * n))}),
)
_add(DOCX, 5_000, "footnotes", lambda n: media_files.docx({"word/footnotes.xml": media_files.word(paragraph("a") * n)}))
_add(DOCX, 2_000, "attributes", lambda n: _word("<w:p " + " ".join(f'a{i}="b"' for i in range(n)) + "></w:p>"))
_add(DOCX, 400_000, "one long attribute", lambda n: _word(f'<w:p a="{"b" * n}"></w:p>'))
_add(DOCX, 400_000, "one long word", lambda n: _word(paragraph("b" * n)))
_add(
    DOCX,
    60,
    "nested tables",
    lambda n: _word("<w:tbl><w:tr><w:tc>" * 60 + paragraph("a") * n + "</w:tc></w:tr></w:tbl>" * 60),
)
_add(DOCX, 300, "parts", lambda n: media_files.docx({f"word/media/{i}.bin": b"x" for i in range(n)}))
_MARKED = (
    "<w:bookmarkStart w:name='b'/><w:hyperlink w:anchor='b'><w:r><w:t>a</w:t></w:r></w:hyperlink>"
    "<w:r><w:footnoteReference w:id='1'/></w:r>"
)
_add(DOCX, 2_000, "links, anchors and note marks", lambda n: _word(f"<w:p>{_MARKED * n}</w:p>"))
# ---- FictionBook ----
for _name, _unit in {
    "sections": "<section><title><p>a</p></title></section>", "notes": '<p>a<a l:href="#n1" type="note">1</a></p>',
    "open elements": "<p>a", "tables": "<table><tr><td>a</td></tr></table>", "ampersands": "<p>a & b</p>",
}.items():  # fmt: skip
    _add(book_files.FB2, 1_000, _name, lambda n, unit=_unit: book_files.fb2(f"<body>{unit * n}</body>"))  # type: ignore[misc]
_add(book_files.FB2, 3_000, "links in one paragraph", lambda n: book_files.fb2(f"<body><p>{'<a>a</a>' * n}</p></body>"))
_add(
    book_files.FB2,
    20_000,
    "one long superscript",
    lambda n: book_files.fb2(f"<body><p>a<sup>{'1' * n}</sup></p></body>"),
)
_add(book_files.FB2, 200, "binaries", lambda n: book_files.fb2(more=book_files.fb2_binary(sample_files.PNG) * n))
_add(
    book_files.FB2,
    400_000,
    "one binary",
    lambda n: book_files.fb2(more=book_files.fb2_binary(sample_files.PNG + bytes(n))),
)
_add(
    book_files.FB2_ZIP,
    3_000,
    "paragraphs",
    lambda n: book_files.fb2_zip(book_files.fb2(f"<body>{'<p>a</p>' * n}</body>")),
)
# ---- tags of recordings ----
_add(
    "audio/mpeg",
    400,
    "texts",
    lambda n: media_files.id3(*[media_files.id3_frame(b"TXXX", b"\3a\0b")] * n) + media_files.mp3(),
)
_add("audio/flac", 400, "comments", lambda n: media_files.flac(more=_comments(n)))
# ---- RTF ----
for _name, _unit in {
    "paragraphs": r"\pard a\par", "groups": r"{\b a}", "notes": r"a{\footnote b}\par", "letters": r"\'e9\u233 ?",
    "rows": r"\pard\intbl a\cell\row", "fields": r"{\field{\*\fldinst PAGE}{\fldrslt 1}}", "superscripts": r"a{\super 1}",
}.items():  # fmt: skip
    _add(book_files.RTF, 1_000, _name, lambda n, unit=_unit: book_files.rtf(unit * n))  # type: ignore[misc]
_add(book_files.RTF, 200_000, "one picture", lambda n: book_files.rtf(r"{\pict\pngblip " + "0" * n + "}"))
# ---- Kindle books ----
for _name, _unit in {
    "paragraphs": "<p>a</p>", "links": "<a filepos=0000000000>a</a>", "headings": "<h1>a</h1>",
    "open tags": "<b><i>a", "pictures": '<img recindex="00001">', "unclosed tags": "<a filepos=",
}.items():  # fmt: skip
    _add(kindle_files.MOBI, 1_000, _name, lambda n, unit=_unit: kindle_files.mobi("<p>a</p>" + unit * n))  # type: ignore[misc]
_add(kindle_files.MOBI, 200, "page breaks", lambda n: kindle_files.mobi("<mbp:pagebreak/><p>a</p>" * n))
_add(
    kindle_files.MOBI,
    4_000,
    "phrases",
    lambda n: kindle_files.mobi("<p>a phrase</p>" * n, compression=kindle_files.HUFFMAN),
)
_add(kindle_files.MOBI, 4_000, "pairs", lambda n: kindle_files.mobi("<p>a b</p>" * n, compression=kindle_files.PALMDOC))
_add(kindle_files.MOBI, 500, "chapters", lambda n: kindle_files.mobi(contents=[("A", at % 60, 0) for at in range(n)]))
_add(
    kindle_files.MOBI,
    500,
    "fragments",
    lambda n: kindle_files.azw3([("<html><body>", "</body></html>", ("<p>a</p>", "<p>b</p>", *["<p>c</p>"] * n))]),
)
# ---- OpenDocument ----
for _name, _unit in {
    "paragraphs": "<text:p>a</text:p>", "spans": "<text:p>a<text:span>b</text:span></text:p>",
    "notes": "<text:p>a<text:note><text:note-body><text:p>b</text:p></text:note-body></text:note></text:p>",
    "text boxes": "<text:p><draw:text-box><text:p>a</text:p></draw:text-box></text:p>",
    "tables": "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>"
    "</table:table>",
}.items():  # fmt: skip
    _add(book_files.ODT, 1_000, _name, lambda n, unit=_unit: book_files.odt_text(unit * n))  # type: ignore[misc]
_add(
    book_files.ODT,
    2_000,
    "spans of one paragraph",
    lambda n: book_files.odt_text(f"<text:p>{'<text:span>a</text:span>' * n}</text:p>"),
)
_add(
    book_files.ODT,
    1_000,
    "styles based on each other",
    lambda n: book_files.odt_text(
        '<text:p text:style-name="s0">a</text:p>' * n,
        styles="".join(
            f'<style:style style:name="s{i}" style:family="paragraph" style:parent-style-name="s{i + 1}"/>'
            for i in range(n)
        ),
    ),
)
_NOTED = (
    '<text:a xlink:href="#b">a</text:a><text:bookmark text:name="b"/>'
    "<text:note><text:note-citation>1</text:note-citation></text:note>"
)
_add(
    book_files.ODT,
    2_000,
    "links, anchors and note marks",
    lambda n: book_files.odt_text(f"<text:p>{_NOTED * n}</text:p>"),
)
# ---- pictures, sound and video ----
_add("image/png", 500, "pixels", _noise_png)
_add("image/png", 2_000, "chunks", _chunks)
_add("image/jpeg", 2_000, "comments", _jpeg_comments)
_add("image/gif", 2_000, "comments", _gif_comments)
_add("image/gif", 100, "frames", lambda n: media_files.animation("GIF", n))
_add("image/webp", 50, "frames", lambda n: media_files.animation("WEBP", n))
_add("image/png", 50, "frames", lambda n: media_files.animation("PNG", n))
_add("audio/flac", 2_000, "frame headers", _flac_headers)
_add("audio/mpeg", 50, "compressed tags", _compressed_tags)
_add("audio/mpeg", 2_000, "frame headers", _mp3_noise)
_add("audio/mpeg", 200_000, "zeros in front", lambda n: media_files.id3() + bytes(n) + media_files.mp3())
_add("audio/aac", 2_000, "frames", media_files.aac)
_add("audio/ogg", 2_000, "pages", _ogg_pages)
_add("audio/wav", 200, "chunks", lambda n: media_files.riff(
    b"WAVE", media_files.wav_format(), (b"data", bytes(2_000)), *[(b"LIST", b"x")] * n
))  # fmt: skip
_add("video/mp4", 20_000, "boxes", _boxes)
