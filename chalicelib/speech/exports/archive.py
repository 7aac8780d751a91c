"""A ZIP archive whose every byte is known before the first is written.

Nothing in it is compressed (sound is already), so sizes and checksums follow from those of the pieces. That makes the archive
resumable without keeping any of it, and an EPUB container: its first file must be stored plainly, without a descriptor behind it.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from chalicelib.platform.aws.resumable_upload import ObjectPlan
from chalicelib.platform.errors import ContentTooLargeError
from chalicelib.speech.exports import crc

MAX_BYTES = (
    2**32 - 1
)  # what a ZIP without its 64-bit extension can hold, and every program can read: 148 hours of speech
MAX_FILES = 2**16 - 1
_NEW_YEAR_1980 = 0x21  # MS-DOS's first day: the same archive every time
_UTF8_NAMES = 0x800


@dataclass(frozen=True, slots=True)
class FileChunk:
    """A stretch of a file: `read` makes its bytes when they are wanted."""

    size: int
    crc: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class PlannedFile:
    name: str
    chunks: Sequence[FileChunk]


def text_chunk(make: Callable[[], str]) -> FileChunk:
    """A piece that is made anew whenever it is wanted, always the same."""
    content = make().encode()
    return FileChunk(len(content), zlib.crc32(content), lambda: make().encode())


def literal_chunk(content: bytes) -> FileChunk:
    return FileChunk(len(content), zlib.crc32(content), lambda: content)


def plan_archive(files: Iterable[PlannedFile]) -> ObjectPlan:
    """The archive of these files, in order. Raises TooLargeError."""
    pieces: list[FileChunk] = []
    directory = bytearray()
    heads = hashlib.sha256()
    offset = count = 0
    for file in files:
        count += 1
        size = sum(piece.size for piece in file.chunks)
        checksum = 0
        for piece in file.chunks:
            checksum = crc.combine(checksum, piece.crc, piece.size)
        name = file.name.encode()
        if count > MAX_FILES or offset + size + len(directory) + 1_000_000 > MAX_BYTES:
            raise ContentTooLargeError(
                "The reading is too long for one archive, which holds 4 GB; take its recording instead."
            )
        head = struct.pack("<HHHHIII", _UTF8_NAMES, 0, 0, _NEW_YEAR_1980, checksum, size, size) + struct.pack(
            "<HH", len(name), 0
        )
        local = b"PK\x03\x04" + struct.pack("<H", 20) + head + name
        directory += b"PK\x01\x02" + struct.pack("<HH", 20, 20) + head
        directory += struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
        pieces += [literal_chunk(local), *file.chunks]
        offset += len(local) + size
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), offset, 0)
    pieces.append(literal_chunk(bytes(directory) + end))
    heads.update(directory + end)
    return ObjectPlan(pieces, heads.hexdigest())
