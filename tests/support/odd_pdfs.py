"""PDFs as odd programs write and transfers leave them. All of them are valid to viewers, and none is dangerous."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.sample_files import SCRIPT, one_page, stream

PLAIN = one_page()
_START = int(PLAIN.rpartition(b"startxref\n")[2].split()[0])


def moved_table(by: int) -> bytes:
    """Return a PDF whose cross-references and their own offset are all wrong by some bytes."""
    head, _, tail = PLAIN.rpartition(b"startxref\n")
    body, table = head[:_START], head[_START:]
    rows = [b"%010d 00000 n " % (int(line[:10]) + by) if line.endswith(b" n ") else line for line in table.split(b"\n")]
    return body + b"\n".join(rows) + b"startxref\n" + tail.replace(b"%d" % _START, b"%d" % (_START + by))


# Bytes before and behind the PDF: name → (file, the number of bytes that are neither part of it nor blank).
FRAMES: Mapping[str, tuple[bytes, int]] = {
    "a byte order mark before it": (b"\xef\xbb\xbf" + PLAIN, 0),
    "blank lines before it": (b"\r\n\r\n" + PLAIN, 0),
    "a printer's commands before it": (b"\x1b%-12345X@PJL JOB\r\n" + PLAIN, 17),
    "a mail's header before it": (b"Content-Type: application/pdf\r\n\r\n" + PLAIN, 29),
    "1,000 bytes before it": (b"x" * 1_000 + PLAIN, 1_000),
    "a version without its minor number": (PLAIN.replace(b"%PDF-1.7", b"%PDF-1.", 1), 0),
    "an unknown version": (PLAIN.replace(b"%PDF-1.7", b"%PDF-a.b", 1), 0),
    "no %%EOF": (PLAIN.replace(b"%%EOF", b""), 0),
    "3,000 zeros behind it": (PLAIN + bytes(3_000), 0),
    "90,000 blanks behind it": (PLAIN + b" \r\n" * 30_000, 0),
    "a web page behind it": (PLAIN + b"\n<html><body>" + b"Thank you. " * 300 + b"</body></html>\n", 3_326),
    "a signature's bytes behind it": (PLAIN + b"s" * 4_096, 4_096),
    "a table that is off by some bytes": (moved_table(5), 0),
    "a table that is off the other way": (moved_table(-3), 0),
    "a startxref of 0": (PLAIN.replace(b"startxref\n%d" % _START, b"startxref\n0"), 0),
    "a startxref behind the end": (PLAIN.replace(b"startxref\n%d" % _START, b"startxref\n99999999"), 0),
    "a startxref without a number": (PLAIN.replace(b"startxref\n%d" % _START, b"startxref\n"), 0),
}


def _with_font(name: bytes) -> bytes:
    return one_page(
        page=b"/Annots []",
        more={4: stream(b"BT /%s 18 Tf 20 100 Td (Hello from a page of text) Tj ET" % name)},
    ).replace(b"/F1 5 0 R", b"/F1 5 0 R /%s 5 0 R" % name)


_WITH_RESOURCES = one_page(
    more={
        4: stream(b"BT /F1 18 Tf 20 100 Td (Hello from a page of text) Tj ET /JS Do /XFA Do /Launch gs"),
        10: stream(b"0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"),
        11: b"<< /Type /ExtGState /AA true /SMask << /S /Luminosity /G 10 0 R >> >>",
    }
).replace(
    b"/Font << /F1 5 0 R >>",
    b"/Font << /F1 5 0 R >> /XObject << /JS 10 0 R /XFA 10 0 R /EF 10 0 R >> /ExtGState << /Launch 11 0 R /AA 11 0 R >>",
)

# Names and words that look like active content.
INNOCENT: Mapping[str, bytes] = {
    **{
        f"a font called /{name.decode()}": _with_font(name)
        for name in (b"JS", b"EF", b"Launch", b"JavaScript", b"AA", b"XFA", b"OpenAction", b"EmbeddedFiles", b"Movie", b"URI")
    },
    "pictures and states with such names": _WITH_RESOURCES,
    "a link to a page about scripts": one_page(
        page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/wiki/JavaScript) >> >>]"
    ),
    "a link with such words as a whole name": one_page(
        page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/Launch/JS) >> >>]"
    ),
    "usage rights": one_page(
        b"/Perms << /UR3 10 0 R >>",
        more={
            10: b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /Contents <00> /ByteRange [0 1 2 3]"
            b" /Reference [<< /Type /SigRef /TransformMethod /UR3 /TransformParams << /Type /TransformParams /V /2.2"
            b" /Annots [/Create /Delete] /Form [/FillIn /Import /SubmitStandalone] /EF [/Create /Modify /Import] >> >>] >>"
        },
    ),
    "structure elements with invented names": one_page(
        b"/MarkInfo << /Marked true >> /StructTreeRoot 10 0 R",
        more={
            10: b"<< /Type /StructTreeRoot /K 11 0 R /RoleMap << /Launch /P /Sound /Span >> >>",
            11: b"<< /Type /StructElem /S /Launch /P 10 0 R /K [12 0 R] >>",
            12: b"<< /S /Sound /P 11 0 R /Pg 3 0 R /K [0] >>",
        },
    ),
    "a glyph with such a name": one_page(more={10: b"<< /Type /Encoding /Differences [65 /JavaScript /Launch /Movie] >>"}),
    "a filter with such a name": one_page(
        page=b"/Thumb 10 0 R", more={10: b"<< /Length 3 /Filter /EmbeddedFile >>\nstream\nabc\nendstream"}
    ),
    "an article on its own pages": one_page(
        page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Thread /D 0 >> >>]"
    ),
    "an opening at the next page": one_page(b"/OpenAction << /S /Named /N /NextPage >>"),
    "a button that prints": one_page(
        page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Named /N /Print >> >>]"
    ),
    "a button that shows a layer": one_page(
        page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /SetOCGState /State [/ON] >> >>]"
    ),
    "links to all kinds of places": one_page(
        page=b"/Annots ["
        + b" ".join(
            b"<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (%s) >> >>" % uri
            for uri in (
                b"http://example.org", b"HTTPS://EXAMPLE.ORG/a?b=javascript:x", b"mailto:a@example.org", b"tel:+491", b"ftp://a.org",
                                b"doi:10.1000/182", b"urn:isbn:9783161484100",
                b"www.example.org", b"page.html#x", b"example.org:8080/a", b"#top", b"",
            )
        )
        + b"]"
    ),
    "names that are not UTF-8": one_page(
        b"/AcroForm << /Fields [10 0 R] >>",
        b"/Annots [10 0 R]",
        {
            10: b"<< /Subtype /Widget /FT /Btn /T (b) /Rect [0 0 9 9] /AS /Mari#e9 /V /Mari#e9"
            b" /AP << /N << /Mari#e9 11 0 R /Off 11 0 R >> >> /#e9t#e9 [/#ff (JavaScript)] >>",
            11: stream(b"0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"),
        },
    ),
    "metadata about scripts": one_page(
        b"/Metadata 10 0 R",
        more={
            10: stream(b"<x>/S /JavaScript /JS (x) 5 0 object</x>", b"/Type /Metadata /Subtype /XML", deflate=False),
            11: b"<< /Title (A primer of /JavaScript \\( /S /JavaScript \\) and (/Launch (/S /Launch)) ) >> % /S /JavaScript",
        },
    ),
    "a filter whose key is misspelled": one_page(more={10: stream(b"q Q", b"/F /FlateDecode", deflate=False)}),
    "an empty tree of scripts": one_page(b"/Names << /JavaScript << >> /Dests << /Names [] >> >>"),
}  # fmt: skip

_LINK = b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI %s >> >>]"
UNSAFE_URIS = (
    b"(javascript:app.alert\\(1\\))", b"(JavaScript:x)", b"( java\\tscript:x)", b"(java\\nscript:x)", b"(javascript%3Ax)",
    b"(%6Aavascript:x)", b"(%256aavascript:x)", b"(\\000javascript:x)", b"(vbscript:x)", b"(data:text/html,<script>)",
    b"<FEFF006A006100760061007300630072006900700074003A0078>", b"<EFBBBF6A6176617363726970743A78>",
    b"(file:///C:/Windows/notepad.exe)", b"(FILE://server/share)", b"(fi\\nle:/etc/passwd)", b"(f%69le:///x)",
    b"(\\\\\\\\server\\\\share\\\\a.exe)", b"(//server/share)", b"(C:\\\\a.exe)", b"(c:/a.exe)", b"(view-source:javascript:x)",
    b"(url:file:///x)", b"(ms-msdt:/id)", b"(search-ms:query=x)", b"(smb://server/share)", b"(jar:file:///x!/y)",
)  # fmt: skip

# Active content beyond scripts and programs: name → (file, its kind).
ACTIVE: Mapping[str, tuple[bytes, str]] = {
    **{f"link to {uri.decode('latin-1')}": (one_page(page=_LINK % uri), "unsafe_links") for uri in UNSAFE_URIS},
    "link whose address is an object": (one_page(page=_LINK % b"10 0 R", more={10: b"(file:///x)"}), "unsafe_links"),
    "base of all links in the file system": (
        one_page(b"/URI << /Base (file:///C:/) >>", _LINK % b"(a.exe)"),
        "unsafe_links",
    ),
    "link to an article in another file": (
        one_page(
            page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Thread /F (\\\\\\\\server\\\\a.pdf) /D 0 >> >>]"
        ),
        "remote_goto",
    ),
    "a page of another file": (
        one_page(
            more={
                10: stream(
                    b"q Q",
                    b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (//server/b.pdf) /Page 0 >>",
                )
            }
        ).replace(b"/Font <<", b"/XObject << /X 10 0 R >> /Font <<"),
        "external_files",
    ),
    "a picture in another file": (
        one_page(
            more={10: stream(b"", b"/Type /XObject /Subtype /Image /F (\\\\\\\\server\\\\a.jpg) /FFilter /DCTDecode")}
        ).replace(b"/Font <<", b"/XObject << /X 10 0 R >> /Font <<"),
        "external_files",
    ),
    "a page's content at an address": (
        one_page(page=b"/Extra 10 0 R", more={10: stream(b"q Q", b"/F << /FS /URL /F (http://example.org/x) >>")}),
        "external_files",
    ),
    "printing on opening": (one_page(b"/OpenAction << /S /Named /N /Print >>"), "automatic_actions"),
    "printing after a turn of the page": (
        one_page(b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next [<< /S /Named /N /Print >>] >>"),
        "automatic_actions",
    ),
    "web page after a harmless opening": (
        one_page(b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (http://example.org) >> >>"),
        "automatic_actions",
    ),
    "web page when a page is shown": (
        one_page(page=b"/AA << /O << /S /URI /URI (http://example.org) >> >>"),
        "automatic_actions",
    ),
    "film by an action": (
        one_page(page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Movie /T (a) >> >>]"),
        "rich_media",
    ),
    "sound by an action": (
        one_page(
            page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Sound /Sound 10 0 R >> >>]",
            more={10: stream(b"....", b"/Type /Sound /R 8000")},
        ),
        "rich_media",
    ),
    "clip in the list of clips": (
        one_page(
            b"/Names << /Renditions << /Names [(a) 10 0 R] >> >>",
            more={10: b"<< /S /MR /C << /S /MCD /D << /FS /URL /F (http://example.org/a.mp4) >> >> >>"},
        ),
        "rich_media",
    ),
    "clip by an action with a script": (
        one_page(page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /Rendition /JS (x) >> >>]"),
        "javascript",
    ),
    "script beside a name that is not UTF-8": (
        one_page(
            b"/AcroForm << /Fields [10 0 R] >>",
            b"/Annots [10 0 R]",
            {
                10: b"<< /Subtype /Widget /FT /Btn /T (b) /Rect [0 0 9 9] /AS /Mari#e9 /A %s /#e9 1 >>" % SCRIPT,
            },
        ),
        "javascript",
    ),
    "script disguised as a structure element": (
        one_page(b"/OpenAction 10 0 R", more={10: b"<< /Type /StructElem /P 1 0 R /S /JavaScript /JS (x) /K 0 >>"}),
        "javascript",
    ),
    "script behind a drawing": (
        one_page(
            b"/OpenAction 10 0 R",
            more={10: b"<< /S /JavaScript /JS 11 0 R >>", 11: stream(b"x", b"/Type /XObject /Subtype /Form")},
        ),
        "javascript",
    ),
    "folder of attached files": (
        one_page(
            b"/Collection << /View /D >> /Names << /EmbeddedFiles << /Names [(a) 10 0 R] >> >>",
            more={10: b"<< /Type /Filespec /F (a) /EF << /UF 11 0 R >> >>", 11: stream(b"attached")},
        ),
        "attachments",
    ),
}  # fmt: skip
