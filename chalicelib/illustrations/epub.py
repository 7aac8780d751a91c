"""Pictures in the documents of an EPUB, with the letters around each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.extraction.html_parser import parse_body
from chalicelib.extraction.html_pictures import MAX_SYMBOL_CHARACTERS
from chalicelib.formats import epub_package
from chalicelib.formats.charset import decode_markup
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.illustrations.model import QUOTE_CHARACTERS
from chalicelib.illustrations.places import letters_of

MAX_DESCRIPTION_CHARACTERS = 1_000
_PICTURE_TAGS = {"img": ("src",), "image": ("xlink:href", "href")}  # of HTML, and of drawings around a picture


@dataclass(frozen=True, slots=True)
class PictureReference:
    """Use of a picture in a book: its name in the container, its description, and the letters before and after it."""

    name: str
    description: str
    before: str
    after: str


def list_pictures(container: ZipContainer) -> Iterator[PictureReference]:
    """Yield the pictures of the text in reading order, except the cover. Raises FormatError."""
    package = epub_package.read_package(container)
    cover = package.cover.name if package.cover is not None else ""
    for item, is_linear in package.spine:
        if not is_linear or item.media_type not in epub_package.TEXT_TYPES or item.name not in container.names:
            continue
        body = parse_body(decode_markup(container.read(item.name)), is_xhtml=True)
        if body is not None:
            yield from (reference for reference in _in_document(body, item.name) if reference.name != cover)


def _in_document(body: Any, name: str) -> Iterator[PictureReference]:
    parts: list[str] = []
    length = 0
    pictures: list[tuple[int, str, str]] = []
    for node in body.traverse(include_text=True):
        if node.tag == "-text":
            letters = letters_of(node.text(deep=False))
            parts.append(letters)
            length += len(letters)
        elif node.tag in _PICTURE_TAGS:
            attributes = node.attributes
            href = next(filter(None, map(attributes.get, _PICTURE_TAGS[node.tag])), "")
            description = " ".join((attributes.get("alt") or "").split())[:MAX_DESCRIPTION_CHARACTERS]
            is_symbol = 0 < len(description) <= MAX_SYMBOL_CHARACTERS  # letters of the text
            if href and "://" not in href and not href.startswith("data:") and not is_symbol:
                pictures.append((length, epub_package.resolve_href(name, href)[0], description))
    text = "".join(parts)
    for at, picture, description in pictures:
        before, after = text[max(0, at - QUOTE_CHARACTERS) : at], text[at : at + QUOTE_CHARACTERS]
        yield PictureReference(picture, description, before, after)
