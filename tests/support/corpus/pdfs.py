"""PDFs: pages by hand and by reportlab, with what authors, writers and transfers add to them."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pikepdf
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen import canvas

from tests.support import sample_files
from tests.support.corpus.specimen import Specimen, choose
from tests.support.odd_pdfs import UNSAFE_URIS
from tests.support.sample_files import SCRIPT, stream

WORDS = "the keeper counted waves and wrote about JavaScript, /Launch and the sea until the lamp was lit".split()  # noqa: SIM905


@dataclass
class Draft:
    """Objects of a document that is being written. The catalog is object 1, the page tree 2, the first page 3."""

    rng: random.Random
    objects: dict[int, bytes] = field(default_factory=dict)
    catalog: list[bytes] = field(default_factory=list)
    page: list[bytes] = field(default_factory=list)
    annotations: list[bytes] = field(default_factory=list)
    resources: list[bytes] = field(default_factory=list)
    fonts: list[bytes] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    fields: list[bytes] = field(default_factory=list)
    kids: list[bytes] = field(default_factory=list)
    page_count: bytes = b""

    def add(self, body: bytes) -> bytes:
        """Add an object; return a reference to it."""
        number = max(self.objects, default=19) + 1
        self.objects[number] = body
        return b"%d 0 R" % number

    def link(self, action: bytes) -> None:
        self.annotations.append(b"<< /Type /Annot /Subtype /Link /Rect [0 0 99 20] /A << %s >> >>" % action)

    def finish(self) -> bytes:
        lines = [b"BT /F1 11 Tf 20 180 Td 13 TL"]
        lines += [b"(%s) Tj T*" % _sentence(self.rng).encode() for _ in range(self.rng.randint(1, 8))]
        content = self.add(stream(b"\n".join([*lines, b"ET"]), deflate=self.rng.random() < 0.8))
        extra = self.rng.randint(0, 3)
        resources = b"<< /Font << /F1 5 0 R %s >> %s >>" % (b" ".join(self.fonts), b" ".join(self.resources))
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents %s /Resources %s %s >>"
        kids = [b"3 0 R", *self.kids, *(self.add(page % (content, resources, b"")) for _ in range(extra))]
        annotations = b"/Annots [%s]" % b" ".join(self.annotations) if self.annotations else b""
        if self.names:
            self.catalog.append(b"/Names << %s >>" % b" ".join(self.names))
        if self.fields:
            self.catalog.append(b"/AcroForm << /Fields [%s] /DA (/F1 0 Tf 0 g) %s >>" % (
                b" ".join(self.fields), b"/XFA [(template) %s]" % self.add(stream(b"<t/>")) if self.rng.random() < 0.2 else b"",
            ))  # fmt: skip
        count = self.page_count or b"%d" % (1 + extra)
        self.objects |= {
            1: b"<< /Type /Catalog /Pages 2 0 R %s >>" % b" ".join(self.catalog),
            2: b"<< /Type /Pages /Kids [%s] /Count %s >>" % (b" ".join(kids), count),
            3: page % (content, resources, b" ".join([annotations, *self.page])),
            5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        }
        trailer = b"/Info << /Title (%s) /Producer (hand) >>" % _sentence(self.rng).encode()
        return sample_files.pdf(self.objects, trailer=trailer, header=b"%%PDF-%s\n" % self.rng.choice(
            [b"1.2", b"1.3", b"1.4", b"1.5", b"1.7", b"2.0"]
        ))  # fmt: skip


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(3, 12)))


def _form(draft: Draft) -> None:
    state = draft.rng.choice([b"Yes", b"Mari#e9", b"On", b"#ff#fe", b"#c3#a9"])
    drawing = draft.add(stream(b"0 0 9 9 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]"))
    box = draft.add(
        b"<< /Type /Annot /Subtype /Widget /FT /Btn /T (box) /Rect [9 9 20 20] /AS /%s /V /%s /AP << /N << /%s %s >> >> >>"
        % (state, state, state, drawing)
    )
    text = draft.add(
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /Rect [30 9 90 20] /V (Ada Kell) /DA (/F1 9 Tf) >>"
    )
    draft.fields += [box, text]
    draft.annotations += [box, text]


def _calculated_form(draft: Draft) -> None:
    widget = draft.add(
        b"<< /Subtype /Widget /FT /Tx /T (sum) /Rect [0 0 9 9] /V (7) /AA << /C %s /K %s >> >>" % (SCRIPT, SCRIPT)
    )
    draft.fields.append(widget)
    draft.annotations.append(widget)


def _attachment(draft: Draft) -> None:
    file = draft.add(stream(b"attached", b"/Type /EmbeddedFile"))
    specification = draft.add(b"<< /Type /Filespec /F (a.txt) /UF (a.txt) /EF << /F %s >> >>" % file)
    if draft.rng.random() < 0.5:
        draft.names.append(b"/EmbeddedFiles << /Names [(a.txt) %s] >>" % specification)
    else:
        draft.annotations.append(b"<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS %s >>" % specification)


def _usage_rights(draft: Draft) -> None:
    signature = draft.add(
        b"<< /Type /Sig /Filter /Adobe.PPKLite /Contents <00> /ByteRange [0 1 2 3] /Reference [<< /Type /SigRef"
        b" /TransformMethod /UR3 /TransformParams << /V /2.2 /EF [/Create /Import] /Annots [/Create] >> >>] >>"
    )
    draft.catalog.append(b"/Perms << /UR3 %s >>" % signature)


def _structure(draft: Draft) -> None:
    root = draft.add(b"<< /Type /StructTreeRoot /RoleMap << /Launch /P /Sound /Span >> >>")
    draft.add(
        b"<< /Type /StructElem /S /%s /P %s /Pg 3 0 R /K 0 >>" % (draft.rng.choice([b"P", b"Launch", b"Sound"]), root)
    )
    draft.catalog.append(b"/StructTreeRoot %s /MarkInfo << /Marked true >> /Lang (en)" % root)


def _metadata(draft: Draft) -> None:
    about = draft.rng.choice([b"", b"&#7;", b"uuid:1"])
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='r' rdf:about='%s'/></x:xmpmeta>" % about
    padding = draft.rng.choice([b"", bytes(200), b" " * 2_000])
    draft.catalog.append(
        b"/Metadata %s" % draft.add(stream(xmp + padding, b"/Type /Metadata /Subtype /XML", deflate=False))
    )


def _opening(draft: Draft) -> None:
    draft.catalog.append(
        b"/OpenAction "
        + draft.rng.choice(
            [
                b"[3 0 R /Fit]", b"<< /S /GoTo /D [3 0 R /Fit] >>", b"<< /S /Named /N /Print >>", b"<< /S /Named /N /LastPage >>",
                b"<< /S /URI /URI (http://example.org) >>", SCRIPT, b"<< /S /GoTo /D [3 0 R /Fit] /Next %s >>" % SCRIPT,
            ]
        )
    )  # fmt: skip


def _picture(draft: Draft) -> None:
    more = draft.rng.choice(
        [b"", b"/F (a.jpg) /FFilter /DCTDecode", b"/Interpolate true", b"/F << /FS /URL /F (http://a/b) >>"]
    )
    image = draft.add(
        stream(
            bytes(range(192)),
            b"/Type /XObject /Subtype /Image /Width 8 /Height 8 /BitsPerComponent 8 /ColorSpace /DeviceRGB " + more,
        )
    )
    name = draft.rng.choice([b"Im1", b"JS", b"XFA", b"Launch", b"EF", b"A#20b", b"Bild#e4"])
    draft.resources.append(b"/XObject << /%s %s >>" % (name, image))


def _outline(draft: Draft) -> None:
    item = draft.add(b"<< /Title (Chapter /JS of JavaScript \\(1\\)) /Parent 19 0 R /Dest [3 0 R /Fit] >>")
    draft.objects[19] = b"<< /Type /Outlines /First %s /Last %s /Count 1 >>" % (item, item)
    draft.catalog.append(b"/Outlines 19 0 R /PageMode /UseOutlines")


def _film(draft: Draft) -> None:
    draft.annotations.append(
        draft.rng.choice(
            [
                b"<< /Subtype /Movie /Rect [0 0 9 9] /Movie << /F (a.avi) >> >>",
                b"<< /Subtype /Screen /Rect [0 0 9 9] /A << /S /Rendition /OP 0 >> >>",
                b"<< /Subtype /RichMedia /Rect [0 0 9 9] /RichMediaContent << >> >>",
                b"<< /Subtype /Sound /Rect [0 0 9 9] /Sound %s >>"
                % draft.add(stream(b"....", b"/Type /Sound /R 8000")),
            ]
        )
    )


def _comment(draft: Draft) -> None:
    draft.annotations += [
        b"<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (Why /Launch? \\) ) >>",
        b"<< /Type /Annot /Subtype /Highlight /Rect [0 0 9 9] /QuadPoints [0 0 9 0 0 9 9 9] /C [1 1 0] >>",
        b"null",
    ]


def _unsafe_link(draft: Draft) -> None:
    draft.link(b"/S /URI /URI %s" % draft.rng.choice(UNSAFE_URIS))


def _other_file(draft: Draft) -> None:
    draft.link(
        draft.rng.choice(
            [
                b"/S /GoToR /F (b.pdf) /D [0 /Fit]", b"/S /Launch /F (b.doc)", b"/S /Thread /F (//server/b.pdf) /D 0",
                b"/S /GoToE /T << /R /C /N (a) >>", b"/S /SubmitForm /F (http://example.org)", b"/S /ImportData /F (a.fdf)",
            ]
        )
    )  # fmt: skip


def _wrong_count(draft: Draft) -> None:
    draft.page_count = draft.rng.choice([b"0", b"-1", b"7", b"1000000000"])


ODDITIES: Mapping[str, Callable[[Draft], None]] = {
    "a filled form": _form,
    "a form that calculates": _calculated_form,
    "an attached file": _attachment,
    "usage rights": _usage_rights,
    "a tagged structure": _structure,
    "metadata": _metadata,
    "an action on opening": _opening,
    "a picture": _picture,
    "an outline": _outline,
    "a film or sound": _film,
    "comments": _comment,
    "an unsafe link": _unsafe_link,
    "a link to another file": _other_file,
    "a link to a page about scripts": lambda draft: draft.link(b"/S /URI /URI (https://example.org/wiki/JavaScript)"),
    "an odd name of a font": lambda draft: draft.fonts.append(
        b"/%s 5 0 R" % draft.rng.choice([b"JS", b"EF", b"Launch", b"AA", b"XFA", b"OpenAction", b"F#e9", b"URI"])
    ),
    "a wrong number of pages": _wrong_count,
    "a null among the pages": lambda draft: draft.kids.append(b"null"),
    "a turned page": lambda draft: draft.page.append(b"/Rotate %d /UserUnit 1.5" % draft.rng.choice([90, 180, 270, 450])),
    "private data of a program": lambda draft: draft.page.append(b"/PieceInfo << /Illustrator << /Private << /JS 5 0 R >> >> >>"),
    "an action on a page": lambda draft: draft.page.append(b"/AA << /O << /S /URI /URI (http://example.org) >> >>"),
    "layers": lambda draft: draft.catalog.append(b"/OCProperties << /OCGs [] /D << /Order [] >> >>"),
    "labels of pages": lambda draft: draft.catalog.append(b"/PageLabels << /Nums [0 << /S /r >>] >>"),
    "a portfolio": lambda draft: draft.catalog.append(b"/Collection << /View /H >>"),
    "names of places": lambda draft: draft.catalog.append(b"/Dests << /JS [3 0 R /Fit] /Launch [3 0 R /Fit] >>"),
}  # fmt: skip


def _saved(source: bytes, **options: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(source)) as document:
        document.save(out, fix_metadata_version=False, static_id=True, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _update(source: bytes) -> bytes:
    """Append a revision, as programs do that sign or comment."""
    start = int(source.rpartition(b"startxref")[2].split()[0])
    root = re.findall(rb"/Root (\d+)", source)[-1]
    body = b"\n99 0 obj\n<< /Producer (again) >>\nendobj\n"
    table = b"xref\n99 1\n%010d 00000 n \ntrailer\n<< /Size 100 /Root %s 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return source + body + table % (len(source) + 1, root, start, len(source) + len(body))


WRITERS: Mapping[str, Callable[[bytes], bytes]] = {
    "as it is": lambda source: source,
    "object streams": lambda source: _saved(source, object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "made for the web": lambda source: _saved(source, linearize=True),
    "nothing compressed": lambda source: _saved(source, compress_streams=False, qdf=True),
    **{
        f"restricted by encryption {revision}": lambda source, revision=revision: sample_files.encrypted(  # type: ignore[misc]
            source, user="", revision=revision
        )
        for revision in (2, 3, 4, 6)
    },
    "a later revision": _update,
}
FRAMES: Mapping[str, Callable[[bytes], bytes]] = {
    "a byte order mark before it": lambda content: b"\xef\xbb\xbf" + content,
    "blank lines before it": lambda content: b"\r\n\n" + content,
    "other bytes before it": lambda content: b"\x1b%-12345X@PJL\r\n" + content,
    "a version without its minor number": lambda content: b"%PDF-1." + content[8:],
    "no %%EOF": lambda content: content[: content.rindex(b"%%EOF")],
    "blanks behind it": lambda content: content + bytes(3_000),
    "a web page behind it": lambda content: content + b"<html><!-- " + b"x" * 3_000 + b"--></html>",
    "a wrong startxref": lambda content: content[: content.rindex(b"startxref")] + b"startxref\n7\n%%EOF\n",
    "no table": lambda content: content.replace(b"xref\n0 ", b"xerf\n0 "),
}


def _printed(rng: random.Random) -> bytes:
    """Return pages by reportlab, as reports and invoices are made."""
    out = io.BytesIO()
    sheet = canvas.Canvas(out, pagesize=A5, pageCompression=rng.randint(0, 1), invariant=1)
    for number in range(rng.randint(1, 4)):
        sheet.bookmarkPage(f"p{number}")
        sheet.addOutlineEntry(_sentence(rng), f"p{number}", 0)
        for line in range(rng.randint(2, 20)):
            sheet.drawString(40, 540 - 14 * line, _sentence(rng))
        sheet.linkURL("https://example.org/JavaScript", (40, 40, 99, 60))
        if rng.random() < 0.3:
            sheet.acroForm.textfield(name=f"f{number}", value="Ada", x=40, y=70, width=90, height=20)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def pdf(rng: random.Random) -> Specimen:
    if rng.random() < 0.2:
        oddities: tuple[str, ...] = ("printed by a library",)
        content = _printed(rng)
    else:
        draft = Draft(rng)
        oddities = choose(rng, ODDITIES)
        for name in oddities:
            ODDITIES[name](draft)
        content = draft.finish()
    writer = rng.choice([*WRITERS, "as it is", "object streams"])
    if "a wrong number of pages" in oddities:  # which qpdf corrects, or cannot open
        writer = "as it is"
    content = WRITERS[writer](content)
    frames = choose(rng, FRAMES, most=2) if rng.random() < 0.5 else ()
    for name in frames:
        content = FRAMES[name](content)
    return Specimen("application/pdf", "a.pdf", content, (*oddities, writer, *frames))
