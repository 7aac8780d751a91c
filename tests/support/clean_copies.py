"""An independent look into copies that are handed out: what they must not contain.

It shares no code with the inspection, and uses other parsers: pypdf for what qpdf wrote, zipfile and ElementTree for
documents, html.parser for books, and walks of its own for pictures.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree

import pypdf
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

UNSAFE_ADDRESS = re.compile(
    rb"(?:(?:view-source|url):)*(?:(?:javascript|vbscript|file|data|macro|vnd\.sun\.star\.script|smb|jar|ms-\w+|search-ms):"
    rb"|\.uno:|\\\\|//|[a-z]:[\\/])"
)


def dangers(content: bytes, media_type: str) -> list[str]:
    """Return what is dangerous in a copy, nothing if it is clean."""
    walk = _WALKS.get(media_type)
    return sorted(set(walk(content))) if walk else []


# ---- PDF ----

_ACTIONS = (
    *("JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE"),
    *("Rendition", "Movie", "Sound", "GoTo3DView", "RichMediaExecute"),
)
_ANNOTATIONS = ("FileAttachment", "RichMedia", "Movie", "Sound", "Screen", "3D")


def _pdf(content: bytes) -> Iterator[str]:
    if not content.startswith(b"%PDF-") or not content.rstrip().endswith(b"%%EOF"):
        yield "bytes around the document"
    reader = pypdf.PdfReader(io.BytesIO(content))
    if reader.is_encrypted:
        yield "encryption"
        return
    yield from _opening(reader.trailer["/Root"].get_object())
    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    for number in sorted(numbers - {0}):
        item = reader.get_object(number)
        if item is not None:
            yield from _pdf_object(item)


def _opening(catalog: PdfObject | None) -> Iterator[str]:
    assert isinstance(catalog, DictionaryObject)
    action = catalog.get("/OpenAction")
    pending = [action] if isinstance(action, DictionaryObject) else []
    while pending:
        action = pending.pop().get_object()
        assert isinstance(action, DictionaryObject)
        if action.get("/S") not in ("/GoTo", "/Named") or action.get("/N") == "/Print":
            yield "an action on opening"
        following = action.get("/Next", [])
        pending += following if isinstance(following, list) else [following]
    if "/Base" in _dictionary(catalog.get("/URI")):
        yield "a base of all links"
    names = catalog.get("/Names")
    for tree in ("/JavaScript", "/EmbeddedFiles", "/Renditions"):
        if isinstance(names, DictionaryObject) and "/Names" in (names.get(tree) or ()):
            yield f"a tree of {tree}"
    form = catalog.get("/AcroForm")
    if isinstance(form, DictionaryObject) and "/XFA" in form:
        yield "a dynamic form"


def _pdf_object(top: PdfObject) -> Iterator[str]:
    pending = [top]
    while pending:
        item = pending.pop()
        if isinstance(item, ArrayObject):
            pending += [entry for entry in item if not isinstance(entry, IndirectObject)]
        if not isinstance(item, DictionaryObject):
            continue
        yield from _pdf_dictionary({str(key): item.raw_get(key).get_object() for key in item}, item)
        pending += [entry for entry in item.values() if not isinstance(entry, (IndirectObject, NullObject))]


def _pdf_dictionary(entries: Mapping[str, PdfObject | None], item: DictionaryObject) -> Iterator[str]:
    kind = str(entries.get("/S", ""))[1:]
    is_element = "/P" in entries and not {"/JS", "/F", "/Win", "/Sound", "/Annotation"} & set(entries)
    if kind in _ACTIONS and not is_element:
        yield f"an action {kind}"
    if kind == "Thread" and "/F" in entries:
        yield "an article of another file"
    if isinstance(entries.get("/JS"), (TextStringObject, ByteStringObject)):
        yield "a script"
    if isinstance(entries.get("/Subtype"), NameObject) and str(entries["/Subtype"])[1:] in _ANNOTATIONS:
        yield f"an annotation {entries['/Subtype']}"
    if str(entries.get("/Type", "")) == "/EmbeddedFile":
        yield "an attached file"
    uri = entries.get("/URI")
    if isinstance(uri, (TextStringObject, ByteStringObject)) and _is_unsafe(uri.original_bytes):
        yield f"a link to {uri!r}"
    files = entries.get("/EF")
    if isinstance(files, DictionaryObject) and any(isinstance(files[key].get_object(), StreamObject) for key in files):
        yield "an attached file"
    triggers = entries.get("/AA")
    if isinstance(triggers, DictionaryObject) and any(
        "/S" in _dictionary(triggers[key]) and "/Type" not in _dictionary(triggers[key]) for key in triggers
    ):
        yield "automatic actions"
    if isinstance(item, StreamObject):
        if isinstance(entries.get("/F"), (TextStringObject, ByteStringObject, DictionaryObject)):
            yield "a stream in another file"
        if "/F" in _dictionary(entries.get("/Ref")):
            yield "a page of another file"


def _dictionary(item: object) -> Mapping[object, object]:
    resolved = item.get_object() if isinstance(item, PdfObject) else item
    return resolved if isinstance(resolved, DictionaryObject) else {}


def _is_unsafe(uri: bytes) -> bool:
    plain = (
        uri[2:].decode("utf-16-be", "replace").encode()
        if uri.startswith(b"\xfe\xff")
        else uri.removeprefix(b"\xef\xbb\xbf")
    )
    for _ in range(3):
        if UNSAFE_ADDRESS.match(re.sub(rb"[\x00-\x20\x7f]|\xc2[\x80-\xa0]|\xe2\x80[\x8b-\x8f]", b"", plain).lower()):
            return True
        plain = unquote_to_bytes(plain)
    return False


# ---- documents in ZIP ----

_MACRO_PARTS = re.compile(
    r"vba|activex|embeddings/|customui|(^|/)basic/|(^|/)scripts/|versions/|\.(exe|dll|js|vbs|jar|bat|cmd|hta|lnk|pdf)$",
    re.IGNORECASE,
)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def _docx(content: bytes) -> Iterator[str]:
    for name, part in _parts(content).items():
        if _MACRO_PARTS.search(name):
            yield f"a part {name}"
        if b"macroEnabled" in part and name == "[Content_Types].xml":
            yield "the type of a document with macros"
        if name.endswith((".xml", ".rels")):
            yield from _word_part(ElementTree.fromstring(part), name)  # noqa: S314  a copy made by ourselves


def _word_part(root: ElementTree.Element, name: str) -> Iterator[str]:
    text = "".join(element.text or "" for element in root.iter() if element.tag.endswith("}instrText"))
    instructions = [
        text,
        *(value for element in root.iter() for key, value in element.items() if key.endswith("}instr")),
    ]
    if any(
        re.search(r"\bDDE|INCLUDE(TEXT|PICTURE)\s+\S*(http|file|\\\\)", code)
        for code in instructions
        if "HYPERLINK" not in code
    ):
        yield f"a field in {name}"
    for element in root.iter():
        kind = element.get("Type", "").rpartition("/")[2]
        if element.get("TargetMode") == "External" and _is_unsafe(element.get("Target", "").encode()):
            yield f"a link to {element.get('Target')}"
        if kind in {
            "oleObject",
            "package",
            "control",
            "vbaProject",
            "aFChunk",
            "attachedTemplate",
            "frame",
            "subDocument",
            "mailMergeSource",
        }:
            yield f"a relationship {kind}"
        if element.tag.rpartition("}")[2] in {"OLEObject", "altChunk", "control", "externalData", "attachedTemplate"}:
            yield f"an element {element.tag}"


class _Markup(HTMLParser):
    """Collects what is active in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = tag.rpartition(":")[2]
        data = dict(attrs).get("data") or ""
        is_picture = re.fullmatch(r"[\w ./-]+\.(svg|png|jpe?g|gif|webp)", data) is not None
        if name in {"script", "iframe", "frame", "embed", "applet"} or (name == "object" and not is_picture):
            self.found.append(f"an element {tag}")
        for key, value in attrs:
            if key.startswith("on"):
                self.found.append(f"a handler {key}")
            if key.rpartition(":")[2] in {"href", "src", "action"} and re.match(
                r"\s*(java|vb)script:", value or "", re.IGNORECASE
            ):
                self.found.append(f"a link to {value}")


def _epub(content: bytes) -> Iterator[str]:
    for name, part in _parts(content).items():
        if re.search(r"\.(js|exe|dll|vbs|jar)$", name, re.IGNORECASE):
            yield f"a part {name}"
        if name.endswith((".xhtml", ".html", ".htm", ".svg")):
            page = _Markup()
            page.feed(re.sub(r"<!\[CDATA\[.*?\]\]>", "", part.decode("utf-8", "replace"), flags=re.DOTALL))
            yield from page.found


def _odt(content: bytes) -> Iterator[str]:
    for name, part in _parts(content).items():
        if _MACRO_PARTS.search(name) or "toolbar/" in name.rstrip("/"):
            yield f"a part {name}" if not name.endswith("/") else f"a folder {name}"
        if name.endswith(".xml") and part:
            yield from _linked_elements(part)


def _linked_elements(part: bytes) -> Iterator[str]:
    for element in ElementTree.fromstring(part).iter():  # noqa: S314  a copy made by ourselves
        if element.tag.rpartition("}")[2] in {"script", "event-listener", "applet", "plugin", "floating-frame"}:
            yield f"an element {element.tag}"
        for key, value in element.items():
            if key.endswith("}href") and _is_unsafe(value.encode()):
                yield f"a link to {value}"


def _fb2(content: bytes) -> Iterator[str]:
    if content.startswith(b"PK"):
        (content,) = _parts(content).values()
    yield from _linked_elements(content)
    for element in ElementTree.fromstring(content).iter():  # noqa: S314
        if element.tag.endswith("}binary"):
            yield from _picture(base64.b64decode(element.text or ""))


# ---- pictures ----

_PNG_CHUNKS = set(b"IHDR PLTE tRNS IDAT IEND gAMA cHRM sRGB iCCP sBIT bKGD pHYs acTL fcTL fdAT".split())
_WEBP_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}


def _picture(content: bytes) -> Iterator[str]:
    for start, walk in ((b"\x89PNG", _png), (b"\xff\xd8", _jpeg), (b"GIF8", _gif), (b"RIFF", _webp)):
        if content.startswith(start):
            yield from walk(content)
            return
    yield f"something that is no picture: {content[:12]!r}"


def _png(content: bytes) -> Iterator[str]:
    at, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        if kind not in _PNG_CHUNKS:
            yield f"a part {kind!r}"
        at += 12 + size
    if at != len(content):
        yield "bytes behind the end"


def _jpeg(content: bytes) -> Iterator[str]:
    at = 2
    while content[at : at + 1] == b"\xff" and content[at + 1] != 0xD9:
        marker, size = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xFE or (0xE1 <= marker <= 0xEF and content[at + 4 : at + 9] not in (b"ICC_P", b"Adobe")):
            yield f"a segment {marker:#x}"
        at += 2 + size
        if marker == 0xDA:
            following = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]").search(content, at)
            at = following.start() if following else len(content)
    if content[at : at + 2] != b"\xff\xd9" or at + 2 != len(content):
        yield "bytes behind the end"


def _gif(content: bytes) -> Iterator[str]:
    at = 13 + _table_bytes(content[10])
    while content[at] != 0x3B:
        if content[at] == 0x21 and (
            content[at + 1] in (0xFE, 0x01) or (content[at + 1] == 0xFF and content[at + 3 : at + 11] != b"NETSCAPE")
        ):
            yield f"an extension {content[at + 1]:#x}"
        at += 2 if content[at] == 0x21 else 11 + _table_bytes(content[at + 9])
        while content[at]:
            at += 1 + content[at]
        at += 1
    if at + 1 != len(content):
        yield "bytes behind the end"


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _webp(content: bytes) -> Iterator[str]:
    at = 12
    while at < len(content):
        kind, size = struct.unpack("<4sI", content[at : at + 8])
        if kind not in _WEBP_CHUNKS:
            yield f"a part {kind!r}"
        at += 8 + size + size % 2
    if 8 + int.from_bytes(content[4:8], "little") != len(content):
        yield "bytes behind the end"


def _cbz(content: bytes) -> Iterator[str]:
    for name, part in _parts(content).items():
        if name == "ComicInfo.xml":
            ElementTree.fromstring(part)  # noqa: S314  a copy made by ourselves
        else:
            yield from _picture(part)


def _rtf(content: bytes) -> Iterator[str]:
    """Look at the words behind backslashes: escaped ones are text."""
    plain = re.sub(rb"\\[\\{}]", b"", content)
    for word in re.findall(rb"\\(obj[a-z]*|mm[a-z]+|ffe[a-z]+|filetbl|nextfile)", plain):
        yield f"a word {word!r}"
    for code in re.findall(rb"fldinst([^}]*)", plain):
        if re.search(rb"^\s*DDE|INCLUDE\w+\s+\"?(?:http|file)", code):
            yield f"a field {code!r}"
    if content.rstrip(b"\0\r\n \x1a")[-1:] != b"}":
        yield "bytes behind the end"


_WALKS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    "application/pdf": _pdf,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _docx,
    "application/epub+zip": _epub,
    "application/vnd.oasis.opendocument.text": _odt,
    "application/x-fictionbook+xml": _fb2,
    "application/x-zip-compressed-fb2": _fb2,
    "application/vnd.comicbook+zip": _cbz,
    "application/rtf": _rtf,
    **dict.fromkeys(("image/png", "image/jpeg", "image/gif", "image/webp"), _picture),
}
