"""PNG, JPEG, WebP and GIF pictures: walked part by part so that every byte is accounted for, then decoded by Pillow.

Bytes behind the end of a picture are no reason to reject it (phones append videos and second pictures), but the
original is then withheld: users get the copy from `picture_copy`.
"""

import io
import mmap
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from chalicelib.inspection.images import png_chunks
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image

Content = mmap.mmap | bytes

MAX_PIXELS = 50_000_000  # phones take 50 megapixels; decoded, they are 200 MB
# 4,096 × 4,096; the decoder keeps four pictures of 4 bytes a pixel, and no camera writes WebP
MAX_WEBP_PIXELS = 17_000_000
MAX_VIEW_PIXELS = 25_000_000  # of a copy; turning and converting it takes three pictures of 4 bytes a pixel, 300 MB
MAX_FRAMES = 5_000  # of an animation; counting 200,000 took 0.7 s
MAX_PARTS = 100_000  # chunks or blocks of one file; a PNG of 100 MB in chunks of 8 KB has 12,800
MAX_METADATA_BYTES = 16 * 1024 * 1024  # one compressed text or colour profile of a PNG, unpacked; real ones have 3 MB
MAX_COVER_PIXELS = 17_000_000  # large ones have 3,000 × 3,000
DOWNSCALED_VIEW = InspectionWarning("shown_smaller", "The copy you see has half the width and height of the picture.")
EXIF_ORIENTATION = 0x0112

PILLOW_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is one whole picture of this format, within its limits."""
    sandbox.step("walking its parts")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        trailing_bytes = count_trailing_bytes(data, media_type)
    sandbox.step("decoding it")
    with path.open("rb") as file, open_picture(file, media_type) as picture:
        width, height = oriented_size(picture.size, read_orientation(picture))
        warnings = (DOWNSCALED_VIEW,) if has_downscaled_view(picture) else ()
        decode(picture)
    return Findings(width=width, height=height, warnings=warnings, trailing_bytes=trailing_bytes)


def count_trailing_bytes(data: Content, media_type: str) -> int:
    """Walk a whole picture, and return how many bytes that are not padding follow its end. Raises RejectedError."""
    tail = data[_WALKS[media_type](data) :]
    return len(tail) if tail.strip(b"\x00\r\n \t") else 0


def decode(picture: "Image") -> None:
    """Decode the first frame; a JPEG is read whole, but decoded at an eighth of its width and height."""
    frame_count = getattr(picture, "n_frames", 1)
    if frame_count > MAX_FRAMES:
        raise RejectedError("bomb", f"The animation has {frame_count:,} frames; the limit is {MAX_FRAMES}. Split it.")
    picture.draft(picture.mode, (max(1, picture.width // 8), max(1, picture.height // 8)))
    picture.load()


def read_orientation(picture: "Image") -> int:
    """Return the EXIF orientation; 1, which is upright, if the EXIF data is damaged. Browsers show such pictures, too."""
    try:
        orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return 1
    return orientation if orientation in range(1, 9) else 1


def oriented_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return the size as it is seen: EXIF orientations 5 to 8 swap width and height."""
    width, height = size
    return (height, width) if 5 <= orientation <= 8 else (width, height)


def has_downscaled_view(picture: "Image") -> bool:
    """Return whether the view copy has half the width and height."""
    return picture.width * picture.height > MAX_VIEW_PIXELS


def open_picture(file: BinaryIO, media_type: str) -> "Image":
    """Open a picture as this one format, without decoding it. Raises RejectedError when it has too many pixels.

    A JPEG is its first picture: those that may follow it (a gain map, a preview, the other eye's view) are not shown.
    """
    from PIL import Image, JpegImagePlugin, PngImagePlugin

    Image.MAX_IMAGE_PIXELS = None  # our own limits follow, with better messages
    PngImagePlugin.MAX_TEXT_CHUNK = PngImagePlugin.MAX_TEXT_MEMORY = MAX_METADATA_BYTES
    picture: Image.Image
    if media_type == "image/jpeg":  # Image.open would make an MPO of one with several pictures
        picture = JpegImagePlugin.JpegImageFile(file)
    else:
        if media_type == "image/png":
            file = png_chunks.without_damaged_chunks(file)
        picture = Image.open(file, formats=[PILLOW_FORMATS[media_type]])
    _check_size(*picture.size, MAX_WEBP_PIXELS if media_type == "image/webp" else MAX_PIXELS)
    return picture


def open_cover(content: bytes) -> "Image | None":
    """Open a cover from another file, without decoding it; None when it is too large. Raises what Pillow raises."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # our own limit follows
    cover = Image.open(io.BytesIO(content), formats=list(PILLOW_FORMATS.values()))
    if cover.width * cover.height > MAX_COVER_PIXELS:
        return None
    cover.draft("RGB", (1024, 1024))  # a JPEG can be decoded at a smaller size
    return cover


def to_rgb(image: "Image") -> "Image":
    """Return the picture in RGB, with its transparency if it has any."""
    has_alpha = image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def on_white(image: "Image") -> "Image":
    """Return a picture in RGB or RGBA without transparency, which JPEG has not."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    page = Image.new("RGB", image.size, "white")
    page.paste(image, mask=image.getchannel("A"))
    return page


def too_many_pixels_error(width: int, height: int, limit: int = MAX_PIXELS) -> RejectedError:
    return RejectedError(
        "too_many_pixels",
        f"The picture has {width:,} × {height:,} pixels; the limit is {limit // 1_000_000} megapixels. "
        "Scale it down and upload it again.",
    )


def _damaged() -> RejectedError:
    return RejectedError(
        "malformed", "The picture is damaged, or was cut off during the transfer. Upload the complete file."
    )


def _too_many_frames() -> RejectedError:
    return RejectedError("bomb", f"The animation has more than {MAX_FRAMES} frames. Split it.")


def _too_many_parts() -> RejectedError:
    return RejectedError("bomb", f"The picture has more than {MAX_PARTS:,} parts. Export it again and upload that.")


def _read_uint(data: Content, at: int, size: int, order: Literal["big", "little"] = "big") -> int:
    if at + size > len(data):
        raise _damaged()
    return int.from_bytes(data[at : at + size], order)


def _walk_png(data: Content) -> int:
    """Check that chunks follow each other from IHDR to IEND, the critical ones with correct checksums. Returns the end."""
    at = 8
    for index in range(MAX_PARTS):
        size, kind = _read_uint(data, at, 4), data[at + 4 : at + 8]
        if at + 12 + size > len(data) or (kind == b"IHDR") != (index == 0):
            raise _damaged()
        if png_chunks.is_critical(kind) and zlib.crc32(data[at + 4 : at + 8 + size]) != _read_uint(
            data, at + 8 + size, 4
        ):
            raise _damaged()
        if kind == b"IHDR":
            _check_size(_read_uint(data, at + 8, 4), _read_uint(data, at + 12, 4))
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            _check_inflated(data[at + 8 : at + 8 + size])
        at += 12 + size
        if kind == b"IEND":
            return at
    raise _too_many_parts()


def _check_inflated(chunk: bytes) -> None:
    """Check that the compressed text or profile in a chunk stays small.

    Its offset depends on the kind of chunk, so it is looked for behind each NUL.
    """
    _, _, content = chunk.partition(b"\0")
    starts = (at + 1 for at in range(min(len(content), 400)) if content[at : at + 1] == b"\0")
    for start in (1, *starts):
        if len(_inflate_head(content[start:], MAX_METADATA_BYTES + 1)) > MAX_METADATA_BYTES:
            raise RejectedError(
                "bomb",
                f"The picture's metadata unpacks to more than {MAX_METADATA_BYTES // 1024**2} MB. "
                "Export it without metadata and upload that.",
            )


def _inflate_head(packed: bytes, limit: int) -> bytes:
    """Return at most `limit` inflated bytes, or nothing when it is not compressed."""
    try:
        return zlib.decompressobj().decompress(packed, limit)
    except zlib.error:
        return b""


def _check_size(width: int, height: int, limit: int = MAX_PIXELS) -> None:
    if width * height > limit:
        raise too_many_pixels_error(width, height, limit)


def _walk_jpeg(data: Content) -> int:
    at = 2
    scans = 0
    for _ in range(MAX_PARTS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if _read_uint(data, at, 1) != 0xFF:
            raise _damaged()
        marker = _read_uint(data, at + 1, 1)
        at += 2
        if marker == 0xD9:
            if not scans:
                raise _damaged()
            return at
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            continue
        size = _read_uint(data, at, 2)
        if size < 2 or at + size > len(data):
            raise _damaged()
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            _check_size(_read_uint(data, at + 5, 2), _read_uint(data, at + 3, 2))
        at += size
        if marker == 0xDA:
            scans += 1
            at = skip_scan(data, at)
    raise _too_many_parts()


def skip_scan(data: Content, at: int) -> int:
    """Return the offset of the marker behind a scan: FF, and then neither 00 nor a restart marker."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _damaged()
        following = data[at + 1]
        if following == 0x00 or 0xD0 <= following <= 0xD7:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at


def _walk_gif(data: Content) -> int:
    _check_size(_read_uint(data, 6, 2, "little"), _read_uint(data, 8, 2, "little"))
    at = 13 + _palette_bytes(_read_uint(data, 10, 1))
    frame_count = 0
    for _ in range(MAX_PARTS):
        kind = _read_uint(data, at, 1)
        if kind == 0x3B:
            return at + 1
        if kind == 0x21:
            at = _skip_blocks(data, at + 2)
        elif kind == 0x2C:
            frame_count += 1
            if frame_count > MAX_FRAMES:
                raise _too_many_frames()
            at = _skip_blocks(data, at + 11 + _palette_bytes(_read_uint(data, at + 9, 1)))
        else:
            raise _damaged()
    raise _too_many_parts()


def _palette_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip_blocks(data: Content, at: int) -> int:
    while size := _read_uint(data, at, 1):
        at += 1 + size
    return at + 1


def _walk_webp(data: Content) -> int:
    end = 8 + _read_uint(data, 4, 4, "little")
    if end > len(data):
        raise _damaged()
    at = 12
    kinds: set[bytes] = set()
    frame_count = 0
    for _ in range(MAX_PARTS):
        if at >= end:
            if kinds.isdisjoint({b"VP8 ", b"VP8L", b"ANMF"}):
                raise _damaged()
            return end
        kind, size = data[at : at + 4], _read_uint(data, at + 4, 4, "little")
        if at + 8 + size > end:
            raise _damaged()
        if kind == b"VP8X":
            _check_size(
                1 + _read_uint(data, at + 12, 3, "little"), 1 + _read_uint(data, at + 15, 3, "little"), MAX_WEBP_PIXELS
            )
        kinds.add(kind)
        frame_count += kind == b"ANMF"
        if frame_count > MAX_FRAMES:
            raise _too_many_frames()
        at += 8 + size + size % 2
    raise _too_many_parts()


_WALKS: dict[str, Callable[[Content], int]] = {
    "image/png": _walk_png,
    "image/jpeg": _walk_jpeg,
    "image/gif": _walk_gif,
    "image/webp": _walk_webp,
}
