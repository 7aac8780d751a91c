"""The package document of an EPUB (EPUB 3.3, 5): manifest, spine and cover."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import events, local_name, start_elements
from chalicelib.formats.zip_container import ZipContainer

TEXT_TYPES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
MAX_SPINE_ITEMS = 2_000  # files that make up the text
_CONTAINER = "META-INF/container.xml"
_REMOTE = ("http:", "https:")


@dataclass(frozen=True, slots=True)
class ManifestItem:
    """A file of the book. `name` is its path in the container, or its address when it is on another server."""

    name: str
    media_type: str
    properties: frozenset[str]
    is_remote: bool


@dataclass(frozen=True, slots=True)
class EpubPackage:
    """A package document. `items` are by id; `spine` is the text in reading order, each item with True when it is linear.

    `languages` are those of the book, the main one first, as they are written there. `guide`: what a file is, such as
    "title-page" (EPUB 2).
    """

    items: Mapping[str, ManifestItem]
    spine: tuple[tuple[ManifestItem, bool], ...]
    cover: ManifestItem | None
    languages: tuple[str, ...] = ()
    guide: Mapping[str, str] = field(default_factory=dict)


def read_package(container: ZipContainer) -> EpubPackage:
    """Read the package document that the container names first. Raises FormatError."""
    name = package_name(container)
    items: dict[str, ManifestItem] = {}
    references: list[tuple[str, bool]] = []
    cover: ManifestItem | None = None
    cover_id = ""
    languages: list[str] = []
    guide: dict[str, str] = {}
    for is_start, element in events(container.read(name), doctype=True):
        kind = local_name(element.tag)
        if not is_start:
            if kind == "language" and element.text:  # at its end, when its text is there
                languages.append(element.text.strip())
            continue
        match kind:
            case "item":
                item = _manifest_item(
                    name, element.get("href", ""), element.get("media-type", ""), element.get("properties", "")
                )
                items[element.get("id", "")] = item
                if "cover-image" in item.properties:  # EPUB 3
                    cover = cover or item
            case "itemref":
                references.append((element.get("idref", ""), element.get("linear") != "no"))
            case "reference":  # EPUB 2
                guide.setdefault(resolve_href(name, element.get("href", ""))[0], element.get("type", "").lower())
            case "meta" if element.get("name") == "cover":  # EPUB 2
                cover_id = element.get("content", "")
    if len(references) > MAX_SPINE_ITEMS:
        raise FormatError("bomb", f"The book's text has more than {MAX_SPINE_ITEMS:,} parts. Split the book.")
    spine: dict[
        str, tuple[ManifestItem, bool]
    ] = {}  # each text once (EPUB 3.3, 5.7.1): repetitions would be read again
    for item_id, is_linear in references:
        if item_id in items:
            spine.setdefault(items[item_id].name, (items[item_id], is_linear))
    return EpubPackage(
        items, tuple(spine.values()), cover or (items.get(cover_id) if cover_id else None), tuple(languages), guide
    )


def resolve_href(base: str, href: str) -> tuple[str, str]:
    """Return the file and the fragment that a link in the file `base` leads to."""
    path, _, fragment = href.partition("#")
    if not path:
        return base, unquote(fragment)
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(path))), unquote(fragment)


def package_name(container: ZipContainer) -> str:
    """Return the name of the package document that the container names first. Raises FormatError."""
    # The whole document is parsed, so that damage behind the first name is not missed.
    names = [
        element.get("full-path", "")
        for element in start_elements(container.read(_CONTAINER))
        if local_name(element.tag) == "rootfile"
    ]
    if names:
        return names[0]
    raise FormatError(
        "malformed",
        "The book is damaged: it does not say where its table of contents is. Save it again in a program like Calibre.",
    )


def _manifest_item(base: str, href: str, media_type: str, properties: str) -> ManifestItem:
    is_remote = href.startswith(_REMOTE)
    name = href if is_remote else resolve_href(base, href)[0]
    return ManifestItem(name, media_type, frozenset(properties.split()), is_remote)
