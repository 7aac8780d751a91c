"""The cover in a recording's tags: ID3's APIC, FLAC's PICTURE, iTunes' covr.

The file was inspected before, so its tags are bounded. Anything out of place counts as no cover.
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.formats import flac_blocks, id3
from chalicelib.inspection.audio_video import audio_tags, isobmff
from chalicelib.inspection.images import picture

if TYPE_CHECKING:
    from PIL.Image import Image

FRONT_COVER = 3  # a picture type of ID3 and FLAC
_UTF_16_ENCODINGS = {1, 2}  # of ID3; their texts end with two zeros


def thumbnail_image(source: Path) -> "Image | None":
    """Return the front cover, else the first picture, or None. Raises what the decoder raises."""
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = data[:12]
        if head[:3] == b"ID3":
            pictures = [*_id3_pictures(data), *_flac_pictures(data, audio_tags.skip_leading_tags(data))]
        elif head[:4] == b"fLaC":
            pictures = list(_flac_pictures(data, 0))
        elif head[4:8] == b"ftyp":
            pictures = list(_mp4_pictures(data))
        else:
            return None
    first = pictures[0][1] if pictures else b""
    cover = next((content for kind, content in pictures if kind == FRONT_COVER), first)
    return picture.open_cover(cover) if cover else None


def _id3_pictures(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of the pictures of an ID3v2 tag."""
    for name, content, version in id3.list_frames(data):
        if name in {b"APIC", b"PIC"} and (cover := _id3_picture(content, version)):
            yield cover


def _id3_picture(frame: bytes, version: int) -> tuple[int, bytes] | None:
    """Return type and content. They follow the text encoding and the media type; a description is between them."""
    at = 4 if version == 2 else frame.find(b"\0", 1) + 1
    if not 0 < at < len(frame):
        return None
    kind, at = frame[at], at + 1
    if frame[0] in _UTF_16_ENCODINGS:
        while frame[at : at + 2] not in {b"\0\0", b""}:
            at += 2
        return kind, frame[at + 2 :]
    end = frame.find(b"\0", at)
    return (kind, frame[end + 1 :]) if end >= 0 else None


def _flac_pictures(data: mmap.mmap, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the metadata blocks of type 6 (RFC 9639, 8.8) of the FLAC that begins there, if one does."""
    for kind, content in flac_blocks.list_blocks(data, start):
        if kind == flac_blocks.PICTURE:
            yield from _flac_picture(content)


def _flac_picture(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    try:
        (kind,) = struct.unpack_from(">I", block, at)
        for _ in ("media type", "description"):
            at += 4
            at += struct.unpack_from(">I", block, at)[0]
        at += 4 + 16  # width, height, depth, colours
        (size,) = struct.unpack_from(">I", block, at)
    except struct.error:
        return
    yield kind, block[at + 4 : at + 4 + size]


def _mp4_pictures(data: mmap.mmap) -> Iterator[tuple[int, bytes]]:
    for entry in isobmff.list_tags(data):
        if entry.kind == b"covr":
            for box in isobmff.children(data, entry, 0):
                if box.kind == b"data":
                    yield FRONT_COVER, data[box.start + 8 : box.end]
