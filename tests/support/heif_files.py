"""HEIC and AVIF files: encoded pictures, and boxes assembled by hand."""

import io
import struct
from collections.abc import Iterable
from typing import Any

import pillow_heif
from PIL import Image, ImageCms

from tests.support.media_files import box, drawn, exif_with_location


def heic(picture: Image.Image, **options: Any) -> bytes:
    """Return an encoded picture with the EXIF and colour profile that Pillow has for it."""
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=80, **options)
    return out.getvalue()


def phone_picture() -> bytes:
    """Return a picture with location, camera model, colour profile and orientation."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return heic(drawn(), exif=exif_with_location().tobytes(), icc_profile=profile)


def two_pictures() -> bytes:
    """Return two pictures in one file; the second is the main one."""
    file = pillow_heif.from_pillow(drawn(shade=20))
    file.add_from_pillow(drawn(shade=200))
    out = io.BytesIO()
    file.save(out, quality=80, primary_index=1)
    return out.getvalue()


def ten_bit_picture() -> bytes:
    grey = drawn("L").tobytes()
    wide = b"".join((value * 257).to_bytes(2, "little") for value in grey for _ in range(3))
    file = pillow_heif.from_bytes("RGB;16", (64, 48), wide)
    out = io.BytesIO()
    file.save(out, quality=80)
    return out.getvalue()


def tiled(brand: bytes = b"heic", *, columns: int = 3, rows: int = 2, side: int = 64) -> bytes:
    """Return a picture in tiles, as phones write them; the last ones extend beyond its edges."""
    tiles = [_encode(drawn(size=(side, side), shade=30 * number)) for number in range(columns * rows)]
    decoder = tiles[0][0]
    assert all(tile[0] == decoder for tile in tiles), "tiles share what the decoder must know"
    size = (columns * side - 10, rows * side - 6)
    whole, numbers = 1, range(2, 2 + len(tiles))
    entries = [(whole, b"grid"), *((number, b"hvc1") for number in numbers)]
    properties = (decoder, _extent(side, side), _extent(*size))
    associations = [(whole, (3,)), *((number, (1, 2)) for number in numbers)]
    locations = [
        (whole, 1, 0, 8),
        *((number, 0, 0, len(data)) for number, (_, data) in zip(numbers, tiles, strict=True)),
    ]

    def meta(first: int) -> bytes:
        offset, entries_of_iloc = first, b""
        for number, method, _, length in locations:
            entries_of_iloc += struct.pack(">HHHHII", number, method, 0, 1, 0 if method else offset, length)
            offset += 0 if method else length
        return box(
            b"meta",
            bytes(4),
            box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
            box(b"pitm", bytes(4) + struct.pack(">H", whole)),
            box(b"iinf", bytes(4) + struct.pack(">H", len(entries)), *(_entry(*entry) for entry in entries)),
            box(b"iref", bytes(4), box(b"dimg", struct.pack(f">HH{len(tiles)}H", whole, len(tiles), *numbers))),
            box(b"iprp", box(b"ipco", *properties), _property_associations(associations)),
            box(b"iloc", b"\1\0\0\0" + struct.pack(">BBH", 0x44, 0, len(locations)) + entries_of_iloc),
            box(b"idat", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, *size)),
        )

    head = box(b"ftyp", brand + bytes(4) + b"mif1heic")
    first = len(head) + len(meta(0)) + 8
    return head + meta(first) + box(b"mdat", b"".join(data for _, data in tiles))


def _entry(number: int, kind: bytes) -> bytes:
    return box(b"infe", b"\2\0\0\0" + struct.pack(">HH", number, 0) + kind + b"\0")


def _extent(width: int, height: int) -> bytes:
    return box(b"ispe", bytes(4) + struct.pack(">II", width, height))


def _property_associations(pairs: Iterable[tuple[int, tuple[int, ...]]]) -> bytes:
    rows = [struct.pack(f">HB{len(indices)}B", number, len(indices), *indices) for number, indices in pairs]
    return box(b"ipma", bytes(4) + struct.pack(">I", len(rows)), *rows)


def _encode(picture: Image.Image) -> tuple[bytes, bytes]:
    """Return the decoder configuration (the box `hvcC`) and the coded picture, taken from an encoded file."""
    whole = heic(picture)
    start = whole.index(b"hvcC") - 4
    decoder = whole[start : start + int.from_bytes(whole[start : start + 4], "big")]
    return decoder, whole[whole.index(b"mdat") + 4 :]


def heif(
    brand: bytes = b"heic",
    codec: bytes = b"hvc1",
    *,
    size: tuple[int, int] = (640, 480),
    place: tuple[int, int] = (40, 20),
    others: Iterable[bytes] = (),
    compatible: bytes = b"mif1heic",
) -> bytes:
    """Return the boxes of a picture with coded data of zeros."""
    items = [codec, *others]
    entries = [box(b"infe", b"\2\0\0\0" + struct.pack(">HH", n + 1, 0) + kind + b"\0") for n, kind in enumerate(items)]
    places = struct.pack(">BBH", 0x44, 0, 1) + struct.pack(">HHHII", 1, 0, 1, *place)
    meta = box(
        b"meta",
        bytes(4),
        box(b"hdlr", bytes(8) + b"pict" + bytes(13)),
        box(b"iinf", bytes(4) + struct.pack(">H", len(items)), *entries),
        box(b"iloc", bytes(4) + places),
        box(b"iprp", box(b"ipco", box(b"ispe", bytes(4) + struct.pack(">II", *size)))),
    )
    return box(b"ftyp", brand + bytes(4) + compatible) + meta + box(b"mdat", bytes(300))
