"""EPUB books. Active content is found here and left out of the copy that `epub_copy` writes; copy protection is rejected.

Pictures and fonts on other servers are only reported, because nothing here fetches them.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from chalicelib.formats import epub_package, markup_depth
from chalicelib.formats.epub_package import EpubPackage
from chalicelib.formats.zip_container import ZipContainer, ZipMember
from chalicelib.inspection import patterns
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import epub_protection, markup, markup_actions
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

_HTML_ENDINGS = (".html", ".htm")
_MARKUP_ENDINGS = (".xhtml", *_HTML_ENDINGS, ".xml", ".svg")
_MARKUP_TYPES = frozenset({*epub_package.TEXT_TYPES, "image/svg+xml"})
_SCRIPT_ENDINGS = (".js", ".mjs")
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures or fonts of the book are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole EPUB with readable text, and find its active content."""
    del media_type
    with ZipContainer(path) as container:
        _check_mimetype(container)
        epub_protection.check(container)
        sandbox.step("reading its table of contents")
        package = epub_package.read_package(container)
        _check_spine(package, container)
        sandbox.step("examining its parts")
        has_remote_content = any(item.is_remote for item in package.items.values())
        check_patterns = patterns.member_scanner()
        markup_names = names_of_markup(package)
        found: set[str] = set()
        for member in container.members():
            found |= active_kinds(member, markup_names)
            _check_depth(member, markup_names)
            has_remote_content = has_remote_content or _fetches_remote_content(member)
            if not is_script(member.name):
                check_patterns(member.content)
    return Findings(
        active_content=tuple(kind for kind in KINDS if kind in found),
        warnings=(_REMOTE_RESOURCES,) if has_remote_content else (),
    )


def is_script(name: str) -> bool:
    """Return whether a part is a script by its name."""
    return name.lower().endswith(_SCRIPT_ENDINGS)


def names_of_markup(package: EpubPackage) -> set[str]:
    """Return the names of the parts that the package calls markup, whatever they end in."""
    return {item.name for item in package.items.values() if item.media_type in _MARKUP_TYPES}


def ways_to_read(name: str, markup_names: Collection[str]) -> Sequence[bool]:
    """Return how readers parse a part: as XML (True), as HTML (False), or both; nothing if it is no markup."""
    ending = name.lower()
    if ending.endswith(_HTML_ENDINGS):  # it should be XHTML, but some readers go by the name
        return (True, False)
    if ending.endswith(_MARKUP_ENDINGS):
        return (True,)
    return (True, False) if name in markup_names else ()


def active_kinds(member: ZipMember, markup_names: Collection[str]) -> set[str]:
    """Return the kinds of active content in one part. Raises RejectedError for markup that cannot be seen as tags."""
    if is_script(member.name):
        return {markup_actions.SCRIPTS}
    if ways_to_read(member.name, markup_names) and markup_actions.defines_markup(member.content):
        raise RejectedError(
            "active_content",
            "A text of the book defines entities that stand for elements, which cannot be examined. "
            "Convert the book again (Calibre can) and upload that.",
        )
    return {
        kind
        for is_xml in ways_to_read(member.name, markup_names)
        for kind in markup_actions.find_kinds(member.content, is_xml=is_xml)
    }


def _check_mimetype(container: ZipContainer) -> None:
    """Check the type that the book names. That it should come first, and not compressed, matters to no reader."""
    if "mimetype" in container.names and container.read("mimetype").strip() != b"application/epub+zip":
        raise RejectedError(
            "type_mismatch", "The file was declared as an EPUB, but names another type inside. Upload it as that type."
        )


def _check_spine(package: EpubPackage, container: ZipContainer) -> None:
    if not package.spine:
        raise _malformed("it has no text")
    if not any(item.name in container.names for item, _ in package.spine):
        raise _malformed("its text is missing")


def _check_depth(member: ZipMember, markup_names: Collection[str]) -> None:
    if ways_to_read(member.name, markup_names) and markup_depth.is_too_complex(member.content, is_xhtml=True):
        raise RejectedError(
            "bomb",
            f"A text of the book {markup_depth.EXCESS}. Convert it again and upload that.",
        )


def _fetches_remote_content(member: ZipMember) -> bool:
    can_fetch = member.name.lower().endswith((*_MARKUP_ENDINGS, ".css"))
    return can_fetch and markup.fetches_remote_content(member.content)


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The book is damaged: {damage}. Save it again in a program like Calibre.")
