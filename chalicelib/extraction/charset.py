"""Bytes → text. What is accepted was seen to be decodable; which encoding it is, is found in the same order."""

import codecs
import re

_DECLARED_WITHIN = 4_096  # bytes
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{1,40})",
    re.IGNORECASE,
)


def decode_markup(content: bytes) -> str:
    """By its byte order mark, else as the markup itself declares, else UTF-8; what fits none is Windows-1252."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    declared = _DECLARED.search(content[:_DECLARED_WITHIN])
    named = (declared[1] or declared[2]).decode() if declared else "utf-8"
    try:
        # Browsers take the Latin-1 of a page for Windows-1252, and so do those who write it.
        name = codecs.lookup(named).name
        return content.decode("cp1252" if name in {"iso8859-1", "ascii"} else name)
    except (LookupError, UnicodeDecodeError):
        return content.decode("cp1252", "replace")
