"""Valid, unusual and hostile PDFs and small files, built in code: the repository contains nothing dangerous."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Literal

import pikepdf

# Assembled here: as one literal, the antivirus test string would trigger virus scanners of this repository.
EICAR = "".join(["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"]).encode()


def _png() -> bytes:
    """Return one grey pixel."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\x80")),
        (b"IEND", b""),
    )
    packed = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


PNG = _png()
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")


# ---- PDFs written by hand ----


def pdf(objects: Mapping[int, bytes], *, trailer: bytes = b"", header: bytes = b"%PDF-1.7\n", root: int = 1) -> bytes:
    """Return a PDF with a classic cross-reference table. `objects` are the bodies, without `obj` and `endobj`."""
    out = bytearray(header + b"%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, start)
    return bytes(out)


def stream(content: bytes, dictionary: bytes = b"", *, deflate: bool = True) -> bytes:
    packed = zlib.compress(content) if deflate else content
    filtered = b"/Filter /FlateDecode " if deflate else b""
    return b"<< /Length %d %s%s >>\nstream\n" % (len(packed), filtered, dictionary) + packed + b"\nendstream"


def one_page(catalog: bytes = b"", page: bytes = b"", more: Mapping[int, bytes] | None = None) -> bytes:
    """Return one page with the text "Hello".

    `catalog` and `page` are added to their dictionaries; `more` are objects, numbered from 10.
    """
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> %s >>" % page,
        4: stream(b"BT /F1 18 Tf 20 100 Td (Hello from a page of text) Tj ET"),
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    return pdf({**objects, **(more or {})})


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count)}
    objects |= dict.fromkeys(range(3, count + 3), b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")
    return pdf(objects)


def in_object_streams(source: bytes) -> bytes:
    """Return the same document with its objects in compressed object streams, hidden from a plain search."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(source)) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def encrypted(
    source: bytes,
    *,
    user: str,
    owner: str = "owner",
    revision: Literal[2, 3, 4, 6] = 6,
    allow: pikepdf.Permissions = pikepdf.Permissions(extract=False, modify_other=False, modify_assembly=False),  # noqa: B008  frozen
) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(source)) as document:
        aes = revision >= 4
        document.save(
            out, encryption=pikepdf.Encryption(owner=owner, user=user, R=revision, aes=aes, metadata=aes, allow=allow)
        )
    return out.getvalue()


# ---- PDFs with active content ----

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"

# name → (file, the kind of active content in it)
ACTIVE: dict[str, tuple[bytes, str]] = {
    "script on opening": (one_page(b"/OpenAction " + SCRIPT), "javascript"),
    "script in the name tree": (
        one_page(b"/Names << /JavaScript << /Names [(a) 10 0 R] >> >>", more={10: SCRIPT}),
        "javascript",
    ),
    "script as a stream": (
        one_page(b"/OpenAction 10 0 R", more={10: b"<< /S /JavaScript /JS 11 0 R >>", 11: stream(b"app.alert(1)")}),
        "javascript",
    ),
    "script with an escaped name": (
        one_page(b"/OpenAction << /S /J#61va#53cript /J#53 (app.alert\\(1\\)) >>"),
        "javascript",
    ),
    "script named by a reference": (
        one_page(
            b"/OpenAction 10 0 R",
            more={10: b"<< /S 11 0 R /JS 12 0 R >>", 11: b"/JavaScript", 12: b"(app.alert\\(1\\))"},
        ),
        "javascript",
    ),
    "film named by a reference": (
        one_page(page=b"/Annots [<< /Subtype 10 0 R /Rect [0 0 9 9] >>]", more={10: b"/Movie"}),
        "rich_media",
    ),
    "script in an object stream": (in_object_streams(one_page(b"/OpenAction 10 0 R", more={10: SCRIPT})), "javascript"),
    "script on leaving a page": (one_page(page=b"/AA << /C " + SCRIPT + b" >>"), "javascript"),
    "script after a harmless action": (
        one_page(b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next " + SCRIPT + b" >>"),
        "javascript",
    ),
    "script on a link": (
        one_page(page=b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A " + SCRIPT + b" >>]"),
        "javascript",
    ),
    "script in an outline": (
        one_page(
            b"/Outlines 10 0 R",
            more={10: b"<< /First 11 0 R /Count 1 >>", 11: b"<< /Title (x) /Parent 10 0 R /A " + SCRIPT + b" >>"},
        ),
        "javascript",
    ),
    "script without a reference": (one_page(more={10: SCRIPT}), "javascript"),
    "program start": (one_page(b"/OpenAction << /S /Launch /F (calc.exe) >>"), "launch"),
    "program start with an escaped name": (one_page(b"/OpenAction << /S /#4c#61unch /F (calc.exe) >>"), "launch"),
    "attached file": (
        one_page(
            b"/Names << /EmbeddedFiles << /Names [(a.txt) 10 0 R] >> >>",
            more={
                10: b"<< /Type /Filespec /F (a.txt) /EF << /F 11 0 R >> >>",
                11: stream(b"attached", b"/Type /EmbeddedFile"),
            },
        ),
        "attachments",
    ),
    "attached file on a page": (
        one_page(
            page=b"/Annots [<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS 10 0 R >>]",
            more={10: b"<< /F (a.txt) /EF << /F 11 0 R >> >>", 11: stream(b"attached")},
        ),
        "attachments",
    ),
    "flash film": (
        one_page(page=b"/Annots [<< /Type /Annot /Subtype /RichMedia /Rect [0 0 9 9] /RichMediaContent << /A 1 >> >>]"),
        "rich_media",
    ),
    "film": (one_page(page=b"/Annots [<< /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (a.avi) >> >>]"), "rich_media"),
    "dynamic form": (one_page(b"/AcroForm << /Fields [] /XFA 10 0 R >>", more={10: stream(b"<xdp/>")}), "xfa"),
    "form that sends": (
        one_page(
            b"/AcroForm << /Fields [10 0 R] >>",
            b"/Annots [10 0 R]",
            {
                10: b"<< /Subtype /Widget /FT /Btn /T (b) /Rect [0 0 9 9] "
                b"/A << /S /SubmitForm /F (http://example.org) >> >>"
            },
        ),
        "form_actions",
    ),
    "form that loads": (one_page(b"/OpenAction << /S /ImportData /F (a.fdf) >>"), "form_actions"),
    "link to another file": (
        one_page(page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /GoToR /F (b.pdf) /D [0 /Fit] >> >>]"),
        "remote_goto",
    ),
    "link into an attachment": (
        one_page(b"/OpenAction << /S /GoToE /D [0 /Fit] /T << /R /C /N (a) >> >>"),
        "remote_goto",
    ),
    "web page on opening": (one_page(b"/OpenAction << /S /URI /URI (http://example.org) >>"), "automatic_actions"),
}

# Unusual but valid, without active content: some names only look like it.
HARMLESS: dict[str, bytes] = {
    "one page": one_page(),
    "one page in object streams": in_object_streams(one_page()),
    "opens at a page": one_page(b"/OpenAction [3 0 R /Fit]"),
    "opens at a page by an action": one_page(b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
    "links to the web": one_page(
        page=b"/Annots [<< /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (http://example.org) >> >>]"
    ),
    "a font called AA": one_page(page=b"/Fonts << /AA 5 0 R /3D 1 >>"),
    "a null among the pages": pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [null 3 0 R] /Count 1 >>",
            3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        }
    ),
    "numbers and a null that are objects": one_page(
        more={10: b"7", 11: b"null", 12: b"true", 13: b"/Name", 14: b"(x)"}
    ),
    "blank lines after the end": one_page() + b"\n" * 1000,
}

# Mentions scripts in a string, but has none.
MENTIONS_SCRIPTS = one_page(
    b"/Outlines 10 0 R",
    more={
        10: b"<< /First 11 0 R /Last 11 0 R /Count 1 >>",
        11: b"<< /Title (HTML/JavaScript \\(and /JS\\), a primer) /Parent 10 0 R /Dest [3 0 R /Fit] >>",
    },
)


# ---- PDF bombs ----


def _xref_stream_bomb() -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    start = len(out)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(300)) + packer.flush()
    head = b"<< /Type /XRef /W [1 4 2] /Size 40000000 /Root 1 0 R /Filter /FlateDecode /Length %d >>" % len(packed)
    out += b"1 0 obj\n" + head + b"\nstream\n" + packed + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _doubling_tree(levels: int) -> bytes:
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for number in range(2, 2 + levels):
        objects[number] = b"<< /Type /Pages /Kids [%d 0 R %d 0 R] /Count 9 >>" % (number + 1, number + 1)
    objects[2 + levels] = b"<< /Type /Page /MediaBox [0 0 9 9] >>"
    return pdf(objects)


def _deep_tree(levels: int) -> bytes:
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for number in range(2, 2 + levels):
        objects[number] = b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1)
    objects[2 + levels] = b"<< /Type /Page /MediaBox [0 0 9 9] >>"
    return pdf(objects)


def looping_tables() -> bytes:
    """Return a PDF that opens, with a cross-reference table that is its own predecessor."""
    whole = one_page()
    start = int(whole.rpartition(b"startxref\n")[2].split()[0])
    return whole.replace(b" /Root 1 0 R ", b" /Root 1 0 R /Prev %d " % start)


# name → (builder, the codes that may reject it)
BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "300 MB of cross-references": (_xref_stream_bomb, {"bomb", "malformed"}),
    "page tree of 2^26 leaves": (lambda: _doubling_tree(26), {"bomb"}),
    "page tree 5,000 deep": (lambda: _deep_tree(5_000), {"bomb"}),
    "page tree that contains itself": (
        lambda: pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}),
        {"bomb"},
    ),
    "200,000 nested arrays": (lambda: one_page(b"/X " + b"[" * 200_000 + b"]" * 200_000), {"bomb", "malformed"}),
    "150,000 objects": (lambda: one_page(more=dict.fromkeys(range(10, 150_010), b"null")), {"bomb"}),
    "object streams of 100 MB": (
        lambda: one_page(more={10: stream(b"11 0 12 5 " + b"<< >> " * 17_000_000, b"/Type /X")}),
        {"bomb"},
    ),
}
