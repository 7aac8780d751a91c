"""HEIC and AVIF by a walk through their boxes. `heic_copy` and `avif_copy` decode the pictures: what they cannot decode is
refused there.
"""

import mmap
from pathlib import Path

from chalicelib.inspection.audio_video import boxes
from chalicelib.inspection.audio_video.boxes import Box, read_uint
from chalicelib.inspection.images import avif_copy, heic_copy
from chalicelib.inspection.images.picture import DOWNSCALED_VIEW, MAX_PIXELS, MAX_VIEW_PIXELS, too_many_pixels_error
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

BRANDS = {
    "image/heic": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"},
    "image/avif": {b"avif", b"avis"},
}
CODECS = {"image/heic": {b"hvc1", b"hev1"}, "image/avif": {b"av01"}}
# Items that are no pictures of their own: put together from others, depth maps and such, metadata.
AUXILIARY_ITEMS = {b"grid", b"iovl", b"iden", b"tmap", b"Exif", b"mime", b"uri ", b"auxl"}
MAX_AVIF_PIXELS = 36_000_000  # 6,000 × 6,000; the decoder takes 9 bytes a pixel, and cameras write HEIC
MAX_ITEMS = 5_000  # a picture of 50 megapixels in tiles of 256 pixels has 760


def examine(path: Path, media_type: str) -> Findings:
    """Whether the boxes fill the file, name the brand and hold pictures of its codec inside the file."""
    sandbox.step("walking its boxes")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = {box.kind: box for box in boxes.walk(data) if len(box.path) == 1}
        _check_brands(data, found, media_type)
        if b"meta" not in found:
            raise _malformed("it names no picture")
        inside = {box.kind: box for box in boxes.children(data, found[b"meta"], 4)}
        _check_items(data, inside, media_type)
        _check_places(data, inside)
        _check_sizes(data, inside, MAX_AVIF_PIXELS if media_type == "image/avif" else MAX_PIXELS)
    sandbox.step("opening it")
    width, height = (heic_copy if media_type == "image/heic" else avif_copy).size_of(path)
    return Findings(width=width, height=height, warnings=(DOWNSCALED_VIEW,) if width * height > MAX_VIEW_PIXELS else ())


def _check_brands(data: mmap.mmap, found: dict[bytes, Box], media_type: str) -> None:
    kind = found.get(b"ftyp")
    brands = set() if kind is None else {data[kind.start : kind.start + 4]}
    if kind is not None:
        brands |= {data[at : at + 4] for at in range(kind.start + 8, min(kind.end, kind.start + 256), 4)}
    if brands.isdisjoint(BRANDS[media_type]):
        label = "HEIC" if media_type == "image/heic" else "AVIF"
        raise RejectedError("type_mismatch", f"The file was announced as {label}, but says that it is something else.")


def _check_items(data: mmap.mmap, inside: dict[bytes, Box], media_type: str) -> None:
    table = inside.get(b"iinf")
    if table is None:
        raise _malformed("it lists no pictures")
    version = data[table.start]
    entries = boxes.children(data, table, 6 if version == 0 else 8)
    if len(entries) > MAX_ITEMS:
        raise RejectedError("bomb", f"The picture has more than {MAX_ITEMS:,} parts. Export it again and upload that.")
    kinds = set()
    for entry in entries:
        if entry.kind != b"infe" or entry.end - entry.start < 12:
            raise _malformed("its list of pictures is damaged")
        skip = 10 if data[entry.start] == 3 else 8
        kinds.add(data[entry.start + skip : entry.start + skip + 4])
    strange = kinds - CODECS[media_type] - AUXILIARY_ITEMS
    if strange:
        name = sorted(strange)[0].decode("ascii", "replace")
        raise RejectedError("type_mismatch", f"The file holds something that is no picture of its type ({name!r}).")
    if kinds.isdisjoint(CODECS[media_type]):
        raise _malformed("there is no picture in it")


def _check_places(data: mmap.mmap, inside: dict[bytes, Box]) -> None:
    """Every picture's bytes must lie inside the file, or in the box made for small ones."""
    table = inside.get(b"iloc")
    if table is None:
        raise _malformed("it does not say where its pictures are")
    at = table.start
    version = data[at]
    sizes, more = read_uint(data, at + 4, 1), read_uint(data, at + 5, 1)
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version in (1, 2) else 0
    wide = 4 if version == 2 else 2
    count = read_uint(data, at + 6, wide)
    at += 6 + wide
    if count > MAX_ITEMS:
        raise RejectedError("bomb", f"The picture has more than {MAX_ITEMS:,} parts. Export it again and upload that.")
    for _ in range(count):
        at += wide
        method = 0
        if version in (1, 2):
            method = read_uint(data, at, 2) & 15
            at += 2
        at += 2  # which file it is in; only this one is possible
        base = read_uint(data, at, base_size) if base_size else 0
        at += base_size
        extents = read_uint(data, at, 2)
        at += 2
        for _ in range(extents):
            at += index_size
            start = base + (read_uint(data, at, offset_size) if offset_size else 0)
            at += offset_size
            length = read_uint(data, at, length_size) if length_size else 0
            at += length_size
            if at > table.end:
                raise _malformed("its table of places is damaged")
            if method == 0 and start + length > len(data):
                raise _malformed("a picture is not complete")


def _check_sizes(data: mmap.mmap, inside: dict[bytes, Box], limit: int) -> None:
    properties = inside.get(b"iprp")
    containers = boxes.children(data, properties, 0) if properties else []
    found = [box for each in containers if each.kind == b"ipco" for box in boxes.children(data, each, 0)]
    sizes = [
        (read_uint(data, box.start + 4, 4), read_uint(data, box.start + 8, 4)) for box in found if box.kind == b"ispe"
    ]
    if not sizes:
        raise _malformed("it does not say how large it is")
    for width, height in sizes:
        if width * height > limit:
            raise too_many_pixels_error(width, height, limit)
        if not width or not height:
            raise _malformed("it is empty")


def _malformed(why: str) -> RejectedError:
    return RejectedError("malformed", f"The picture is damaged: {why}. Export it again and upload that.")
