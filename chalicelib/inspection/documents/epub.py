"""EPUB: a ZIP container with a book in it. Scripts, attached files and copy protection are refused; pictures and fonts
that lie on other servers are only told, since nothing here fetches them.
"""

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalicelib.inspection import patterns
from chalicelib.inspection.documents import markup, xml
from chalicelib.inspection.documents.zips import ZipContainer
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SPINE_ITEMS = 2_000  # files that make up the text
FONT_OBFUSCATION = {
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
}  # of fonts; no copy protection
_MARKUP = (".xhtml", ".html", ".htm", ".xml", ".svg")


def examine(path: Path, media_type: str) -> Findings:
    """Whether it is a whole EPUB whose text can be read, with nothing in it that acts."""
    del media_type
    notes: list[InspectionWarning] = []
    with ZipContainer(path) as container:
        _check_first(container)
        sandbox.step("reading its table of contents")
        package, manifest, spine = _package(container)
        del package
        if not spine:
            raise _malformed("it has no text")
        missing = [name for name in spine if name not in container.names]
        if len(missing) == len(spine):
            raise _malformed("its text is missing")
        _check_encryption(container)
        sandbox.step("looking at its parts")
        remote = any(name.startswith(("http:", "https:")) for name in manifest)
        scan = patterns.member_scanner()
        for member in container.members():
            name = member.name.lower()
            if name.endswith((".js", ".mjs")) or (name.endswith(_MARKUP) and markup.has_script(member.content)):
                raise RejectedError(
                    "active_content",
                    "The book has scripts in it. Convert it to EPUB without scripts (Calibre does) and upload that.",
                )
            if name.endswith(_MARKUP) and markup.embeds_foreign_content(member.content):
                raise RejectedError(
                    "active_content", "The book embeds something that is no text or picture. Convert it without that."
                )
            if name.endswith(_MARKUP) and markup.nests_too_deep(member.content):
                raise RejectedError(
                    "bomb",
                    f"A text of the book nests more than {markup.MAX_DEPTH} elements in each other. Convert it again.",
                )
            remote = remote or (name.endswith((*_MARKUP, ".css")) and markup.fetches_remote_content(member.content))
            scan(member.content)
    if remote:
        notes.append(
            InspectionWarning(
                "remote_resources",
                "Some pictures or fonts of the book lie on other servers. They are not fetched here.",
            )
        )
    return Findings(warnings=tuple(notes))


def thumbnail_image(source: Path) -> "Image | None":
    """The book's cover, or None."""
    from chalicelib.inspection.images import picture

    with ZipContainer(source) as container:
        package, manifest, _ = _package(container)
        name = _cover(container.read(package), manifest, posixpath.dirname(package))
        if name is None or name not in container.names:
            return None
        return picture.open_cover(container.read(name))


def _check_first(container: ZipContainer) -> None:
    first = min(container.entries, key=lambda entry: entry.header_offset)
    if first.filename != "mimetype" or first.compress_type != 0:
        raise RejectedError(
            "malformed",
            "The first part of an EPUB must be its type, not compressed; here it is not. "
            "Open the book in a program like Calibre, save it again and upload that.",
        )
    if container.read("mimetype").strip() != b"application/epub+zip":
        raise RejectedError("type_mismatch", "The file was announced as an EPUB, but says that it is something else.")


def _package(container: ZipContainer) -> tuple[str, dict[str, str], list[str]]:
    """The package document's name, its manifest (full name → id), and the names of the text in order."""
    roots = [
        element.get("full-path", "")
        for element in xml.start_elements(container.read("META-INF/container.xml"))
        if xml.local_name(element.tag) == "rootfile"
    ]
    if not roots:
        raise _malformed("it does not say where its table of contents is")
    base = posixpath.dirname(roots[0])
    manifest: dict[str, str] = {}
    by_id: dict[str, str] = {}
    order: list[str] = []
    for element in xml.start_elements(container.read(roots[0]), doctype=True):
        kind = xml.local_name(element.tag)
        if kind == "item":
            full = _full(base, element.get("href", ""))
            by_id[element.get("id", "")] = full
            manifest[full] = element.get("id", "")
        elif kind == "itemref":
            order.append(element.get("idref", ""))
    if len(order) > MAX_SPINE_ITEMS:
        raise RejectedError("bomb", f"The book has more than {MAX_SPINE_ITEMS:,} parts of text. Split it.")
    return roots[0], manifest, [by_id[each] for each in order if each in by_id]


def _full(base: str, href: str) -> str:
    if href.startswith(("http:", "https:")):
        return href
    return posixpath.normpath(posixpath.join(base, unquote(href.partition("#")[0])))


def _cover(package: bytes, manifest: dict[str, str], base: str) -> str | None:
    """EPUB 3 marks the cover's item, EPUB 2 names its id in a meta element."""
    wanted = None
    for element in xml.start_elements(package, doctype=True):
        kind = xml.local_name(element.tag)
        if kind == "item" and "cover-image" in element.get("properties", "").split():
            return _full(base, element.get("href", ""))
        if kind == "meta" and element.get("name") == "cover":
            wanted = element.get("content")
    return next((name for name, identifier in manifest.items() if identifier == wanted), None) if wanted else None


def _check_encryption(container: ZipContainer) -> None:
    if "META-INF/rights.xml" in container.names or "META-INF/sinf.xml" in container.names:
        raise _protected()
    if "META-INF/encryption.xml" not in container.names:
        return
    for element in xml.start_elements(container.read("META-INF/encryption.xml")):
        if xml.local_name(element.tag) == "EncryptionMethod" and element.get("Algorithm") not in FONT_OBFUSCATION:
            raise _protected()


def _protected() -> RejectedError:
    return RejectedError("encrypted", "The book is protected against copying (DRM). Upload one without protection.")


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The book is damaged: {why}. Save it again in a program like Calibre.")
