"""FictionBook 2 (FB2): a book as one XML document, with its pictures in base64; often packed as the only file of a ZIP."""

import binascii
import re
from pathlib import Path

from chalicelib.formats import xml_events
from chalicelib.formats.charset import decode_markup
from chalicelib.formats.errors import FormatError
from chalicelib.formats.zip_container import ZipContainer

MAX_BYTES = 64 * 1024 * 1024  # unpacked; illustrated books have 20
ENDING = ".fb2"

_ZIP = b"PK\x03\x04"
_XML_DECLARATION = re.compile(r"\s*<\?xml\b[^>]{0,200}>")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_markup(path: Path) -> bytes:
    """Return the book's XML in UTF-8, unpacked and without its XML declaration.

    Markup that is not well-formed is mended as far as that is possible: many books were written by hand. Raises FormatError.
    """
    with path.open("rb") as file:
        is_packed = file.read(4) == _ZIP
    size_bytes = path.stat().st_size
    if not is_packed and size_bytes > MAX_BYTES:
        raise FormatError(
            "too_large",
            f"The book has {size_bytes:,} bytes; the limit is {MAX_BYTES // 1024**2} MB. Save its pictures smaller.",
        )
    content = _unpacked(path) if is_packed else path.read_bytes()
    text = _NOT_IN_XML.sub("", decode_markup(content).removeprefix("\ufeff"))
    declaration = _XML_DECLARATION.match(text)
    markup = text[declaration.end() if declaration else 0 :].strip().encode()
    return markup if _is_well_formed(markup) else _mended(markup)


def decode_picture(base64: str) -> bytes:
    """Return the content of a `binary` element; empty if it is not base64."""
    try:
        return binascii.a2b_base64(base64)
    except ValueError:
        return b""


def _unpacked(path: Path) -> bytes:
    with ZipContainer(path) as container:
        names = [name for name in container.file_names if name.lower().endswith(ENDING)]
        if len(names) != 1:
            raise FormatError(
                "malformed",
                f"The ZIP archive has {len(names)} books (FB2) in it, not one. Upload each book on its own.",
            )
        return container.read(names[0])


def _is_well_formed(markup: bytes) -> bool:
    """Raises FormatError for what no mending makes acceptable: entities, and a depth beyond the limit."""
    try:
        for _ in xml_events.mixed_events(markup, doctype=True):
            pass
    except FormatError as error:
        if error.code != "malformed":
            raise
        return False
    return True


def _mended(markup: bytes) -> bytes:
    from lxml import etree

    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8")
    root = etree.fromstring(markup, parser)
    if root is None:
        raise FormatError(
            "malformed", "The book is damaged: it is not XML. Save it again in its program and upload that."
        )
    mended: bytes = etree.tostring(root, encoding="utf-8")
    return mended
