"""The cover that a recording carries: ID3's APIC, FLAC's PICTURE, iTunes' covr. The file was inspected before, so its tags are
bounded; what is not where it should be is no cover.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection.audio_video import boxes
from chalicelib.inspection.images import picture

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_ENTRIES = 2_000  # of one tag
FRONT_COVER = 3  # of the kinds of pictures that ID3 and FLAC know
_WIDE = {1, 2}  # ID3's encodings whose texts end with two zeros


def thumbnail_image(source: Path) -> "Image | None":
    """The front cover, else the first picture, or None. Raises what the decoder raises."""
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = data[:12]
        if head[:3] == b"ID3":
            found = list(_of_id3(data))
        elif head[:4] == b"fLaC":
            found = list(_of_flac(data))
        elif head[4:8] == b"ftyp":
            found = list(_of_mp4(data))
        else:
            return None
    best = next((content for kind, content in found if kind == FRONT_COVER), found[0][1] if found else b"")
    return picture.open_cover(best) if best else None


def _of_id3(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    """ID3 2.2 to 2.4 (id3.org), entries that are neither packed nor scrambled: so are the covers of all programs."""
    version, flags = data[3], data[5]
    end = 10 + _synchsafe(data[6:10])
    tag = data[10:end]
    if flags & 0x80 and version < 4:  # every FF was followed by a zero
        tag = tag.replace(b"\xff\x00", b"\xff")
    at = 0
    if flags & 0x40 and version >= 3:  # a longer head
        at = _synchsafe(tag[:4]) if version == 4 else 4 + int.from_bytes(tag[:4], "big")
    name_length, size_length, head_length = (3, 3, 6) if version == 2 else (4, 4, 10)
    for _ in range(MAX_ENTRIES):
        head = tag[at : at + head_length]
        if len(head) < head_length or not head[0]:
            return
        size_bytes = head[name_length : name_length + size_length]
        size = _synchsafe(size_bytes) if version == 4 else int.from_bytes(size_bytes, "big")
        content = tag[at + head_length : at + head_length + size]
        at += head_length + size
        plain = version == 2 or not head[9]
        if plain and head[:name_length] in {b"APIC", b"PIC"} and (found := _picture(content, version)):
            yield found


def _picture(entry: bytes, version: int) -> tuple[int, bytes] | None:
    """Encoding, type of the picture, kind, description, and the picture."""
    at = 4 if version == 2 else entry.find(b"\0", 1) + 1
    if not 0 < at < len(entry):
        return None
    kind, at = entry[at], at + 1
    if entry[0] in _WIDE:
        while entry[at : at + 2] not in {b"\0\0", b""}:
            at += 2
        return kind, entry[at + 2 :]
    end = entry.find(b"\0", at)
    return (kind, entry[end + 1 :]) if end >= 0 else None


def _of_flac(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    """The blocks of kind 6 (RFC 9639, 8.8)."""
    at = 4
    for _ in range(MAX_ENTRIES):
        head = data[at : at + 4]
        if len(head) < 4:
            return
        size = int.from_bytes(head[1:], "big")
        if head[0] & 0x7F == 6:
            yield from _of_block(data[at + 4 : at + 4 + size])
        if head[0] & 0x80:
            return
        at += 4 + size


def _of_block(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    try:
        (kind,) = struct.unpack_from(">I", block, at)
        for _ in ("its type", "its description"):
            at += 4
            at += struct.unpack_from(">I", block, at)[0]
        at += 4 + 16  # width, height, depth, colours
        (size,) = struct.unpack_from(">I", block, at)
    except struct.error:
        return
    yield kind, block[at + 4 : at + 4 + size]


def _of_mp4(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    folder = next((box for box in boxes.walk(data) if box.path == (b"moov", b"udta")), None)
    for kind, skip in ((b"meta", 0), (b"ilst", 4), (b"covr", 0)):  # meta begins with a version of its own
        if folder is None:
            return
        folder = next((box for box in boxes.children(data, folder, skip) if box.kind == kind), None)
    if folder is not None:
        for box in boxes.children(data, folder, 0):
            if box.kind == b"data":
                yield FRONT_COVER, data[box.start + 8 : box.end]


def _synchsafe(four: bytes) -> int:
    value = 0
    for byte in four:
        value = value << 7 | byte & 0x7F
    return value
