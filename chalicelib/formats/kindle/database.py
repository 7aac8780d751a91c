"""Palm database: the container of Kindle books, a list of up to 65,535 records."""

import struct
from itertools import pairwise
from pathlib import Path

from chalicelib.formats.errors import FormatError

TYPE_OFFSET = 60
BOOK_TYPE = b"BOOKMOBI"
MAX_BYTES = 100 * 1024 * 1024  # of the file, which is read into memory

_HEADER_BYTES = 78
_RECORD_ENTRY_BYTES = 8


class PalmDatabase:
    """Records of a file, in order. Raises FormatError for a file that is cut off or whose records overlap."""

    def __init__(self, content: bytes) -> None:
        if len(content) < _HEADER_BYTES or content[TYPE_OFFSET : TYPE_OFFSET + 8] != BOOK_TYPE:
            raise malformed("it does not begin as one")
        (count,) = struct.unpack_from(">H", content, 76)
        directory_end = _HEADER_BYTES + count * _RECORD_ENTRY_BYTES
        if not count or directory_end > len(content):
            raise malformed("its directory is cut off")
        entries = range(_HEADER_BYTES, directory_end, _RECORD_ENTRY_BYTES)
        self._offsets = [*(struct.unpack_from(">L", content, entry)[0] for entry in entries), len(content)]
        if self._offsets[0] < directory_end or any(start > end for start, end in pairwise(self._offsets)):
            raise malformed("its parts overlap, or it was cut off during the transfer")
        self._content = content
        self.count = count

    def record(self, number: int) -> bytes:
        """Return a record. Raises FormatError if there is none with this number."""
        if not 0 <= number < self.count:
            raise malformed("a part of it is missing")
        return self._content[self._offsets[number] : self._offsets[number + 1]]


def read(path: Path) -> PalmDatabase:
    """Read the database. Raises FormatError."""
    if path.stat().st_size > MAX_BYTES:
        raise FormatError("too_large", f"The book is larger than {MAX_BYTES // 1024**2} MB. Save its pictures smaller.")
    return PalmDatabase(path.read_bytes())


def malformed(damage: str) -> FormatError:
    """Return the error for a damaged book."""
    return FormatError("malformed", f"The book is damaged: {damage}. Convert it again (Calibre can) and upload that.")
