"""PNG, JPEG, WebP and GIF: every byte accounted for by a walk, then decoded whole, once, by Pillow.

Bytes behind the end of a picture are no reason to refuse it (phones put films and second pictures there), but then
the original is not handed out: people get the copy that `picture_copy` makes.
"""

import io
import mmap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 50_000_000  # telephones take 50 megapixels; decoded they are 200 MB
MAX_WEBP_PIXELS = (
    17_000_000  # 4,096 × 4,096; the decoder keeps four pictures of 4 bytes a pixel, and no camera writes WebP
)
MAX_VIEW_PIXELS = 25_000_000  # of a copy: turned and in other colours it is three pictures of 4 bytes a pixel, 300 MB
MAX_FRAMES = 500  # of an animation; counting 200,000 took 0.7 s
MAX_PARTS = 100_000  # chunks or blocks of one file; a PNG of 100 MB in chunks of 8 KB has 12,800
MAX_METADATA_BYTES = 16 * 1024 * 1024  # one compressed text or colour profile of a PNG, unpacked; real ones have 3 MB

MAX_COVER_PIXELS = 17_000_000  # large ones have 3,000 × 3,000
DOWNSCALED_VIEW = InspectionWarning("shown_smaller", "The copy you see has half the width and height of the picture.")
EXIF_ORIENTATION = 0x0112  # EXIF

PILLOW_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


def examine(path: Path, media_type: str) -> Findings:
    """Whether the file is one whole picture of this format, of at most 50 (WebP 17) megapixels and 500 frames."""
    sandbox.step("walking its parts")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = _WALKS[media_type](data)
        tail = data[end:]
        tail_bytes = len(tail) if tail.strip(b"\x00\r\n \t") else 0
    sandbox.step("decoding it")
    with open_picture(path, media_type) as picture:
        width, height = oriented_size(picture.size, picture.getexif().get(EXIF_ORIENTATION, 1))
        notes = (DOWNSCALED_VIEW,) if has_downscaled_view(picture) else ()
        frames = getattr(picture, "n_frames", 1)
        if frames > MAX_FRAMES:
            raise RejectedError(
                "bomb", f"The animation has {frames:,} frames; at most {MAX_FRAMES} are taken. Split it."
            )
        # JPEG: all of the data is read, and an eighth of the width and height come of it.
        picture.draft(picture.mode, (picture.width // 8, picture.height // 8))
        picture.load()
    return Findings(width=width, height=height, warnings=notes, trailing_bytes=tail_bytes)


def oriented_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """The size as it is seen: with the values 5 to 8 of EXIF's orientation, width and height change places."""
    width, height = size
    return (height, width) if 5 <= orientation <= 8 else (width, height)


def has_downscaled_view(picture: "Image") -> bool:
    """Whether the copy that is shown has half the width and height."""
    return picture.width * picture.height > MAX_VIEW_PIXELS


def open_picture(path: Path, media_type: str) -> "Image":
    """The picture, not decoded yet, as this one format and no other. Raises RefusedError when it has too many pixels."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit follows, with a sentence
    picture = Image.open(path, formats=[PILLOW_FORMATS[media_type]])
    _check_size(*picture.size, MAX_WEBP_PIXELS if media_type == "image/webp" else MAX_PIXELS)
    return picture


def open_cover(content: bytes) -> "Image | None":
    """A cover inside another file, not decoded yet; None when it is larger than any cover. Raises what Pillow raises."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit follows
    found = Image.open(io.BytesIO(content), formats=list(PILLOW_FORMATS.values()))
    if found.width * found.height > MAX_COVER_PIXELS:
        return None
    found.draft("RGB", (1024, 1024))  # JPEG can be decoded smaller than it is
    return found


def too_many_pixels_error(width: int, height: int, limit: int = MAX_PIXELS) -> RejectedError:
    return RejectedError(
        "too_many_pixels",
        f"The picture has {width:,} × {height:,} pixels; at most {limit // 1_000_000} megapixels are taken. "
        "Make it smaller.",
    )


def _cut_off() -> RejectedError:
    return RejectedError("malformed", "The picture is damaged, or was cut off on its way. Upload the complete file.")


def _too_many_parts() -> RejectedError:
    return RejectedError("bomb", f"The picture has more than {MAX_PARTS:,} parts. Export it again and upload that.")


def _number(data: mmap.mmap, at: int, size: int, order: str = "big") -> int:
    if at + size > len(data):
        raise _cut_off()
    piece = data[at : at + size]
    return int.from_bytes(piece, "big") if order == "big" else int.from_bytes(piece, "little")


def _walk_png(data: mmap.mmap) -> int:
    """Chunks with right checksums from IHDR to IEND. Answers where the picture ends, as all walks here do."""
    at = 8
    for count in range(MAX_PARTS):
        size, kind = _number(data, at, 4), data[at + 4 : at + 8]
        if at + 12 + size > len(data) or (kind == b"IHDR") != (count == 0):
            raise _cut_off()
        if zlib.crc32(data[at + 4 : at + 8 + size]) != _number(data, at + 8 + size, 4):
            raise _cut_off()
        if kind == b"IHDR":
            _check_size(_number(data, at + 8, 4), _number(data, at + 12, 4))
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            _check_inflated(data[at + 8 : at + 8 + size])
        at += 12 + size
        if kind == b"IEND":
            return at
    raise _too_many_parts()


def _check_inflated(chunk: bytes) -> None:
    """The compressed text or profile in a chunk must stay small. Where it begins depends on the kind; so try each NUL."""
    keyword, _, rest = chunk.partition(b"\0")
    del keyword
    for start in (1, *(place + 1 for place in range(min(len(rest), 400)) if rest[place : place + 1] == b"\0")):
        if len(inflate_head(rest[start:], MAX_METADATA_BYTES + 1)) > MAX_METADATA_BYTES:
            raise RejectedError(
                "bomb", "The picture's metadata unpacks far beyond what metadata needs. Export it again."
            )


def inflate_head(packed: bytes, limit: int) -> bytes:
    """At most `limit` bytes of what unpacks; nothing when it is not compressed."""
    try:
        return zlib.decompressobj().decompress(packed, limit)
    except zlib.error:
        return b""


def _check_size(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    if width * height > limit:
        raise too_many_pixels_error(width, height, limit)


def _walk_jpeg(data: mmap.mmap) -> int:
    at = 2
    scans = 0
    for _ in range(MAX_PARTS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if _number(data, at, 1) != 0xFF:
            raise _cut_off()
        marker = _number(data, at + 1, 1)
        at += 2
        if marker == 0xD9:
            if not scans:
                raise _cut_off()
            return at
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        size = _number(data, at, 2)
        if size < 2 or at + size > len(data):
            raise _cut_off()
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            _check_size(_number(data, at + 5, 2), _number(data, at + 3, 2))
        at += size
        if marker == 0xDA:
            scans += 1
            at = _skip_scan(data, at)
    raise _too_many_parts()


def _skip_scan(data: mmap.mmap, at: int) -> int:
    """To the marker behind the picture's data: FF, and then neither 00 nor a restart marker."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _cut_off()
        following = data[at + 1]
        if following == 0x00 or 0xD0 <= following <= 0xD7:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at


def _walk_gif(data: mmap.mmap) -> int:
    _check_size(_number(data, 6, 2, "little"), _number(data, 8, 2, "little"))
    at = 13 + _table(_number(data, 10, 1))
    frames = 0
    for _ in range(MAX_PARTS):
        kind = _number(data, at, 1)
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at = _skip_blocks(data, at + 2)
        elif kind == 0x2C:
            frames += 1
            if frames > MAX_FRAMES:
                raise RejectedError("bomb", f"The animation has more than {MAX_FRAMES} frames. Split it.")
            at = _skip_blocks(data, at + 11 + _table(_number(data, at + 9, 1)))
        else:
            raise _cut_off()
    raise _too_many_parts()


def _table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: mmap.mmap, at: int) -> int:
    while size := _number(data, at, 1):
        at += 1 + size
    return at + 1


def _walk_webp(data: mmap.mmap) -> int:
    end = 8 + _number(data, 4, 4, "little")
    if end > len(data):
        raise _cut_off()
    at = 12
    kinds: set[bytes] = set()
    frames = 0
    for _ in range(MAX_PARTS):
        if at >= end:
            if kinds.isdisjoint({b"VP8 ", b"VP8L", b"ANMF"}):
                raise _cut_off()
            return end
        kind, size = data[at : at + 4], _number(data, at + 4, 4, "little")
        if at + 8 + size > end:
            raise _cut_off()
        if kind == b"VP8X":
            _check_size(
                1 + _number(data, at + 12, 3, "little"), 1 + _number(data, at + 15, 3, "little"), MAX_WEBP_PIXELS
            )
        kinds.add(kind)
        frames += kind == b"ANMF"
        if frames > MAX_FRAMES:
            raise RejectedError("bomb", f"The animation has more than {MAX_FRAMES} frames. Split it.")
        at += 8 + size + size % 2
    raise _too_many_parts()


_WALKS: dict[str, Callable[[mmap.mmap], int]] = {
    "image/png": _walk_png,
    "image/jpeg": _walk_jpeg,
    "image/gif": _walk_gif,
    "image/webp": _walk_webp,
}
