"""EPUB → script: the parts of a book's spine one after another, its chapters as its own table of contents has them."""

import posixpath
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from chalicelib.extraction import html, zip_container
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.charset import decode_markup
from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.model import ExtractionError
from chalicelib.extraction.running_text import OutlineEntry
from chalicelib.extraction.zip_container import ZipContainer, attribute, local_name

_TEXT_TYPES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_NCX_TYPE = "application/x-dtbncx+xml"
_MAX_LIST_DEPTH = 8  # of a table of contents; deeper entries are no chapters


@dataclass(frozen=True, slots=True)
class _ManifestItem:
    """A part that the package names. `name`: in the container."""

    name: str
    media_type: str
    is_navigation: bool


@dataclass(slots=True)
class _Package:
    """`spine`: what is read, in order. `contents`: where the table of contents is, the newer kind first."""

    items: dict[str, _ManifestItem] = field(default_factory=dict)
    spine: list[str] = field(default_factory=list)

    def contents_items(self) -> list[_ManifestItem]:
        found = [item for item in self.items.values() if item.is_navigation or item.media_type == _NCX_TYPE]
        return sorted(found, key=lambda item: not item.is_navigation)


@dataclass(frozen=True, slots=True)
class _ContentsLink:
    """An entry of the table of contents: `part` and `place` are where it leads."""

    title: str
    level: int
    part: str
    fragment: str


def extract(path: Path, limit: int) -> BlockBuilder:
    """The text of the spine without what is aside: parts that are not linear, navigation, notes."""
    script = BlockBuilder(limit)
    with ZipContainer(path) as container:
        package = _read_package(container)
        begins: dict[str, int] = {}
        places: dict[tuple[str, str], int] = {}
        for part in package.spine:
            walk, start = html.HtmlTextExtractor(script), len(script.blocks)
            body = html.parse_body(decode_markup(container.read(part) or b""), is_xhtml=True)
            if body is not None:
                walk.extract(body)
            if len(script.blocks) > start:  # an entry that leads to a picture leads nowhere here
                begins.setdefault(part, start)
                last = len(script.blocks) - 1
                for place, block in walk.anchors.items():
                    places.setdefault((part, place), min(block, last))
            if script.is_truncated:
                break
        for item in package.contents_items():
            script.outline = [
                OutlineEntry(link.title, link.level, places.get((link.part, link.fragment), begins[link.part]))
                for link in _contents_links(container, item)
                if link.part in begins
            ]
            if script.outline:
                break
    return script


def _read_package(container: ZipContainer) -> _Package:
    root = ""
    for begins, element in zip_container.xml_events(container.read("META-INF/container.xml") or b"<none/>"):
        if begins and local_name(element.tag) == "rootfile":
            root = root or attribute(element, "full-path")
    package = _Package()
    for begins, element in zip_container.xml_events(container.read(root) or b"<none/>", doctype=True):
        kind = local_name(element.tag)
        if begins and kind == "item":
            name, _ = _resolve_link(root, attribute(element, "href"))
            navigates = "nav" in attribute(element, "properties").split()
            package.items[attribute(element, "id")] = _ManifestItem(name, attribute(element, "media-type"), navigates)
        elif begins and kind == "itemref" and attribute(element, "linear") != "no":
            item = package.items.get(attribute(element, "idref"))
            if item is not None and item.media_type in _TEXT_TYPES and not item.is_navigation:
                package.spine.append(item.name)
    return package


def _resolve_link(base: str, href: str) -> tuple[str, str]:
    """The part that a link in the part `base` leads to, and the place in it."""
    part, _, place = href.partition("#")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(part))) if part else base, unquote(place)


# ---- the table of contents ----


def _contents_links(container: ZipContainer, item: _ManifestItem) -> list[_ContentsLink]:
    """None from a table of contents that is damaged: the book can be read without."""
    content = container.read(item.name) or b""
    try:
        return _navigation_links(content, item.name) if item.is_navigation else _ncx_links(content, item.name)
    except ExtractionError:
        return []


def _navigation_links(content: bytes, name: str) -> list[_ContentsLink]:
    """Of EPUB 3: nested lists of links, in the element that is of the kind "toc"."""
    body = html.parse_body(decode_markup(content), is_xhtml=True)
    lists = [] if body is None else body.css("nav")
    contents = next((each for each in lists if "toc" in (each.attributes.get("epub:type") or "").split()), None)
    found = []
    for link in contents.css("a[href]") if contents is not None else ():
        title, target = clean_line(link.text()), _resolve_link(name, link.attributes.get("href") or "")
        if title:
            found.append(_ContentsLink(title, _depth(link, contents), *target))
    return found


def _depth(node: Any, top: Any) -> int:
    """How many lists the node is in, below `top`."""
    depth = 0
    while node is not None and node.mem_id != top.mem_id and depth < _MAX_LIST_DEPTH:
        depth += node.tag in {"ol", "ul"}
        node = node.parent
    return depth


def _ncx_links(content: bytes, name: str) -> list[_ContentsLink]:
    """Of EPUB 2: nested points, each with a label and a target."""
    found: list[_ContentsLink] = []
    level, title, inside = 0, "", False
    for begins, element in zip_container.xml_events(content, doctype=True):
        kind = local_name(element.tag)
        if kind == "navMap":
            inside = begins
        elif not inside:
            continue
        elif kind == "navPoint":
            level += 1 if begins else -1
        elif kind == "text" and not begins:
            title = clean_line(element.text or "")
        elif kind == "content" and begins and title:
            found.append(_ContentsLink(title, level, *_resolve_link(name, attribute(element, "src"))))
    return found
