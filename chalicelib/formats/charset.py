"""The character encoding of text and of HTML pages: byte order mark, then declaration, then UTF-8."""

import codecs
import re

DECLARATION_WINDOW_BYTES = 4_096  # of the beginning of a page
_DECLARATION = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*(?:[\"']\s*)?([\w.:-]{1,40})|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def bom_encoding(content: bytes) -> str | None:
    """Return the codec that a byte order mark names, or None without a mark."""
    return next((encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), None)


def markup_encoding(content: bytes) -> str | None:
    """Return the codec of an HTML page; None for one that Python lacks.

    Latin-1 and ASCII become Windows-1252, as in browsers (WHATWG Encoding, 4.2).
    """
    bom_charset = bom_encoding(content)
    if bom_charset is not None:
        return bom_charset
    declared = _DECLARATION.search(content[:DECLARATION_WINDOW_BYTES])
    if declared is None:
        return "utf-8"
    try:
        name = codecs.lookup((declared[1] or declared[2]).decode()).name
    except LookupError:
        return None
    return "cp1252" if name in {"iso8859-1", "ascii"} else name


def decode_markup(content: bytes) -> str:
    """Decode a page of HTML or XHTML. Content that does not fit its encoding is read as Windows-1252."""
    bom_charset = bom_encoding(content)
    if bom_charset is not None:
        return content.decode(bom_charset, "replace")
    try:
        return content.decode(markup_encoding(content) or "cp1252")
    except (LookupError, UnicodeDecodeError):  # LookupError: a codec that is not one of text
        return content.decode("cp1252", "replace")
