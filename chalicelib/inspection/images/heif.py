"""HEIC and AVIF pictures, examined box by box.

They are decoded in `heic_copy` and `avif_copy`; a picture that cannot be decoded is rejected there.
"""

import mmap
from pathlib import Path

from chalicelib.inspection.audio_video import isobmff
from chalicelib.inspection.audio_video.isobmff import Box, read_uint
from chalicelib.inspection.images import avif_copy, heic_copy
from chalicelib.inspection.images.picture import DOWNSCALED_VIEW, MAX_PIXELS, MAX_VIEW_PIXELS, too_many_pixels_error
from chalicelib.inspection.model import Findings, RejectedError
from chalicelib.platform import sandbox

BRANDS = {
    "image/heic": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"},
    "image/avif": {b"avif", b"avis"},
}
CODECS = {"image/heic": {b"hvc1", b"hev1"}, "image/avif": {b"av01"}}
# Items that are not coded pictures: assembled from others, depth maps, metadata.
AUXILIARY_ITEMS = {b"grid", b"iovl", b"iden", b"tmap", b"Exif", b"mime", b"uri ", b"auxl"}
MAX_AVIF_PIXELS = 36_000_000  # 6,000 × 6,000; the decoder takes 9 bytes a pixel, and cameras write HEIC
MAX_ITEMS = 5_000  # a picture of 50 megapixels in tiles of 256 pixels has 760


def examine(path: Path, media_type: str) -> Findings:
    """Check that boxes fill the file, name the brand and contain pictures of its codec."""
    sandbox.step("walking its boxes")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        outer_boxes = {box.kind: box for box in isobmff.walk(data) if len(box.path) == 1}
        _check_brands(data, outer_boxes.get(b"ftyp"), media_type)
        if b"meta" not in outer_boxes:
            raise _malformed("it names no picture")
        meta_boxes = {box.kind: box for box in isobmff.children(data, outer_boxes[b"meta"], 4)}
        _check_items(data, meta_boxes.get(b"iinf"), media_type)
        _check_locations(data, meta_boxes.get(b"iloc"))
        _check_sizes(data, meta_boxes.get(b"iprp"), MAX_AVIF_PIXELS if media_type == "image/avif" else MAX_PIXELS)
    sandbox.step("opening it")
    width, height = heic_copy.read_size(path) if media_type == "image/heic" else avif_copy.read_size(path)
    return Findings(width=width, height=height, warnings=(DOWNSCALED_VIEW,) if width * height > MAX_VIEW_PIXELS else ())


def _check_brands(data: mmap.mmap, file_type: Box | None, media_type: str) -> None:
    brands = set()
    if file_type is not None:
        start, end = file_type.start, file_type.end
        brands = {data[at : at + 4] for at in (start, *range(start + 8, min(end, start + 256), 4))}
    if brands.isdisjoint(BRANDS[media_type]):
        label = "HEIC" if media_type == "image/heic" else "AVIF"
        raise RejectedError(
            "type_mismatch", f"The file was declared as {label}, but names another type inside. Upload it as that type."
        )


def _check_items(data: mmap.mmap, table: Box | None, media_type: str) -> None:
    if table is None:
        raise _malformed("it lists no pictures")
    version = data[table.start]
    entries = isobmff.children(data, table, 6 if version == 0 else 8)
    if len(entries) > MAX_ITEMS:
        raise _too_many_items()
    kinds = set()
    for entry in entries:
        if entry.kind != b"infe" or entry.end - entry.start < 12:
            raise _malformed("its list of pictures is damaged")
        skip = 10 if data[entry.start] == 3 else 8
        kinds.add(data[entry.start + skip : entry.start + skip + 4])
    rejected = kinds - CODECS[media_type] - AUXILIARY_ITEMS
    if rejected:
        name = sorted(rejected)[0].decode("ascii", "replace")
        raise RejectedError(
            "type_mismatch",
            f"The file contains something that is not a picture of its type ({name!r}). Export it again and upload that.",
        )
    if kinds.isdisjoint(CODECS[media_type]):
        raise _malformed("there is no picture in it")


def _check_locations(data: mmap.mmap, table: Box | None) -> None:
    """Check that every picture's bytes are inside the file."""
    if table is None:
        raise _malformed("it does not say where its pictures are")
    at = table.start
    version = data[at]
    sizes, more_sizes = read_uint(data, at + 4, 1), read_uint(data, at + 5, 1)
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more_sizes >> 4
    index_size = more_sizes & 15 if version in (1, 2) else 0
    id_size = 4 if version == 2 else 2
    count = read_uint(data, at + 6, id_size)
    at += 6 + id_size
    if count > MAX_ITEMS:
        raise _too_many_items()
    for _ in range(count):
        at += id_size
        method = 0
        if version in (1, 2):
            method = read_uint(data, at, 2) & 15
            at += 2
        at += 2  # the index of another file, which is not supported
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
                raise _malformed("its table of locations is damaged")
            if method == 0 and start + length > len(data):
                raise _malformed("a picture is not complete")


def _check_sizes(data: mmap.mmap, properties: Box | None, limit: int) -> None:
    groups = isobmff.children(data, properties, 0) if properties else []
    boxes = [box for group in groups if group.kind == b"ipco" for box in isobmff.children(data, group, 0)]
    sizes = [
        (read_uint(data, box.start + 4, 4), read_uint(data, box.start + 8, 4)) for box in boxes if box.kind == b"ispe"
    ]
    if not sizes:
        raise _malformed("it does not say how large it is")
    for width, height in sizes:
        if width * height > limit:
            raise too_many_pixels_error(width, height, limit)
        if not width or not height:
            raise _malformed("it is empty")


def _too_many_items() -> RejectedError:
    return RejectedError("bomb", f"The picture has more than {MAX_ITEMS:,} parts. Export it again and upload that.")


def _malformed(damage: str) -> RejectedError:
    return RejectedError("malformed", f"The picture is damaged: {damage}. Export it again and upload that.")
