"""EPUB → blocks: the documents of the spine, and chapters from the table of contents."""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.chapters import MAX_TITLE_CHARACTERS
from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.html_extractor import HtmlTextExtractor, Profile
from chalicelib.extraction.html_notes import NoteLinks, beginning
from chalicelib.extraction.html_parser import declared_language, parse_body
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.running_text import OutlineEntry
from chalicelib.formats import epub_package, xml_events
from chalicelib.formats.charset import decode_markup
from chalicelib.formats.epub_package import EpubPackage, ManifestItem
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import attribute, local_name
from chalicelib.formats.zip_container import ZipContainer

MAX_COPYRIGHT_CHARACTERS = 5_000  # of a page with the publisher's rights
_COPYRIGHT = re.compile(r"©|\(c\)|copyright", re.IGNORECASE)
_RIGHTS = re.compile(
    r"all rights reserved|\bISBN\b|alle rechte vorbehalten|tous droits réservés|todos los derechos|tutti i diritti",
    re.IGNORECASE,
)
_FRONT_MATTER = frozenset({"title-page", "copyright-page", "cover", "colophon", "titlepage"})  # of the guide
_SVG_TYPE = "image/svg+xml"
_NCX_TYPE = "application/x-dtbncx+xml"
_MAX_LIST_DEPTH = 8  # of a table of contents; deeper entries are not chapters


@dataclass(frozen=True, slots=True)
class _ContentsLink:
    """Entry of the table of contents, and the document and fragment that it links to."""

    title: str
    level: int
    document: str
    fragment: str


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of the spine. Documents that are not linear are left out, unless they hold notes. Raises FormatError."""
    builder = BlockBuilder(limit)
    with ZipContainer(path) as container:
        package = epub_package.read_package(container)
        builder.language = next(iter(package.languages), None)
        links = _note_links(container, package)
        starts: dict[str, int] = {}
        anchors: dict[tuple[str, str], int] = {}
        for item, is_linear in package.spine:
            body = _body(container, item)
            if body is None:
                continue
            builder.language = builder.language or declared_language(body)
            start = len(builder.blocks)
            extractor = HtmlTextExtractor(builder, _profile(package, item, body, links, is_linear=is_linear))
            extractor.extract(body)
            if len(builder.blocks) > start and not _is_navigation(item):
                # A document without text, such as a cover image, is no link target.
                starts.setdefault(item.name, start)
                last = len(builder.blocks) - 1
                for fragment, block_index in extractor.anchors.items():
                    anchors.setdefault((item.name, fragment), min(block_index, last))
            if builder.is_truncated:
                break
        for item in _contents_items(package):
            builder.outline = [
                OutlineEntry(link.title, link.level, anchors.get((link.document, link.fragment), starts[link.document]))
                for link in _contents_links(container, item)
                if link.document in starts
            ]
            if builder.outline:
                break
    builder.structure.anchors |= anchors | {(document, ""): start for document, start in starts.items()}
    _mark_headings(builder)
    return builder


def _body(container: ZipContainer, item: ManifestItem) -> Any:
    """Return the parsed body of a text or a drawing; None for other files."""
    if item.media_type not in epub_package.TEXT_TYPES and item.media_type != _SVG_TYPE:
        return None
    return parse_body(decode_markup(_read(container, item.name)), is_xhtml=True)


def _note_links(container: ZipContainer, package: EpubPackage) -> NoteLinks:
    links = NoteLinks()
    for item, _ in package.spine:
        body = _body(container, item) if not _is_navigation(item) else None
        if body is not None:
            links.collect(body, item.name, partial(epub_package.resolve_href, item.name), is_book=True)
    return links


def _profile(package: EpubPackage, item: ManifestItem, body: Any, links: NoteLinks, *, is_linear: bool) -> Profile:
    has_notes = any(document == item.name for document, _ in links.targets)
    is_front_matter = package.guide.get(item.name) in _FRONT_MATTER or _is_copyright_page(body)
    return Profile(
        is_book=True,
        document=item.name,
        resolve=partial(epub_package.resolve_href, item.name),
        links=links,
        kind=BlockKind.FRONT_MATTER if is_front_matter else BlockKind.PARAGRAPH,
        reason="" if is_linear or has_notes else "not_linear",
    )


def _is_copyright_page(body: Any) -> bool:
    text = beginning(body, MAX_COPYRIGHT_CHARACTERS + 1)
    return len(text) <= MAX_COPYRIGHT_CHARACTERS and bool(_COPYRIGHT.search(text) and _RIGHTS.search(text))


def _mark_headings(builder: BlockBuilder) -> None:
    """Make blocks headings that hold the title of an entry of the table of contents, in up to two lines."""
    for entry in builder.outline:
        title = _alphanumeric(entry.title)
        texts = [
            _alphanumeric(block.text) if block.kind is BlockKind.PARAGRAPH else ""
            for block in builder.blocks[entry.page_index : entry.page_index + 2]
        ]
        if texts[0] == title:
            builder.make_heading(entry.page_index, entry.level)
        elif all(texts) and "".join(texts) == title:
            for offset in range(len(texts)):
                builder.make_heading(entry.page_index + offset, entry.level)


def _alphanumeric(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold() if len(text) <= MAX_TITLE_CHARACTERS else ""


def _read(container: ZipContainer, name: str) -> bytes:
    """Return a file that the package names; empty if it is missing."""
    return container.read(name) if name in container.names else b""


def _is_navigation(item: ManifestItem) -> bool:
    return "nav" in item.properties


# ---- the table of contents ----


def _contents_items(package: EpubPackage) -> list[ManifestItem]:
    """Return the tables of contents: EPUB 3's navigation document first, then EPUB 2's NCX. There is one of each."""
    items = list(package.items.values())
    navigation = next((item for item in items if _is_navigation(item)), None)
    ncx = next((item for item in items if item.media_type == _NCX_TYPE), None)
    return list(filter(None, (navigation, ncx)))


def _contents_links(container: ZipContainer, item: ManifestItem) -> list[_ContentsLink]:
    """Return no links if the table of contents is damaged: the book is readable without it."""
    try:
        content = _read(container, item.name)
        return _navigation_links(content, item.name) if _is_navigation(item) else _ncx_links(content, item.name)
    except FormatError:
        return []


def _navigation_links(content: bytes, name: str) -> list[_ContentsLink]:
    """Read a navigation document (EPUB 3): nested lists of links in its "toc"."""
    body = parse_body(decode_markup(content), is_xhtml=True)
    navs = [] if body is None else body.css("nav")
    contents = next((nav for nav in navs if "toc" in (nav.attributes.get("epub:type") or "").split()), None)
    links = []
    for link in contents.css("a[href]") if contents is not None else ():
        title = clean_line(link.text())
        target = epub_package.resolve_href(name, link.attributes.get("href") or "")
        if title:
            links.append(_ContentsLink(title, _list_depth(link, contents), *target))
    return links


def _list_depth(node: Any, root: Any) -> int:
    """Count the lists around the node, below `root`."""
    depth = 0
    while node is not None and node.mem_id != root.mem_id and depth < _MAX_LIST_DEPTH:
        depth += node.tag in {"ol", "ul"}
        node = node.parent
    return depth


def _ncx_links(content: bytes, name: str) -> list[_ContentsLink]:
    """Read an NCX (EPUB 2): nested points, each with a label and a target."""
    links: list[_ContentsLink] = []
    level, title, is_in_map = 0, "", False
    for is_start, element in xml_events.events(content, doctype=True):
        kind = local_name(element.tag)
        if kind == "navMap":
            is_in_map = is_start
        elif not is_in_map:
            continue
        elif kind == "navPoint":
            level += 1 if is_start else -1
        elif kind == "text" and not is_start:
            title = clean_line(element.text or "")
        elif kind == "content" and is_start and title:
            links.append(_ContentsLink(title, level, *epub_package.resolve_href(name, attribute(element, "src"))))
    return links
