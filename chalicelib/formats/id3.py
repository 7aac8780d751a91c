"""Headers of ID3v2 tags (id3.org, versions 2.2 to 2.4), and their synchsafe integers."""

from mmap import mmap
from typing import NamedTuple

HEADER_BYTES = 10


class TagHeader(NamedTuple):
    """The header of a tag. `total_bytes` counts header, body and footer.

    `has_valid_size` is False when a size byte has its high bit set.
    """

    version: int
    flags: int
    body_bytes: int
    total_bytes: int
    has_valid_size: bool


def read_tag_header(data: "bytes | mmap", at: int = 0) -> TagHeader | None:
    """Return the header of the tag at this offset; None without a whole header."""
    header = data[at : at + HEADER_BYTES]
    if len(header) < HEADER_BYTES or header[:3] != b"ID3":
        return None
    body_bytes = read_synchsafe(header[6:10])
    footer_bytes = HEADER_BYTES if header[5] & 0x10 else 0
    has_valid_size = not any(byte & 0x80 for byte in header[6:10])
    return TagHeader(header[3], header[5], body_bytes, HEADER_BYTES + body_bytes + footer_bytes, has_valid_size)


def read_synchsafe(raw: bytes) -> int:
    """Return a number written with seven bits a byte."""
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def write_synchsafe(number: int) -> bytes:
    """Return a number below 2**28 as four bytes of seven bits."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
