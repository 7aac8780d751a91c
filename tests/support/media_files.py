"""Valid pictures, recordings, videos and books, built in code: small, and as different programs write them."""

import io
import math
import struct
import wave
import zipfile
import zlib
from collections.abc import Iterable, Mapping

import lameenc
from PIL import Image, ImageDraw

from chalicelib.inspection.audio_video import flac as flac_walk
from chalicelib.inspection.audio_video import ogg as ogg_walk

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EPUB = "application/epub+zip"


# ---- pictures ----


def drawn(mode: str = "RGB", size: tuple[int, int] = (64, 48), shade: int = 90) -> Image.Image:
    picture = Image.new("RGB", size, (shade, 140, 200))
    ImageDraw.Draw(picture).ellipse((8, 8, size[0] - 8, size[1] - 8), fill=(220, shade, 40))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def exif_with_location() -> Image.Exif:
    """Return EXIF as a phone writes it: model, orientation and location."""
    exif = Image.Exif()
    exif[0x010F] = "A telephone"
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return exif


def animation(kind: str, frames: int = 3, size: tuple[int, int] = (64, 48)) -> bytes:
    pictures = [drawn(size=size, shade=20 + 9 * number % 200) for number in range(frames)]
    return saved(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=80, loop=0)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG with more chunks behind its header."""
    whole = saved(drawn(), "PNG")
    return whole[:33] + b"".join(png_chunk(*chunk) for chunk in chunks) + whole[33:]


def jpeg_with_comment(comment: bytes) -> bytes:
    whole = saved(drawn(), "JPEG")
    return whole[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + whole[2:]


def jpeg_with_gain_map() -> bytes:
    """Return a JPEG as phones write it for HDR screens: a second picture behind the first, announced by an MPF segment."""
    first, second = saved(drawn(), "JPEG"), saved(drawn("L", (32, 24)), "JPEG")
    out = io.BytesIO()
    drawn().save(out, "MPO", save_all=True, append_images=[drawn("L", (32, 24))])
    assert len(out.getvalue()) > len(first) + len(second) // 2
    return out.getvalue()


# ---- sound ----


def samples(seconds: float = 1.0, rate: int = 16_000) -> bytes:
    count = int(seconds * rate)
    return struct.pack(f"<{count}h", *(int(9_000 * math.sin(index / 6)) for index in range(count)))


def mp3(seconds: float = 1.0, rate: int = 16_000, kbits: int = 32) -> bytes:
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(kbits)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(1)
    encoder.silence()
    return bytes(encoder.encode(samples(seconds, rate)) + encoder.flush())


def synchsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(*frames: bytes, version: int = 3, padding: int = 0) -> bytes:
    body = b"".join(frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, 0]) + synchsafe(len(body)) + body


def id3_frame(name: bytes, content: bytes, flags: bytes = b"\0\0", version: int = 3) -> bytes:
    size = synchsafe(len(content)) if version == 4 else struct.pack(">I", len(content))
    return name + size + flags + content


def wav(seconds: float = 1.0) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(samples(seconds))
    return out.getvalue()


def riff(kind: bytes, *chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body) if size is None else size) + kind + body


def wav_format(codec: int = 1, channels: int = 1, rate: int = 16_000) -> tuple[bytes, bytes]:
    return b"fmt ", struct.pack("<HHIIHH", codec, channels, rate, rate * 2 * channels, 2 * channels, 16)


def ogg_page(serial: int, number: int, position: int, flags: int, *packets: bytes) -> bytes:
    table = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = b"OggS\0" + bytes([flags]) + struct.pack("<QIII", position, serial, number, 0) + bytes([len(table)]) + table
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", ogg_walk._checksum(page)) + page[26:]


def ogg_stream(first: bytes, position: int, serial: int = 7, body: bytes = b"sound" * 20) -> bytes:
    return (
        ogg_page(serial, 0, 0, 2, first) + ogg_page(serial, 1, 0, 0, b"tags") + ogg_page(serial, 2, position, 4, body)
    )


VORBIS_HEAD = b"\x01vorbis" + struct.pack("<IBIIII", 0, 1, 44_100, 0, 64_000, 0) + b"\xb8\x01"
OPUS_HEAD = b"OpusHead\x01\x01" + struct.pack("<HIhB", 312, 48_000, 0, 0)


def flac_info(total: int, rate: int = 16_000) -> bytes:
    packed = rate << 44 | 0 << 41 | 15 << 36 | total
    return struct.pack(">HH", 4096, 4096) + bytes(6) + packed.to_bytes(8, "big") + bytes(16)


def _crc16(content: bytes) -> int:
    value = 0
    for byte in content:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005) & 0xFFFF if value & 0x8000 else value << 1
    return value


def flac_frame(number: int) -> bytes:
    """Return a frame of 4,096 equal samples, one channel of 16 bits: a constant subframe."""
    head = b"\xff\xf8\xc5\x08" + bytes([number])
    head += bytes([flac_walk._crc8(head)])
    body = head + b"\x00\x01\x00"
    return body + struct.pack(">H", _crc16(body))


def flac(frames: int = 8, *, more: bytes = b"") -> bytes:
    info = flac_info(4096 * frames)
    last = b"\x80" if not more else b"\x00"
    return b"fLaC" + last + b"\0\0\x22" + info + more + b"".join(map(flac_frame, range(frames)))


def aac(frames: int = 20) -> bytes:
    body = b"\x21\x10\x04\x60\x8c\x1c"
    size = 7 + len(body)
    head = bytes([0xFF, 0xF1, 0x50, 0x80 | size >> 11, size >> 3 & 0xFF, (size & 7) << 5 | 0x1F, 0xFC])
    return (head + body) * frames


# ---- pictures in sound files, and ISO boxes ----


def flac_picture(content: bytes, kind: int = 3) -> bytes:
    """Return the last metadata block before the frames: a picture."""
    words = (len(b"image/png"), b"image/png", len(b"a cover"), b"a cover", 64, 48, 24, 0, len(content), content)
    block = struct.pack(">I", kind) + b"".join(
        struct.pack(">I", word) if isinstance(word, int) else word for word in words
    )
    return b"\x86" + len(block).to_bytes(3, "big") + block


def itunes_cover(content: bytes) -> bytes:
    data = box(b"data", struct.pack(">II", 13, 0), content)
    return box(b"udta", box(b"meta", bytes(4), box(b"ilst", box(b"covr", data))))


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + kind + body


UPRIGHT, QUARTER = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30), struct.pack(">2I28x", 0, 1 << 16)


def track(
    handler: bytes,
    *codecs: bytes,
    size: tuple[int, int] = (320, 240),
    reference: int = 1,
    matrix: bytes = UPRIGHT,
) -> bytes:
    entries = b"".join(box(codec, bytes(70)) for codec in codecs)
    return box(
        b"trak",
        box(b"tkhd", bytes(40) + matrix + struct.pack(">II", size[0] << 16, size[1] << 16)),
        box(
            b"mdia",
            box(b"hdlr", bytes(8) + handler + bytes(13)),
            box(
                b"minf",
                box(
                    b"dinf", box(b"dref", bytes(4) + struct.pack(">I", 1) + box(b"url ", struct.pack(">I", reference)))
                ),
                box(b"stbl", box(b"stsd", bytes(4) + struct.pack(">I", len(codecs)) + entries)),
            ),
        ),
    )


def mp4(
    *tracks: bytes,
    brand: bytes = b"isom",
    duration: int = 3_000,
    extra: bytes = b"",
    content: bytes = bytes(500),
) -> bytes:
    clock = box(b"mvhd", bytes(12) + struct.pack(">II", 1_000, duration) + bytes(80))
    return box(b"ftyp", brand + bytes(4) + b"isommp42") + box(b"moov", clock, *tracks) + extra + box(b"mdat", content)


VIDEO = track(b"vide", b"avc1")
SOUND = track(b"soun", b"mp4a", size=(0, 0))


# ---- EBML elements ----


def element(name: int, content: bytes, *, unknown: bool = False) -> bytes:
    size = b"\x01" + b"\xff" * 7 if unknown else (1 << 56 | len(content)).to_bytes(8, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content


def webm(
    codecs: Iterable[bytes] = (b"V_VP9", b"A_OPUS"),
    *,
    doctype: bytes = b"webm",
    size: tuple[int, int] = (320, 240),
    duration: float | None = 2_500.0,
    extra: bytes = b"",
    in_track: bytes = b"",
    live: bool = False,
) -> bytes:
    information = element(0x2AD7B1, b"\x0f\x42\x40")
    if duration is not None:
        information += element(0x4489, struct.pack(">d", duration))
    video = element(0xE0, element(0xB0, size[0].to_bytes(2, "big")) + element(0xBA, size[1].to_bytes(2, "big")))
    entries = b"".join(
        element(
            0xAE, element(0xD7, bytes([n])) + element(0x86, codec) + in_track + (video if codec[:1] == b"V" else b"")
        )
        for n, codec in enumerate(codecs, 1)
    )
    clusters = b"".join(
        element(
            0x1F43B675,
            element(0xE7, start.to_bytes(2, "big")) + element(0xA3, b"\x81" + struct.pack(">h", 400) + b"\x80picture"),
            unknown=live,
        )
        for start in (0, 1_000)
    )
    segment = element(0x1549A966, information) + element(0x1654AE6B, entries) + extra + clusters
    return element(0x1A45DFA3, element(0x4282, doctype)) + element(0x18538067, segment, unknown=live)


def film(seconds: int = 8, size: tuple[int, int] = (320, 240), per_second: int = 5) -> bytes:
    """Return a WebM that players can play and seek in: every picture is a key frame."""
    segment = element(
        0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40") + element(0x4489, struct.pack(">d", 1_000 * seconds))
    )
    video = element(0xE0, element(0xB0, size[0].to_bytes(2, "big")) + element(0xBA, size[1].to_bytes(2, "big")))
    entry = element(0xD7, b"\1") + element(0x73C5, b"\1") + element(0x83, b"\1") + element(0x86, b"V_VP8") + video
    segment += element(0x1654AE6B, element(0xAE, entry))
    cues = b""
    for second in range(seconds):
        start = (1_000 * second).to_bytes(4, "big")
        cue_position = element(0xF7, b"\1") + element(0xF1, len(segment).to_bytes(4, "big"))
        cues += element(0xBB, element(0xB3, start) + element(0xB7, cue_position))
        blocks = b""
        for number in range(per_second):
            shade = 25 * (second * per_second + number) % 250
            webp = saved(drawn(size=size, shade=shade), "WEBP", quality=90)
            picture = webp[20:]  # behind RIFF, WEBP and the chunk's head
            blocks += element(0xA3, b"\x81" + struct.pack(">h", 1_000 * number // per_second) + b"\x80" + picture)
        segment += element(0x1F43B675, element(0xE7, start) + blocks)
    segment += element(0x1C53BB6B, cues)
    return element(0x1A45DFA3, element(0x4282, b"webm")) + element(0x18538067, segment)


# ---- containers ----


def packed(parts: Mapping[str, bytes | str] | Iterable[tuple[str, bytes | str]], *, stored: str = "") -> bytes:
    """Return a ZIP of these parts in this order; `stored` names the part that is not compressed."""
    out = io.BytesIO()
    pairs = parts.items() if isinstance(parts, Mapping) else parts
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in pairs:
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == stored else zipfile.ZIP_DEFLATED
            file.writestr(entry, content)
    return out.getvalue()


CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata><meta name="cover" content="cover"/></metadata>'
    '<manifest><item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="cover" href="cover.png" media-type="image/png"/></manifest><spine><itemref idref="one"/></spine></package>'
)
CHAPTER = (
    '<!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>One</title></head>'
    '<body><h1>One</h1><p>It began on a Tuesday. <a href="https://example.org/">A link</a>.</p></body></html>'
)


def epub_parts() -> dict[str, bytes | str]:
    return {
        "mimetype": EPUB,
        "META-INF/container.xml": CONTAINER,
        "OEBPS/content.opf": PACKAGE,
        "OEBPS/one.xhtml": CHAPTER,
        "OEBPS/cover.png": saved(drawn(size=(120, 180)), "PNG"),
    }


def epub(changes: Mapping[str, bytes | str | None] | None = None) -> bytes:
    """Return a book; a part that is None is left out."""
    parts = {**epub_parts(), **(changes or {})}
    return packed({name: content for name, content in parts.items() if content is not None}, stored="mimetype")


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def word(body: str) -> str:
    return f"<w:document {_W}><w:body>{body}</w:body></w:document>"


def relations(*rows: tuple[str, str, bool]) -> str:
    """Return a `.rels` part from (kind, target, is external) of each relationship."""
    external = ' TargetMode="External"'
    inner = "".join(
        f'<Relationship Id="r{number}" Type="{_R}/{kind}" Target="{target}"{external if is_external else ""}/>'
        for number, (kind, target, is_external) in enumerate(rows)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'
    )


MAIN = f"{DOCX}.main+xml"


def content_types(main: str = MAIN) -> str:
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>'
    )


def docx_parts() -> dict[str, bytes | str]:
    return {
        "[Content_Types].xml": content_types(),
        "_rels/.rels": relations(("officeDocument", "word/document.xml", False)),
        "word/document.xml": word("<w:p><w:r><w:t>A letter about DDE and macros, in words.</w:t></w:r></w:p>"),
        "word/_rels/document.xml.rels": relations(("hyperlink", "https://example.org/", True)),
    }


def docx(changes: Mapping[str, bytes | str | None] | None = None) -> bytes:
    parts = {**docx_parts(), **(changes or {})}
    return packed({name: content for name, content in parts.items() if content is not None})


def field(*parts: str) -> str:
    """Return a field with its code split into runs, as Word and attackers do."""
    runs = "".join(f"<w:r><w:instrText>{part}</w:instrText></w:r>" for part in parts)
    return f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'


PAGE = "<!doctype html>\n<html><head><meta charset=utf-8><title>Notes</title></head><body><p>Grüße</p></body></html>\n"
