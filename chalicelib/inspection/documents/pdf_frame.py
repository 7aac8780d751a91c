"""Beginning and end of a PDF in its file. Viewers allow for bytes before and behind it, so transfers may have left some."""

import re
from mmap import mmap

from chalicelib.inspection import sniff
from chalicelib.inspection.model import RejectedError

_END_MARK = re.compile(rb"%%EOF|startxref\s+\d+")
_LINEARIZED = re.compile(rb"/Linearized\b[^>]{0,200}/L\s+(\d{1,12})\b")
_LINEARIZED_WINDOW_BYTES = 1_024  # the dictionary must be in the first 1,024 bytes (ISO 32000-2, F.3.3)
_MISSING_BYTES = 64  # at the end: startxref and %%EOF alone, which no viewer needs
_BLANK = b"\x00\t\n\x0c\r \x1a\xef\xbb\xbf"  # of padding, with DOS's end of file and a byte order mark


def count_foreign_bytes(data: "bytes | mmap") -> int:
    """Return how many bytes before and behind the PDF are not part of it; blank ones do not count.

    Raises RejectedError when the file was cut off, or when these bytes are another format.
    """
    begin = sniff.find_pdf_header(data[: sniff.HEAD_BYTES])
    end = _find_end(data)
    if begin is None or end < 0 or _is_cut_off(data, begin):
        raise RejectedError(
            "malformed",
            "The PDF has no end (startxref, %%EOF): it was probably cut off during the transfer. "
            "Upload the complete file.",
        )
    before, behind = data[:begin].strip(_BLANK), data[end:].strip(_BLANK)
    other = sniff.identify(behind[: sniff.HEAD_BYTES])
    if other is not None:
        raise RejectedError(
            "type_mismatch",
            f"The file is two things at once: behind the PDF it hides {other.label}. Upload a clean copy.",
        )
    return len(before) + len(behind)


def _find_end(data: "bytes | mmap") -> int:
    """Return the offset behind the last mark of an end, or -1."""
    start = max(data.rfind(b"%%EOF"), data.rfind(b"startxref"))
    mark = _END_MARK.match(data, start) if start >= 0 else None
    return mark.end() if mark else start


def _is_cut_off(data: "bytes | mmap", begin: int) -> bool:
    """Return whether the file is shorter than it says: one for the web has marks of an end near its beginning, too."""
    linearized = _LINEARIZED.search(data, begin, begin + _LINEARIZED_WINDOW_BYTES)
    return linearized is not None and int(linearized[1]) > len(data) + _MISSING_BYTES
