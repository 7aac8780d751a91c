"""The metadata blocks of a FLAC stream (RFC 9639, 8)."""

from collections.abc import Iterator
from mmap import mmap

MAX_BLOCKS = 1_024  # real files have less than ten
VORBIS_COMMENT, PICTURE = 4, 6  # types of blocks


def list_blocks(data: "bytes | mmap", start: int) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of the blocks of the stream that begins there, if one does."""
    if data[start : start + 4] != b"fLaC":
        return
    at = start + 4
    for _ in range(MAX_BLOCKS):
        header = data[at : at + 4]
        if len(header) < 4:
            return
        size = int.from_bytes(header[1:], "big")
        yield header[0] & 0x7F, data[at + 4 : at + 4 + size]
        if header[0] & 0x80:
            return
        at += 4 + size
