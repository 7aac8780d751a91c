"""ID3v2 tags (id3.org, versions 2.2 to 2.4): their header, their frames, and synchsafe integers."""

from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

HEADER_BYTES = 10
MAX_FRAMES = 2_000  # of one tag; an audiobook with 500 chapters has 1,000


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


def list_frames(data: "bytes | mmap") -> Iterator[tuple[bytes, bytes, int]]:
    """Yield name, content and version of the frames of the tag at the beginning, as far as they are in order.

    Names have three letters in version 2.2, otherwise four. Compressed and encrypted frames are skipped: no program writes them.
    """
    header = read_tag_header(data)
    if header is None:
        return
    version, flags = header.version, header.flags
    tag = data[HEADER_BYTES : HEADER_BYTES + header.body_bytes]
    if flags & 0x80 and version < 4:  # unsynchronisation: a zero follows every FF
        tag = tag.replace(b"\xff\x00", b"\xff")
    at = 0
    if flags & 0x40 and version >= 3:  # an extended header
        at = read_synchsafe(tag[:4]) if version == 4 else 4 + int.from_bytes(tag[:4], "big")
    yield from list_frames_in(tag[at:], version)


def list_frames_in(content: bytes, version: int) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the frames of the body of a tag, or of a frame that contains frames, as `list_frames` does."""
    name_length, size_length, header_length = (3, 3, 6) if version == 2 else (4, 4, 10)
    at = 0
    for _ in range(MAX_FRAMES):
        frame_header = content[at : at + header_length]
        if len(frame_header) < header_length or not frame_header[0]:
            return
        raw_size = frame_header[name_length : name_length + size_length]
        size = read_synchsafe(raw_size) if version == 4 else int.from_bytes(raw_size, "big")
        frame = content[at + header_length : at + header_length + size]
        at += header_length + size
        if version == 2 or not frame_header[9]:
            yield frame_header[:name_length], frame, version


def read_synchsafe(raw: bytes) -> int:
    """Return a number written with seven bits a byte."""
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def write_synchsafe(number: int) -> bytes:
    """Return a number below 2**28 as four bytes of seven bits."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
