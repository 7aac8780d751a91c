"""OpenDocument packages (ODF 1.3, part 2): the type that a package names, and its parts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.formats import xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import local_name
from chalicelib.formats.zip_container import ZipContainer

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

TEXT = "application/vnd.oasis.opendocument.text"
TEXT_TYPES = frozenset({TEXT, f"{TEXT}-template"})
CONTENT, STYLES, META = "content.xml", "styles.xml", "meta.xml"
MANIFEST = "META-INF/manifest.xml"
THUMBNAIL = "Thumbnails/thumbnail.png"


def media_type(container: ZipContainer) -> str:
    """Return the type that the package names, in its first part or in its manifest. Raises FormatError."""
    if "mimetype" in container.names:
        return container.read("mimetype").decode("utf-8", "replace").strip()
    for element in _manifest_elements(container):
        if local_name(element.tag) == "file-entry" and xml_events.attribute(element, "full-path") == "/":
            return xml_events.attribute(element, "media-type")
    return ""


def check_encryption(container: ZipContainer) -> None:
    """Raise FormatError for a document with a password."""
    if any(local_name(element.tag) == "encryption-data" for element in _manifest_elements(container)):
        raise FormatError(
            "encrypted", "The document is protected by a password. Save a copy without it and upload that."
        )


def part_name(href: str) -> str:
    """Return the name of the part that a link in the main parts leads to: "./Object 1" is "Object 1"."""
    return href.removeprefix("./").rstrip("/")


def _manifest_elements(container: ZipContainer) -> Iterator["Element"]:
    content = container.read(MANIFEST) if MANIFEST in container.names else b"<manifest/>"
    return xml_events.start_elements(content, doctype=True)
