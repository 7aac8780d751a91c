"""Pictures in the documents of an EPUB."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from chalicelib.extraction.html_parser import parse_body
from chalicelib.formats import epub_package
from chalicelib.formats.charset import decode_markup
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.illustrations import html
from chalicelib.illustrations.references import PictureCollector, PictureReference


def list_pictures(path: Path) -> Iterator[PictureReference]:
    """Yield the pictures of the text in reading order, except the cover. Raises FormatError."""
    with ZipContainer(path) as container:
        package = epub_package.read_package(container)
        cover = package.cover.name if package.cover is not None else ""
        for item, is_linear in package.spine:
            if not is_linear or item.media_type not in epub_package.TEXT_TYPES or item.name not in container.names:
                continue
            body = parse_body(decode_markup(container.read(item.name)), is_xhtml=True)
            if body is not None:
                yield from (
                    reference for reference in _in_document(container, body, item.name) if reference.name != cover
                )


def _in_document(container: ZipContainer, body: Any, document: str) -> Iterator[PictureReference]:
    collector = PictureCollector()
    for node in body.traverse(include_text=True):
        if node.tag == "-text":
            collector.add_text(node.text(deep=False))
        elif (picture := html.picture_of(node)) and "://" not in picture.href and not picture.href.startswith("data:"):
            name = epub_package.resolve_href(document, picture.href)[0]
            collector.add_picture(name, picture.description, partial(_read, container, name))
    return collector.references()


def _read(container: ZipContainer, name: str) -> bytes:
    return container.read(name) if name in container.names else b""
