"""Pictures that an HTML page contains: those in `data:` addresses. Others are not part of the file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

from chalicelib.extraction.html_parser import parse_body
from chalicelib.extraction.html_pictures import MAX_SYMBOL_CHARACTERS
from chalicelib.formats.charset import decode_markup
from chalicelib.illustrations.references import PictureCollector, PictureReference

_PICTURE_TAGS = {"img": ("src",), "image": ("xlink:href", "href")}  # of HTML, and of drawings around a picture


class MarkedUpPicture(NamedTuple):
    """Picture as an element names it."""

    href: str
    description: str


def picture_of(node: Any) -> MarkedUpPicture | None:
    """Return the picture of an element. Pictures of letters are text."""
    names = _PICTURE_TAGS.get(node.tag)
    if names is None:
        return None
    attributes = node.attributes
    href = next(filter(None, map(attributes.get, names)), "")
    description = " ".join((attributes.get("alt") or "").split())
    is_symbol = 0 < len(description) <= MAX_SYMBOL_CHARACTERS
    return MarkedUpPicture(href, description) if href and not is_symbol else None


def list_pictures(path: Path) -> Iterator[PictureReference]:
    """Yield the pictures of the page in reading order."""
    collector = PictureCollector()
    body = parse_body(decode_markup(path.read_bytes()))
    for node in () if body is None else body.traverse(include_text=True):
        if node.tag == "-text":
            collector.add_text(node.text(deep=False))
        elif (picture := picture_of(node)) and picture.href.startswith("data:image/"):
            collector.add_picture(picture.href, picture.description, partial(_decode, picture.href))
    yield from collector.references()


def _decode(address: str) -> bytes:
    """Return the content of a `data:` address (RFC 2397); empty if it is damaged."""
    media_type, _, content = address.partition(",")
    raw = unquote_to_bytes(content)
    try:
        return base64.b64decode(raw) if media_type.endswith(";base64") else raw
    except binascii.Error:
        return b""
