"""Word and OpenDocument files, with what their programs and those who share them put in."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Mapping

from tests.support import book_files, media_files
from tests.support.corpus.containers import pack
from tests.support.corpus.specimen import Specimen, choose
from tests.support.media_files import DOCX, field, relations, saved

METAFILE = b"\x01\0\0\0" + bytes(36) + b" EMF" + bytes(9_000)
Parts = dict[str, bytes | str]
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)


class Draft:
    """A Word document that is being written."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.body = [
            _paragraph(f"Paragraph {number} about DDE, macros and the sea.") for number in range(rng.randint(1, 6))
        ]
        self.parts: Parts = {}
        self.related: list[tuple[str, str, bool]] = [("hyperlink", "https://example.org/", True)]
        self.main = media_files.MAIN

    def relate(self, kind: str, target: str, *, is_external: bool = False) -> str:
        """Add a relationship of the document; return its id."""
        self.related.append((kind, target, is_external))
        return f"r{len(self.related) - 1}"

    def finish(self) -> Parts:
        document = f"<w:document {NAMESPACES}><w:body>{''.join(self.body)}<w:sectPr/></w:body></w:document>"
        head = self.rng.choice(
            ["", '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n', "\ufeff<?xml version='1.0'?>"]
        )
        return {
            "[Content_Types].xml": media_files.content_types(self.main),
            "_rels/.rels": relations(
                ("officeDocument", self.rng.choice(["word/document.xml", "/word/document.xml"]), False)
            ),
            "word/document.xml": head + document,
            "word/_rels/document.xml.rels": relations(*self.related),
            **self.parts,
        }


def _paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def _chart(draft: Draft) -> None:
    sheet = media_files.packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"})
    draft.relate("chart", "charts/chart1.xml")
    draft.parts |= {
        "word/charts/chart1.xml": f'<c:chartSpace {NAMESPACES}><c:chart/><c:externalData r:id="r0"/></c:chartSpace>',
        "word/charts/_rels/chart1.xml.rels": relations(("package", "../embeddings/sheet.xlsx", False)),
        "word/embeddings/sheet.xlsx": sheet,
    }


def _template(draft: Draft) -> None:
    target = draft.rng.choice(["file:///C:\\\\Letter.dotm", "https://example.org/a.dotx", "file:///\\\\server\\a.dotx"])
    draft.parts |= {
        "word/settings.xml": f'<w:settings {NAMESPACES}><w:attachedTemplate r:id="r0"/></w:settings>',
        "word/_rels/settings.xml.rels": relations(("attachedTemplate", target, True)),
    }


def _mail_merge(draft: Draft) -> None:
    draft.parts |= {
        "word/settings.xml": f'<w:settings {NAMESPACES}><w:mailMerge><w:dataSource r:id="r0"/></w:mailMerge></w:settings>',
        "word/_rels/settings.xml.rels": relations(("mailMergeSource", "file:///C:\\list.xlsx", True)),
    }


def _object(draft: Draft) -> None:
    id_ = draft.relate("oleObject", "embeddings/oleObject1.bin")
    draft.parts["word/embeddings/oleObject1.bin"] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    draft.body.append(f'<w:p><w:r><w:object><v:shape/><o:OLEObject r:id="{id_}"/></w:object></w:r></w:p>')


def _media(name: str, content: Callable[[], bytes]) -> Callable[[Draft], None]:
    def add(draft: Draft) -> None:
        id_ = draft.relate("image", f"media/{name}")
        draft.parts[f"word/media/{name}"] = content()
        draft.body.append(
            f'<w:p><w:r><w:drawing><wp:inline><a:blip r:embed="{id_}"/></wp:inline></w:drawing></w:r></w:p>'
        )

    return add


def _page(draft: Draft) -> None:
    id_ = draft.relate("aFChunk", "part.html")
    draft.parts["word/part.html"] = "<html><body>x</body></html>"
    draft.body.append(f'<w:altChunk r:id="{id_}"/>')


def _part(kind: str, name: str, content: str) -> Callable[[Draft], None]:
    def add(draft: Draft) -> None:
        draft.relate(kind, name)
        draft.parts[f"word/{name}"] = content.replace("NS", NAMESPACES)

    return add


def _macros(draft: Draft) -> None:
    draft.relate("vbaProject", "vbaProject.bin")
    draft.parts["word/vbaProject.bin"] = b"\x01\x16" + bytes(40)
    draft.main = draft.rng.choice([media_files.MAIN, "application/vnd.ms-word.document.macroEnabled.main+xml"])


DOCX_ODDITIES: Mapping[str, Callable[[Draft], None]] = {
    "a chart with its workbook": _chart,
    "a template": _template,
    "a source of addresses": _mail_merge,
    "an embedded object": _object,
    "macros": _macros,
    "an included page": _page,
    "a blank bitmap": _media("image1.bmp", lambda: b"BM" + bytes(2_000_000)),
    "a metafile": _media("image2.emf", lambda: METAFILE + bytes(400_000)),
    "a packed metafile": _media("image3.emz", lambda: zlib.compress(METAFILE, wbits=31)),
    "a picture as PDF": _media("image4.pdf", lambda: b"%PDF-1.4\n%%EOF"),
    "a photograph": _media(
        "image5.jpeg", lambda: saved(media_files.drawn(), "JPEG", exif=media_files.exif_with_location())
    ),
    "a drawing": _media("image6.svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "a picture from a web page": lambda draft: draft.body.append(
        field(' INCLUDEPICTURE "https://example.org/a.png" \\d ')
    ),
    "a picture elsewhere": lambda draft: draft.body.append(
        f'<w:p><w:r><w:drawing><a:blip r:link="{draft.relate("image", "https://example.org/a.png", is_external=True)}"/>'
        "</w:drawing></w:r></w:p>"
    ),
    "numbers of pages": lambda draft: draft.body.append(field(" PAGE ", " \\* MERGEFORMAT ")),
    "a table of contents": lambda draft: draft.body.append(field(' TOC \\o "1-3" \\h \\z \\u ')),
    "a field of DDE": lambda draft: draft.body.append(field(" DDEAUTO ", 'excel "a.xls" ')),
    "a link with such a word": lambda draft: draft.body.append(field(' HYPERLINK "https://example.org/dde" ')),
    "comments": _part("comments", "comments.xml", '<w:comments NS><w:comment w:id="0"><w:p/></w:comment></w:comments>'),
    "notes": _part(
        "footnotes", "footnotes.xml", '<w:footnotes NS><w:footnote w:id="1"><w:p/></w:footnote></w:footnotes>'
    ),
    "styles": _part("styles", "styles.xml", '<w:styles NS><w:style w:styleId="Heading1"/></w:styles>'),
    "a header": _part("header", "header1.xml", "<w:hdr NS><w:p><w:r><w:t>Head</w:t></w:r></w:p></w:hdr>"),
    "changes": lambda draft: draft.body.append(
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>"
    ),
    "a table": lambda draft: draft.body.append("<w:tbl><w:tr><w:tc><w:p/></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"),
    "a formula": lambda draft: draft.body.append("<w:p><m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>"),
    "own data": lambda draft: draft.parts.update({"customXml/item1.xml": "<x/>", "docProps/app.xml": "<Properties/>"}),
    "a preview": lambda draft: draft.parts.update({"docProps/thumbnail.jpeg": saved(media_files.drawn(), "JPEG")}),
    "a hidden font": lambda draft: draft.parts.update({"word/fonts/font1.odttf": bytes(range(256)) * 8}),
    "settings of a printer": lambda draft: draft.parts.update({"word/printerSettings1.bin": bytes(300)}),
    "Strict Open XML": lambda draft: draft.parts.update({"word/theme/theme1.xml": "<a:theme xmlns:a='x'/>"}),
}


def docx(rng: random.Random) -> Specimen:
    draft = Draft(rng)
    oddities = choose(rng, DOCX_ODDITIES)
    for name in oddities:
        DOCX_ODDITIES[name](draft)
    parts = draft.finish()
    if "Strict Open XML" in oddities:
        parts = {
            name: content.replace(_W, "http://purl.oclc.org/ooxml/wordprocessingml/main").replace(
                "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                "http://purl.oclc.org/ooxml/officeDocument/relationships",
            )
            if isinstance(content, str)
            else content
            for name, content in parts.items()
        }
    pairs = list(parts.items())
    if rng.random() < 0.2:
        rng.shuffle(pairs)
    content, packing = pack(rng, pairs)
    return Specimen(rng.choice([DOCX, DOCX, "application/octet-stream"]), "a.docx", content, (*oddities, *packing))


# ---- OpenDocument ----

_BODY = "<text:h text:outline-level='1'>One</text:h><text:p>It began on a Tuesday.</text:p>"
_CELL = "<table:table-cell><text:p>1</text:p></table:table-cell>"
ODT_ODDITIES: Mapping[str, tuple[str, Parts]] = {
    "macros": ("", {"Basic/Standard/Module1.xml": "<m/>", "Basic/script-lc.xml": "<l/>"}),
    "a link that runs a macro": ('<text:p><text:a xlink:href="macro:///Standard.M.Main">a</text:a></text:p>', {}),
    "a link": ('<text:p><text:a xlink:href="https://example.org">a</text:a></text:p>', {}),
    "a note": (
        '<text:p>x<text:note text:note-class="footnote"><text:note-body><text:p>n</text:p></text:note-body></text:note></text:p>',
        {},
    ),
    "a table": (f"<table:table><table:table-row>{_CELL}</table:table-row></table:table>", {}),
    "a picture": (
        '<text:p><draw:frame><draw:image xlink:href="Pictures/a.png"/></draw:frame></text:p>',
        {"Pictures/a.png": saved(media_files.drawn(), "PNG")},
    ),
    "a list": ("<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>", {}),
    "an empty folder of buttons": ("", {"Configurations2/toolbar/": ""}),
    "earlier versions": ("", {"Versions/Version1": book_files.odt()}),
    "a form": ("<office:forms/>", {}),
}  # fmt: skip


def odt(rng: random.Random) -> Specimen:
    oddities = choose(rng, ODT_ODDITIES)
    parts = dict(book_files.odt_parts())
    for name in oddities:
        parts |= ODT_ODDITIES[name][1]
    parts["content.xml"] = book_files.odt_content(_BODY + "".join(ODT_ODDITIES[name][0] for name in oddities))
    names = [name for name in parts if name not in {"mimetype", "META-INF/manifest.xml"}]
    parts["META-INF/manifest.xml"] = book_files.odf_manifest(*names)
    content, packing = pack(rng, parts, first="mimetype")
    return Specimen(rng.choice([book_files.ODT, ""]), "a.odt", content, (*oddities, *packing))


# ---- RTF ----

RTF_ODDITIES: Mapping[str, str] = {
    "letters as numbers": r"\pard Caf\'e9, \u1046?\u252\'fc and \u-10179?\u-8694?.\par",
    "a picture": r"{\pict\pngblip " + saved(media_files.drawn(), "PNG").hex() + "}",
    "binary data": r"{\pict\wmetafile8\bin4 abcd}",
    "a table": r"\trowd\cellx999\cellx1999\pard\intbl a\cell b\cell\row\pard",
    "a note": r"\pard A word{\footnote\pard A note.}\par",
    "an object": r"{\object\objemb{\*\objdata 0105}{\result{\pard picture}}}",
    "a link": r'{\field{\*\fldinst HYPERLINK "https://example.org/dde"}{\fldrslt a link}}',
    "the number of the page": r"{\field{\*\fldinst PAGE}{\fldrslt 1}}",
    "a picture from a web page": r'{\field{\*\fldinst INCLUDEPICTURE "https://example.org/a.png"}{\fldrslt x}}',
    "unknown words": r"{\*\unknown\word9 hidden}\anotherword-1 text\par",
    "words about objects": r"\pard Word writes \{\\object\{\\*\\objdata\}\}.\par",
    "lists": r"{\*\listtable{\list\listid1}}\pard{\listtext 1.\tab}one\par",
    "hidden words": r"\pard{\v hidden}\strike old\strike0\par",
}


def rtf(rng: random.Random) -> Specimen:
    oddities = choose(rng, RTF_ODDITIES)
    body = r"\pard\s1 One\par\pard It began on a Tuesday.\par" + "".join(RTF_ODDITIES[name] for name in oddities)
    template = rng.choice(["", r"{\*\template Normal.dotm}", r"{\*\template C:\\\\Letter.dot}"])
    tail = rng.choice([b"", b"\r\n", bytes(200), b"\x1a"])
    content = book_files.rtf(body, head=template) + tail
    media_type = rng.choice([book_files.RTF, "text/rtf", "application/x-rtf", ""])
    return Specimen(media_type, "a.rtf", content, (*oddities, template))
