"""The good files: every accepted type, as different programs write it. All of them must be accepted."""

import zlib
from collections.abc import Callable

from tests import heif, media


def files() -> dict[str, tuple[str, str, Callable[[], bytes]]]:
    """By their names: media type, file name, and what makes the content."""

    def row(media_type: str, filename: str, build: Callable[[], bytes]) -> tuple[str, str, Callable[[], bytes]]:
        return media_type, filename, build

    rows = {
        f"{kind} {mode}": row(media_type, filename, lambda kind=kind, mode=mode: media.saved(media.drawn(mode), kind))  # type: ignore[misc]
        for media_type, filename, kind, modes in (
            ("image/png", "a.png", "PNG", ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
            ("image/jpeg", "a.jpg", "JPEG", ("RGB", "L", "CMYK")),
            ("image/webp", "a.webp", "WEBP", ("RGB", "RGBA")),
            ("image/gif", "a.gif", "GIF", ("P", "L", "1")),
        )
        for mode in modes
    }
    rows |= {
        "PNG interlaced by its name alone": row(
            "image/png", "A.PNG", lambda: media.saved(media.drawn(), "PNG", optimize=True)
        ),
        "PNG with a comment": row("image/png", "a.png", lambda: media.png_with((b"tEXt", b"Comment\0a lighthouse"))),
        "PNG with a compressed comment": row(
            "image/png", "a.png", lambda: media.png_with((b"zTXt", b"Comment\0\0" + zlib.compress(b"a lighthouse")))
        ),
        "PNG animated": row("image/png", "a.png", lambda: media.animation("PNG")),
        "JPEG progressive": row("image/jpeg", "a.jpeg", lambda: media.saved(media.drawn(), "JPEG", progressive=True)),
        "JPEG of a telephone": row(
            "image/jpeg", "a.jpg", lambda: media.saved(media.drawn(), "JPEG", exif=media.with_place())
        ),
        "JPEG with restart markers": row(
            "image/jpeg", "a.jpg", lambda: media.saved(media.drawn(size=(200, 160)), "JPEG", restart_marker_blocks=2)
        ),
        "JPEG with a comment": row("image/jpeg", "a.jpg", lambda: media.jpeg_with_comment(b"made by hand")),
        "WebP animated": row("image/webp", "a.webp", lambda: media.animation("WEBP")),
        "WebP lossless": row("image/webp", "a.webp", lambda: media.saved(media.drawn(), "WEBP", lossless=True)),
        "GIF animated": row("image/gif", "a.gif", lambda: media.animation("GIF")),
        "HEIC": row("image/heic", "a.heic", lambda: heif.heic(media.drawn())),
        "HEIC declared as HEIF": row("image/heif", "a.heif", lambda: heif.heic(media.drawn())),
        "HEIC of a telephone": row("image/heic", "a.heic", heif.of_a_telephone),
        "HEIC of tiles": row("image/heic", "a.heic", heif.tiled),
        "HEIC of a general brand": row("image/heic", "a.heic", lambda: heif.tiled(brand=b"mif1")),
        "HEIC of two pictures": row("image/heic", "a.heic", heif.several),
        "HEIC L": row("image/heic", "a.heic", lambda: heif.heic(media.drawn("L"))),
        "HEIC RGBA": row("image/heic", "a.heic", lambda: heif.heic(media.drawn("RGBA"))),
        "HEIC of 10 bits": row("image/heic", "a.heic", heif.of_ten_bits),
        **{
            f"AVIF {mode}": row("image/avif", "a.avif", lambda mode=mode: media.saved(media.drawn(mode), "AVIF"))  # type: ignore[misc]
            for mode in ("RGB", "RGBA", "L")
        },
        "AVIF of a telephone": row(
            "image/avif", "a.avif", lambda: media.saved(media.drawn(), "AVIF", exif=media.with_place())
        ),
        "AVIF animated": row("image/avif", "a.avif", lambda: media.animation("AVIF")),
        "MP3": row("audio/mpeg", "a.mp3", media.mp3),
        "MP3 by another name": row("audio/mp3", "a.mp3", media.mp3),
        "MP3 of 44.1 kHz": row("audio/mpeg", "a.mp3", lambda: media.mp3(rate=44_100, kbits=128)),
        "MP3 with tags at both ends": row(
            "audio/mpeg",
            "a.mp3",
            lambda: (
                media.id3(media.id3_frame(b"TIT2", b"\0Lighthouse"), padding=500) + media.mp3() + b"TAG" + bytes(125)
            ),
        ),
        "MP3 with a small compressed tag": row(
            "audio/mpeg",
            "a.mp3",
            lambda: media.id3(media.id3_frame(b"TXXX", bytes(4) + zlib.compress(bytes(900)), b"\0\x80")) + media.mp3(),
        ),
        "MP3 with padding nobody counted": row("audio/mpeg", "a.mp3", lambda: media.id3() + bytes(700) + media.mp3()),
        "MP3 cut in its last frame": row("audio/mpeg", "a.mp3", lambda: media.mp3(2)[:-50]),
        "AAC": row("audio/aac", "a.aac", media.aac),
        "AAC behind a tag": row(
            "audio/aac", "a.aac", lambda: media.id3(media.id3_frame(b"TIT2", b"\0x")) + media.aac()
        ),
        "M4A": row("audio/mp4", "a.m4a", lambda: media.mp4(media.SOUND, brand=b"M4A ")),
        "M4A of a general brand": row("audio/x-m4a", "a.m4a", lambda: media.mp4(media.SOUND, brand=b"mp42")),
        "M4B with chapters and a cover": row(
            "audio/mp4",
            "a.m4b",
            lambda: media.mp4(media.SOUND, media.track(b"text", b"text"), media.track(b"vide", b"jpeg"), brand=b"M4B "),
        ),
        "OGG Vorbis": row("audio/ogg", "a.ogg", lambda: media.ogg_stream(media.VORBIS_HEAD, 44_100)),
        "OGG Opus": row("audio/ogg", "a.opus", lambda: media.ogg_stream(media.OPUS_HEAD, 48_312)),
        "OGG FLAC": row(
            "audio/ogg",
            "a.oga",
            lambda: media.ogg_stream(b"\x7fFLAC\1\0\0\1fLaC\0\0\0\x22" + media.flac_info(16_000), 16_000),
        ),
        "OGG of two songs": row(
            "audio/ogg",
            "a.ogg",
            lambda: media.ogg_stream(media.OPUS_HEAD, 48_312) + media.ogg_stream(media.VORBIS_HEAD, 44_100, serial=8),
        ),
        "FLAC": row("audio/flac", "a.flac", media.flac),
        "FLAC with padding": row("audio/x-flac", "a.flac", lambda: media.flac(more=b"\x81\0\0\x40" + bytes(64))),
        "WAV": row("audio/wav", "a.wav", media.wav),
        "WAV recorded into a pipe": row(
            "audio/wav",
            "a.wav",
            lambda: media.riff(b"WAVE", media.wav_format(), size=0xFFFFFFFF) + b"data" + b"\xff" * 4 + media.samples(),
        ),
        "WAV of floats with markers": row(
            "audio/x-wav",
            "a.wav",
            lambda: media.riff(b"WAVE", media.wav_format(3), (b"LIST", b"INFOx"), (b"data", media.samples())),
        ),
        "MP4": row("video/mp4", "a.mp4", lambda: media.mp4(media.VIDEO, media.SOUND)),
        "MP4 with room left free": row(
            "video/mp4", "a.m4v", lambda: media.mp4(media.VIDEO, extra=media.box(b"free", bytes(900)))
        ),
        "MP4 with subtitles and a clock": row(
            "video/mp4",
            "a.mp4",
            lambda: media.mp4(media.VIDEO, media.SOUND, media.track(b"sbtl", b"tx3g"), media.track(b"tmcd", b"tmcd")),
        ),
        "MP4 whose content goes on to the end": row(
            "video/mp4", "a.mp4", lambda: media.mp4(media.VIDEO, content=b"")[:-8] + b"\0\0\0\0mdat" + bytes(99)
        ),
        "WebM": row("video/webm", "a.webm", media.webm),
        "WebM with AV1": row("video/webm", "a.webm", lambda: media.webm((b"V_AV1",))),
        "WebM recorded live": row("video/webm", "a.webm", lambda: media.webm(duration=None, live=True)),
        "EPUB": row(media.EPUB, "a.epub", media.epub),
        "EPUB with scrambled fonts": row(
            media.EPUB,
            "a.epub",
            lambda: media.epub(
                {
                    "META-INF/encryption.xml": '<encryption xmlns="urn:x"><EncryptedData>'
                    '<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></EncryptedData></encryption>'
                }
            ),
        ),
        "EPUB 2 with a document type": row(
            media.EPUB,
            "a.epub",
            lambda: media.epub(
                {
                    "OEBPS/one.xhtml": '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd">'
                    "<html><body><p>On&#160;a Tuesday</p></body></html>"
                }
            ),
        ),
        "DOCX": row(media.DOCX, "a.docx", media.docx),
        "DOCX that begins with another part": row(
            media.DOCX, "a.docx", lambda: media.packed(reversed(list(media.docx_parts().items())))
        ),
        "DOCX with page numbers": row(
            media.DOCX, "a.docx", lambda: media.docx({"word/footer1.xml": media.word(media.field(" PAGE ", " "))})
        ),
        "DOCX with a link to a page on DDE": row(
            media.DOCX,
            "a.docx",
            lambda: media.docx({"word/document.xml": media.word(media.field(' HYPERLINK "https://example.org/dde" '))}),
        ),
        "HTML": row("text/html", "a.html", media.PAGE.encode),
        "HTML of an old page": row(
            "text/html",
            "a.htm",
            lambda: "<html><head><meta http-equiv=x content='text/html; charset=windows-1252'></head>für".encode(
                "cp1252"
            ),
        ),
        "XHTML": row("application/xhtml+xml", "a.xhtml", lambda: b'<?xml version="1.0"?>\n' + media.CHAPTER.encode()),
        "Markdown": row("text/markdown", "a.md", lambda: b"# Title\n\nSome *words*.\n"),
    }
    return rows
