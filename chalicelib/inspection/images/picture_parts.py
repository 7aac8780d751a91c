"""Pictures without metadata whose pixels stay as they are coded: only the parts that draw them are kept.

The pictures were walked before, so their parts are whole and follow each other.
"""

import struct
import zlib
from collections.abc import Callable

from chalicelib.inspection.images.picture import skip_scan

_PNG_CHUNKS = frozenset({
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"pHYs", b"bKGD",
    b"acTL", b"fcTL", b"fdAT",
})  # fmt: skip
_WEBP_CHUNKS = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_WEBP_METADATA_FLAGS = 0x08 | 0x04  # of VP8X: EXIF and XMP follow
# Application segments of JPEG that change how it is drawn, by their marker and first bytes.
_JPEG_SEGMENTS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_JPEG_COMMENT, _JPEG_SCAN, _JPEG_END = 0xFE, 0xDA, 0xD9
_GIF_EXTENSION, _GIF_END, _GIF_CONTROL, _GIF_APPLICATION = 0x21, 0x3B, 0xF9, 0xFF
_GIF_LOOP = b"\x0bNETSCAPE2.0"


def without_metadata(content: bytes, media_type: str, orientation: int = 1) -> bytes:
    """Return the picture's drawing parts, up to its end. A JPEG keeps its EXIF orientation, and nothing else of its EXIF."""
    if media_type == "image/jpeg":
        return _jpeg(content, orientation)
    return _WRITERS[media_type](content)


def _jpeg(content: bytes, orientation: int) -> bytes:
    kept = [content[:2]]
    at = 2
    while at < len(content):
        while content[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        marker = content[at + 1]
        if marker == _JPEG_END:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        is_application = 0xE0 <= marker <= 0xEF
        is_drawn = content.startswith(_JPEG_SEGMENTS.get(marker, b"\0"), at + 4) if is_application else True
        if marker == _JPEG_SCAN:
            end = skip_scan(content, end)
        if is_drawn and marker != _JPEG_COMMENT:
            kept.append(content[at:end])
        at = end
        if orientation != 1 and len(kept) == 2:
            kept.append(_exif_with(orientation))
    return b"".join([*kept, b"\xff\xd9"])


def _exif_with(orientation: int) -> bytes:
    """Return an EXIF segment with one entry (TIFF 6.0, 2): the orientation as a short."""
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(tiff)) + b"Exif\0\0" + tiff


def _png(content: bytes) -> bytes:
    kept = [content[:8]]
    at = 8
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if kind in _PNG_CHUNKS:
            body = content[at + 4 : end - 4]
            kept.append(content[at : end - 4] + struct.pack(">I", zlib.crc32(body)))
        if kind == b"IEND":
            break
        at = end
    return b"".join(kept)


def _webp(content: bytes) -> bytes:
    end = 8 + int.from_bytes(content[4:8], "little")
    kept = []
    at = 12
    while at < end:
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        body = content[at + 8 : at + 8 + size]
        if kind == b"VP8X":
            body = bytes([body[0] & ~_WEBP_METADATA_FLAGS]) + body[1:]
        if kind in _WEBP_CHUNKS:
            kept.append(kind + struct.pack("<I", size) + body + bytes(size % 2))
        at += 8 + size + size % 2
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _gif(content: bytes) -> bytes:
    at = 13 + _palette_bytes(content[10])
    kept = [content[:at]]
    while at < len(content) and content[at] != _GIF_END:
        if content[at] == _GIF_EXTENSION:
            end = _blocks_end(content, at + 2)
            label = content[at + 1]
            is_loop = label == _GIF_APPLICATION and content.startswith(_GIF_LOOP, at + 2)
            if label == _GIF_CONTROL or is_loop:
                kept.append(content[at:end])
        else:
            end = _blocks_end(content, at + 11 + _palette_bytes(content[at + 9]))
            kept.append(content[at:end])
        at = end
    return b"".join([*kept, b"\x3b"])


def _palette_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks_end(content: bytes, at: int) -> int:
    while content[at]:
        at += 1 + content[at]
    return at + 1


_WRITERS: dict[str, Callable[[bytes], bytes]] = {"image/png": _png, "image/webp": _webp, "image/gif": _gif}
