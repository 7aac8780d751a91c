"""Pictures: all modes and sizes, with what cameras, editors and servers leave in and behind them."""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib
from collections.abc import Callable, Mapping

import pillow_heif
from PIL import Image, ImageCms

from tests.support import heif_files, media_files
from tests.support.corpus.specimen import Specimen, choose
from tests.support.media_files import exif_with_location, jpeg_with_gain_map, png_chunk, saved

SIZES = ((1, 1), (1, 2), (7, 7), (8, 8), (15, 17), (64, 48), (200, 4), (4, 200), (320, 240))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GARBAGE_EXIF = (
    b"",
    b"Exif\0\0",
    b"Exif\0\0garbage",
    b"Exif\0\0II*\0\xff\xff\xff\xff",
    b"Exif\0\0MM\0*\0\0\0\x08\0\x05",
)


def _image(rng: random.Random, mode: str, *, smallest: int = 1) -> Image.Image:
    width, height = rng.choice([size for size in SIZES if min(size) >= smallest])
    noise = Image.frombytes("RGB", (8, 8), rng.randbytes(192)).resize((width, height))
    return noise.convert("L").convert(mode) if mode == "I;16" else noise.convert(mode)


# ---- PNG ----

_PNG_CHUNKS: Mapping[str, Callable[[random.Random], bytes]] = {
    "a comment": lambda _: png_chunk(b"tEXt", b"Comment\0by hand"),
    "a compressed comment": lambda _: png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"words " * 99)),
    "2 MB of XMP": lambda _: png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b" " * 2_000_000)),
    "a colour profile": lambda _: png_chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(PROFILE)),
    "EXIF": lambda _: png_chunk(b"eXIf", exif_with_location().tobytes()[6:]),
    "damaged EXIF": lambda rng: png_chunk(b"eXIf", rng.choice([b"", b"garbage", rng.randbytes(40)])),
    "a wrong checksum of a text": lambda _: png_chunk(b"tEXt", b"Comment\0by hand")[:-4] + b"wron",
    "a wrong checksum of a time": lambda _: png_chunk(b"tIME", bytes((7, 230, 1, 1, 1, 1, 1)))[:-4] + b"wron",
    "a private part": lambda rng: png_chunk(b"prVt", rng.randbytes(99)),
    "a resolution": lambda _: png_chunk(b"pHYs", struct.pack(">IIB", 3_000, 3_000, 1)),
}
_TAILS: Mapping[str, Callable[[random.Random], bytes]] = {
    "zeros behind it": lambda rng: bytes(rng.randint(1, 5_000)),
    "a blank line behind it": lambda _: b"\r\n",
    "a film behind it": lambda _: media_files.mp4(media_files.VIDEO),
    "other bytes behind it": lambda rng: b"SEFH" + rng.randbytes(rng.randint(20, 400)) + b"SEFT",
}


def _finish(rng: random.Random, media_type: str, filename: str, content: bytes, *oddities: str) -> Specimen:
    if rng.random() < 0.3:
        name = rng.choice(sorted(_TAILS))
        content, oddities = content + _TAILS[name](rng), (*oddities, name)
    return Specimen(media_type, filename, content, oddities)


def png(rng: random.Random) -> Specimen:
    mode = rng.choice(["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
    chunks = choose(rng, _PNG_CHUNKS, most=3)
    if rng.random() < 0.1:
        content, form = media_files.animation("PNG", rng.randint(2, 6)), "animated"
    else:
        content, form = saved(_image(rng, mode), "PNG", compress_level=rng.randint(0, 9)), mode
    at = 33 if rng.random() < 0.7 or any("profile" in name for name in chunks) else len(content) - 12
    content = content[:at] + b"".join(_PNG_CHUNKS[name](rng) for name in chunks) + content[at:]
    return _finish(rng, "image/png", rng.choice(["a.png", "A.PNG"]), content, form, *chunks)


# ---- JPEG ----


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


_JPEG_SEGMENTS: Mapping[str, Callable[[random.Random], bytes]] = {
    "EXIF of a phone": lambda _: _segment(0xE1, exif_with_location().tobytes()),
    "damaged EXIF": lambda rng: _segment(0xE1, rng.choice(GARBAGE_EXIF)),
    "XMP": lambda _: _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
    "a colour profile": lambda _: _segment(0xE2, b"ICC_PROFILE\0\1\1" + PROFILE),
    "a comment": lambda rng: _segment(0xFE, rng.choice([b"", b"made by hand", b"f\xfcr dich"])),
    "data of an editor": lambda _: _segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\0"),
    "fill bytes": lambda rng: b"\xff" * rng.randint(1, 9) + _segment(0xFE, b"x"),
    "an unknown segment": lambda rng: _segment(rng.randint(0xE3, 0xEC), rng.randbytes(200)),
}


def jpeg(rng: random.Random) -> Specimen:
    filename = rng.choice(["a.jpg", "a.jpeg", "a.jpe", "a.jfif", "A.JPG"])
    if rng.random() < 0.1:
        return Specimen("image/jpeg", filename, jpeg_with_gain_map(), ("a gain map",))
    mode = rng.choice(["RGB", "RGB", "L", "CMYK"])
    options: dict[str, object] = rng.choice(
        [
            {},
            {"progressive": True},
            {"optimize": True},
            {"subsampling": 0},
            {"restart_marker_blocks": 2},
            {"quality": 100},
        ]
    )
    content = saved(_image(rng, mode), "JPEG", **options)
    segments = choose(rng, _JPEG_SEGMENTS, most=3)
    content = content[:2] + b"".join(_JPEG_SEGMENTS[name](rng) for name in segments) + content[2:]
    media_type = rng.choice(["image/jpeg", "image/jpg", "image/pjpeg", "application/octet-stream"])
    return _finish(rng, media_type, filename, content, mode, *options, *segments)


# ---- the others ----


def gif(rng: random.Random) -> Specimen:
    frames = rng.choices([1, 2, 40, 501], [6, 6, 3, 1])[0]
    if frames > 1:
        content = media_files.animation("GIF", frames, (20, 18))
    else:
        options: dict[str, object] = rng.choice([{}, {"transparency": 0}, {"comment": b"x"}])
        content = saved(_image(rng, rng.choice(["P", "L", "1"])), "GIF", **options)
    extensions = {
        "a comment": b"\x21\xfe\x04made\x02by\0",
        "an application's data": b"\x21\xff\x0bXMP DataXMP\x03abc\0",
        "a text": b"\x21\x01\x0c" + bytes(12) + b"\x02hi\0",
    }
    chosen = choose(rng, extensions, most=2)
    content = content[:-1] + b"".join(extensions[name] for name in chosen) + content[-1:]
    return _finish(rng, "image/gif", "a.gif", content, f"{frames} frames", *chosen)


def webp(rng: random.Random) -> Specimen:
    if rng.random() < 0.2:
        return _finish(rng, "image/webp", "a.webp", media_files.animation("WEBP", rng.randint(2, 8)), "animated")
    mode = rng.choice(["RGB", "RGBA"])
    options: dict[str, object] = rng.choice(
        [
            {},
            {"lossless": True},
            {"exif": exif_with_location()},
            {"icc_profile": PROFILE},
            {"xmp": b"<x/>"},
            {"exif": b"garbage"},
        ]
    )
    return _finish(rng, "image/webp", "a.webp", saved(_image(rng, mode), "WEBP", **options), mode, *options)


# Encoding takes 50 ms each.
_PHONE_PICTURE = functools.cache(heif_files.phone_picture)
_TILED = functools.cache(heif_files.tiled)
_TWO_PICTURES = functools.cache(heif_files.two_pictures)
_TEN_BITS = functools.cache(heif_files.ten_bit_picture)


def heic(rng: random.Random) -> Specimen:
    makers: list[tuple[Callable[[], bytes], str]] = [
        (_PHONE_PICTURE, "of a phone"),
        (lambda: _TILED(rng.choice([b"heic", b"mif1"])), "of tiles"),
        (_TWO_PICTURES, "two pictures"),
        (_TEN_BITS, "10 bits"),
        (lambda: _heif(_image(rng, "RGB", smallest=4)), "RGB"),
        (lambda: _heif(_image(rng, "RGBA", smallest=4)), "RGBA"),
        (lambda: _heif(_image(rng, "L", smallest=4)), "L"),
    ]
    make, name = rng.choice(makers)
    media_type, filename = rng.choice([("image/heic", "a.heic"), ("image/heif", "a.heif"), ("", "a.heic")])
    return Specimen(media_type, filename, make(), (name,))


def _heif(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture).save(out, quality=70)
    return out.getvalue()


def avif(rng: random.Random) -> Specimen:
    if rng.random() < 0.1:
        return Specimen("image/avif", "a.avif", media_files.animation("AVIF", 2), ("animated",))
    mode = rng.choice(["RGB", "RGBA", "L"])
    options: dict[str, object] = rng.choice(
        [{}, {"exif": exif_with_location()}, {"icc_profile": PROFILE}, {"xmp": b"<x/>"}, {"subsampling": "4:4:4"}]
    )
    return Specimen("image/avif", "a.avif", saved(_image(rng, mode), "AVIF", speed=10, **options), (mode, *options))
