"""EPUB books: scripts, attached files and copy protection are rejected.

Pictures and fonts on other servers are only reported, because nothing here fetches them.
"""

from pathlib import Path

from chalicelib.formats import epub_package, markup_depth, xml_events
from chalicelib.formats.epub_package import EpubPackage
from chalicelib.formats.zip_container import ZipContainer, ZipMember
from chalicelib.inspection import patterns
from chalicelib.inspection.documents import markup
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

FONT_OBFUSCATION = {  # of fonts alone, so it is not copy protection
    "http://www.idpf.org/2008/embedding",
    "http://ns.adobe.com/pdf/enc#RC",
}
_MARKUP_ENDINGS = (".xhtml", ".html", ".htm", ".xml", ".svg")
_SCRIPT_ENDINGS = (".js", ".mjs")
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures or fonts of the book are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole EPUB with readable text and without active content."""
    del media_type
    with ZipContainer(path) as container:
        _check_mimetype(container)
        sandbox.step("reading its table of contents")
        package = epub_package.read_package(container)
        _check_spine(package, container)
        _check_encryption(container)
        sandbox.step("examining its parts")
        has_remote_content = any(item.is_remote for item in package.items.values())
        check_patterns = patterns.member_scanner()
        text_names = {item.name for item in package.items.values() if item.media_type in epub_package.TEXT_TYPES}
        for member in container.members():
            _check_member(member, is_text=member.name in text_names)
            has_remote_content = has_remote_content or _fetches_remote_content(member)
            check_patterns(member.content)
    return Findings(warnings=(_REMOTE_RESOURCES,) if has_remote_content else ())


def _check_mimetype(container: ZipContainer) -> None:
    first = min(container.entries, key=lambda entry: entry.header_offset)
    if first.filename != "mimetype" or first.compress_type != 0:
        raise RejectedError(
            "malformed",
            "The first part of an EPUB must be its type, not compressed; in this file it is not. "
            "Open the book in a program like Calibre, save it again and upload that.",
        )
    if container.read("mimetype").strip() != b"application/epub+zip":
        raise RejectedError(
            "type_mismatch", "The file was declared as an EPUB, but names another type inside. Upload it as that type."
        )


def _check_spine(package: EpubPackage, container: ZipContainer) -> None:
    if not package.spine:
        raise _malformed("it has no text")
    if not any(item.name in container.names for item, _ in package.spine):
        raise _malformed("its text is missing")


def _check_encryption(container: ZipContainer) -> None:
    if "META-INF/rights.xml" in container.names or "META-INF/sinf.xml" in container.names:
        raise _protected()
    if "META-INF/encryption.xml" not in container.names:
        return
    for element in xml_events.start_elements(container.read("META-INF/encryption.xml")):
        is_method = xml_events.local_name(element.tag) == "EncryptionMethod"
        if is_method and element.get("Algorithm") not in FONT_OBFUSCATION:
            raise _protected()


def _check_member(member: ZipMember, *, is_text: bool) -> None:
    """Check one part. `is_text`: the package calls it markup, whatever its name is."""
    name = member.name.lower()
    is_markup = is_text or name.endswith(_MARKUP_ENDINGS)
    if name.endswith(_SCRIPT_ENDINGS) or (is_markup and markup.has_script(member.content)):
        raise RejectedError(
            "active_content",
            "The book contains scripts. Convert it to an EPUB without scripts (Calibre can) and upload that.",
        )
    if is_markup and markup.embeds_foreign_content(member.content):
        raise RejectedError(
            "active_content",
            "The book embeds a frame or an object that is neither text nor a picture. "
            "Convert it to an EPUB without it (Calibre can) and upload that.",
        )
    if is_markup and markup_depth.is_too_complex(member.content, is_xhtml=True):
        raise RejectedError(
            "bomb",
            f"A text of the book {markup_depth.EXCESS}. Convert it again and upload that.",
        )


def _fetches_remote_content(member: ZipMember) -> bool:
    can_fetch = member.name.lower().endswith((*_MARKUP_ENDINGS, ".css"))
    return can_fetch and markup.fetches_remote_content(member.content)


def _protected() -> RejectedError:
    return RejectedError("encrypted", "The book has copy protection (DRM). Upload a copy without it.")


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The book is damaged: {damage}. Save it again in a program like Calibre.")
