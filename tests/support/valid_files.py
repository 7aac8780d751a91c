"""Valid files of every accepted type, as different programs write them. All of them must be accepted."""

import zlib
from collections.abc import Callable

from PIL import Image

from tests.support import heif_files, kindle_files, media_files
from tests.support.book_files import (
    CBZ,
    COMIC_INFO,
    FB2,
    FB2_ZIP,
    ODF_NAMESPACES,
    ODT,
    RTF,
    cbz,
    comic_page,
    fb2,
    fb2_zip,
    odt,
    odt_content,
    odt_parts,
    rtf,
)
from tests.support.kindle_files import MOBI


def files() -> dict[str, tuple[str, str, Callable[[], bytes]]]:
    """Return name → media type, file name and builder."""

    def row(media_type: str, filename: str, build: Callable[[], bytes]) -> tuple[str, str, Callable[[], bytes]]:
        return media_type, filename, build

    rows = {
        f"{kind} {mode}": row(
            media_type,
            filename,
            lambda kind=kind, mode=mode: media_files.saved(media_files.drawn(mode), kind),  # type: ignore[misc]
        )
        for media_type, filename, kind, modes in (
            ("image/png", "a.png", "PNG", ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
            ("image/jpeg", "a.jpg", "JPEG", ("RGB", "L", "CMYK")),
            ("image/webp", "a.webp", "WEBP", ("RGB", "RGBA")),
            ("image/gif", "a.gif", "GIF", ("P", "L", "1")),
        )
        for mode in modes
    }
    rows |= {
        "PNG with an upper-case name": row(
            "image/png", "A.PNG", lambda: media_files.saved(media_files.drawn(), "PNG", optimize=True)
        ),
        "PNG with a comment": row(
            "image/png", "a.png", lambda: media_files.png_with((b"tEXt", b"Comment\0a lighthouse"))
        ),
        "PNG with a compressed comment": row(
            "image/png",
            "a.png",
            lambda: media_files.png_with((b"zTXt", b"Comment\0\0" + zlib.compress(b"a lighthouse"))),
        ),
        "PNG animated": row("image/png", "a.png", lambda: media_files.animation("PNG")),
        "JPEG progressive": row(
            "image/jpeg", "a.jpeg", lambda: media_files.saved(media_files.drawn(), "JPEG", progressive=True)
        ),
        "JPEG of a phone": row(
            "image/jpeg",
            "a.jpg",
            lambda: media_files.saved(media_files.drawn(), "JPEG", exif=media_files.exif_with_location()),
        ),
        "JPEG with restart markers": row(
            "image/jpeg",
            "a.jpg",
            lambda: media_files.saved(media_files.drawn(size=(200, 160)), "JPEG", restart_marker_blocks=2),
        ),
        "JPEG with a comment": row("image/jpeg", "a.jpg", lambda: media_files.jpeg_with_comment(b"made by hand")),
        **{
            f"{kind} of {width} × {height}": row(
                media_type,
                filename,
                lambda kind=kind, size=(width, height): media_files.saved(  # type: ignore[misc]
                    Image.new("RGB", size, "teal"), kind
                ),
            )
            for media_type, filename, kind in (("image/jpeg", "a.jpg", "JPEG"), ("image/png", "a.png", "PNG"))
            for width, height in ((1, 1), (7, 7), (200, 4), (4, 200))
        },
        "PNG with damaged EXIF data": row("image/png", "a.png", lambda: media_files.png_with((b"eXIf", b"garbage"))),
        "PNG with a wrong checksum in a text": row(
            "image/png",
            "a.png",
            lambda: media_files.png_with((b"tEXt", b"Comment\0a lighthouse")).replace(b"lighthouse", b"lightxouse"),
        ),
        "PNG with a wrong checksum at its end": row(
            "image/png",
            "a.png",
            lambda: (
                media_files.saved(media_files.drawn(), "PNG")[:-12]
                + media_files.png_chunk(b"tIME", bytes(7))[:-4]
                + b"wron"
                + media_files.png_chunk(b"IEND", b"")
            ),
        ),
        "PNG with 2 MB of XMP": row(
            "image/png",
            "a.png",
            lambda: media_files.png_with(
                (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"<x>" + b" " * 2_000_000 + b"</x>"))
            ),
        ),
        "JPEG with damaged EXIF data": row(
            "image/jpeg", "a.jpg", lambda: media_files.saved(media_files.drawn(), "JPEG", exif=b"Exif\0\0garbage")
        ),
        "GIF of 600 frames": row("image/gif", "a.gif", lambda: media_files.animation("GIF", 600, (20, 18))),
        "WebP animated": row("image/webp", "a.webp", lambda: media_files.animation("WEBP")),
        "WebP lossless": row(
            "image/webp", "a.webp", lambda: media_files.saved(media_files.drawn(), "WEBP", lossless=True)
        ),
        "GIF animated": row("image/gif", "a.gif", lambda: media_files.animation("GIF")),
        "HEIC": row("image/heic", "a.heic", lambda: heif_files.heic(media_files.drawn())),
        "HEIC declared as HEIF": row("image/heif", "a.heif", lambda: heif_files.heic(media_files.drawn())),
        "HEIC of a phone": row("image/heic", "a.heic", heif_files.phone_picture),
        "HEIC of tiles": row("image/heic", "a.heic", heif_files.tiled),
        "HEIC of a general brand": row("image/heic", "a.heic", lambda: heif_files.tiled(brand=b"mif1")),
        "HEIC with two pictures": row("image/heic", "a.heic", heif_files.two_pictures),
        "HEIC L": row("image/heic", "a.heic", lambda: heif_files.heic(media_files.drawn("L"))),
        "HEIC RGBA": row("image/heic", "a.heic", lambda: heif_files.heic(media_files.drawn("RGBA"))),
        "HEIC of 10 bits": row("image/heic", "a.heic", heif_files.ten_bit_picture),
        **{
            f"AVIF {mode}": row(
                "image/avif",
                "a.avif",
                lambda mode=mode: media_files.saved(media_files.drawn(mode), "AVIF"),  # type: ignore[misc]
            )
            for mode in ("RGB", "RGBA", "L")
        },
        "AVIF of a phone": row(
            "image/avif",
            "a.avif",
            lambda: media_files.saved(media_files.drawn(), "AVIF", exif=media_files.exif_with_location()),
        ),
        "AVIF animated": row("image/avif", "a.avif", lambda: media_files.animation("AVIF")),
        "MP3": row("audio/mpeg", "a.mp3", media_files.mp3),
        "MP3 declared by an alias": row("audio/mp3", "a.mp3", media_files.mp3),
        "MP3 of 44.1 kHz": row("audio/mpeg", "a.mp3", lambda: media_files.mp3(rate=44_100, kbits=128)),
        "MP3 with tags at both ends": row(
            "audio/mpeg",
            "a.mp3",
            lambda: (
                media_files.id3(media_files.id3_frame(b"TIT2", b"\0Lighthouse"), padding=500)
                + media_files.mp3()
                + b"TAG"
                + bytes(125)
            ),
        ),
        "MP3 with a small compressed tag": row(
            "audio/mpeg",
            "a.mp3",
            lambda: (
                media_files.id3(media_files.id3_frame(b"TXXX", bytes(4) + zlib.compress(bytes(900)), b"\0\x80"))
                + media_files.mp3()
            ),
        ),
        "MP3 with uncounted padding": row(
            "audio/mpeg", "a.mp3", lambda: media_files.id3() + bytes(700) + media_files.mp3()
        ),
        "MP3 that begins in the middle of a frame": row("audio/mpeg", "a.mp3", lambda: media_files.mp3(2)[77:]),
        "MP3 of 320 kbit/s that begins in the middle of a frame": row(
            "audio/mpeg", "a.mp3", lambda: media_files.mp3(2, 44_100, 320)[900:]
        ),
        "MP3 cut in its last frame": row("audio/mpeg", "a.mp3", lambda: media_files.mp3(2)[:-50]),
        "AAC": row("audio/aac", "a.aac", media_files.aac),
        "AAC behind a tag": row(
            "audio/aac", "a.aac", lambda: media_files.id3(media_files.id3_frame(b"TIT2", b"\0x")) + media_files.aac()
        ),
        "M4A": row("audio/mp4", "a.m4a", lambda: media_files.mp4(media_files.SOUND, brand=b"M4A ")),
        "M4A of a general brand": row(
            "audio/x-m4a", "a.m4a", lambda: media_files.mp4(media_files.SOUND, brand=b"mp42")
        ),
        "M4B with chapters and a cover": row(
            "audio/mp4",
            "a.m4b",
            lambda: media_files.mp4(
                media_files.SOUND,
                media_files.track(b"text", b"text"),
                media_files.track(b"vide", b"jpeg"),
                brand=b"M4B ",
            ),
        ),
        "OGG Vorbis": row("audio/ogg", "a.ogg", lambda: media_files.ogg_stream(media_files.VORBIS_HEAD, 44_100)),
        "OGG Opus": row("audio/ogg", "a.opus", lambda: media_files.ogg_stream(media_files.OPUS_HEAD, 48_312)),
        "OGG FLAC": row(
            "audio/ogg",
            "a.oga",
            lambda: media_files.ogg_stream(b"\x7fFLAC\1\0\0\1fLaC\0\0\0\x22" + media_files.flac_info(16_000), 16_000),
        ),
        "OGG with two songs": row(
            "audio/ogg",
            "a.ogg",
            lambda: (
                media_files.ogg_stream(media_files.OPUS_HEAD, 48_312)
                + media_files.ogg_stream(media_files.VORBIS_HEAD, 44_100, serial=8)
            ),
        ),
        "FLAC": row("audio/flac", "a.flac", media_files.flac),
        "FLAC with padding": row("audio/x-flac", "a.flac", lambda: media_files.flac(more=b"\x81\0\0\x40" + bytes(64))),
        "WAV": row("audio/wav", "a.wav", media_files.wav),
        "WAV recorded into a pipe": row(
            "audio/wav",
            "a.wav",
            lambda: (
                media_files.riff(b"WAVE", media_files.wav_format(), size=0xFFFFFFFF)
                + b"data"
                + b"\xff" * 4
                + media_files.samples()
            ),
        ),
        "WAV of floats with markers": row(
            "audio/x-wav",
            "a.wav",
            lambda: media_files.riff(
                b"WAVE", media_files.wav_format(3), (b"LIST", b"INFOx"), (b"data", media_files.samples())
            ),
        ),
        "MP4": row("video/mp4", "a.mp4", lambda: media_files.mp4(media_files.VIDEO, media_files.SOUND)),
        "MP4 with free space": row(
            "video/mp4", "a.m4v", lambda: media_files.mp4(media_files.VIDEO, extra=media_files.box(b"free", bytes(900)))
        ),
        "MP4 with subtitles and a clock": row(
            "video/mp4",
            "a.mp4",
            lambda: media_files.mp4(
                media_files.VIDEO,
                media_files.SOUND,
                media_files.track(b"sbtl", b"tx3g"),
                media_files.track(b"tmcd", b"tmcd"),
            ),
        ),
        "MP4 whose content extends to the end": row(
            "video/mp4",
            "a.mp4",
            lambda: media_files.mp4(media_files.VIDEO, content=b"")[:-8] + b"\0\0\0\0mdat" + bytes(99),
        ),
        "WebM": row("video/webm", "a.webm", media_files.webm),
        "WebM with AV1": row("video/webm", "a.webm", lambda: media_files.webm((b"V_AV1",))),
        "EPUB with a compressed mimetype": row(
            media_files.EPUB, "a.epub", lambda: media_files.packed(media_files.epub_parts())
        ),
        "EPUB whose mimetype comes last": row(
            media_files.EPUB,
            "a.epub",
            lambda: media_files.packed(dict(reversed(media_files.epub_parts().items())), stored="mimetype"),
        ),
        "EPUB that quotes a script": row(
            media_files.EPUB,
            "a.epub",
            lambda: media_files.epub(
                {
                    "OEBPS/one.xhtml": media_files.CHAPTER.replace(
                        "<p>", "<pre><![CDATA[<script>x()</script>]]></pre><p>"
                    )
                }
            ),
        ),
        "EPUB with words like handlers": row(
            media_files.EPUB,
            "a.epub",
            lambda: media_files.epub(
                {
                    "OEBPS/one.xhtml": media_files.CHAPTER.replace(
                        "<p>",
                        '<img src="cover.png" alt="valid only = 3"/><a href="https://example.org/online=1">x</a><p>',
                    )
                }
            ),
        ),
        "EPUB of 2,010 parts": row(
            media_files.EPUB, "a.epub", lambda: media_files.epub({f"OEBPS/{n}.css": "p {}" for n in range(2_010)})
        ),
        "DOCX with packed metafiles": row(
            media_files.DOCX,
            "a.docx",
            lambda: media_files.docx(
                {
                    "word/media/image1.emz": zlib.compress(b"\x01\0\0\0" + bytes(36) + b" EMF" + bytes(99), wbits=31),
                    "word/media/image2.wmz": zlib.compress(b"\xd7\xcd\xc6\x9a" + bytes(99), wbits=31),
                }
            ),
        ),
        "DOCX with a blank picture": row(
            media_files.DOCX, "a.docx", lambda: media_files.docx({"word/media/image1.bmp": b"BM" + bytes(2_000_000)})
        ),
        "WebM of a voice recorder": row("video/webm", "a.webm", lambda: media_files.webm((b"A_OPUS",), duration=None)),
        "MP4 with sound alone": row("video/mp4", "a.mp4", lambda: media_files.mp4(media_files.SOUND)),
        "MP4 with advice for streaming": row(
            "video/mp4", "a.mp4", lambda: media_files.mp4(media_files.VIDEO, media_files.track(b"hint", b"rtp "))
        ),
        "MP4 filled up with zeros": row(
            "video/mp4", "a.mp4", lambda: media_files.mp4(media_files.VIDEO) + bytes(3_000)
        ),
        "M4A filled up with zeros": row(
            "audio/mp4", "a.m4a", lambda: media_files.mp4(media_files.SOUND, brand=b"M4A ") + bytes(7)
        ),
        "FLAC in front of an old tag": row("audio/flac", "a.flac", lambda: media_files.flac() + b"TAG" + bytes(125)),
        "FLAC behind an ID3 tag": row("audio/flac", "a.flac", lambda: media_files.id3(padding=20) + media_files.flac()),
        "WebM recorded live": row("video/webm", "a.webm", lambda: media_files.webm(duration=None, live=True)),
        "EPUB": row(media_files.EPUB, "a.epub", media_files.epub),
        "EPUB with obfuscated fonts": row(
            media_files.EPUB,
            "a.epub",
            lambda: media_files.epub(
                {
                    "META-INF/encryption.xml": '<encryption xmlns="urn:x"><EncryptedData>'
                    '<EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></EncryptedData></encryption>'
                }
            ),
        ),
        "EPUB 2 with a document type": row(
            media_files.EPUB,
            "a.epub",
            lambda: media_files.epub(
                {
                    "OEBPS/one.xhtml": '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd">'
                    "<html><body><p>On&#160;a Tuesday</p></body></html>"
                }
            ),
        ),
        "DOCX": row(media_files.DOCX, "a.docx", media_files.docx),
        "DOCX that begins with another part": row(
            media_files.DOCX, "a.docx", lambda: media_files.packed(reversed(list(media_files.docx_parts().items())))
        ),
        "DOCX with page numbers": row(
            media_files.DOCX,
            "a.docx",
            lambda: media_files.docx({"word/footer1.xml": media_files.word(media_files.field(" PAGE ", " "))}),
        ),
        "DOCX with a link that mentions DDE": row(
            media_files.DOCX,
            "a.docx",
            lambda: media_files.docx(
                {"word/document.xml": media_files.word(media_files.field(' HYPERLINK "https://example.org/dde" '))}
            ),
        ),
        "MOBI": row(MOBI, "a.mobi", kindle_files.mobi),
        "MOBI, packed": row(MOBI, "a.prc", lambda: kindle_files.mobi(compression=kindle_files.PALMDOC, trailing=True)),
        "MOBI, packed by phrases": row(MOBI, "a.azw", lambda: kindle_files.mobi(compression=kindle_files.HUFFMAN)),
        "MOBI in an old encoding": row(MOBI, "a.mobi", lambda: kindle_files.mobi(encoding="cp1252")),
        "MOBI with pictures": row(
            MOBI,
            "a.mobi",
            lambda: kindle_files.mobi(
                '<p>a</p><img recindex="00001">', pictures=[media_files.saved(media_files.drawn(), "JPEG")]
            ),
        ),
        "AZW3": row("application/vnd.amazon.mobi8-ebook", "a.azw3", kindle_files.azw3),
        "MOBI and AZW3 in one": row(MOBI, "a.mobi", kindle_files.both),
        "CBZ": row(CBZ, "a.cbz", cbz),
        "CBZ declared by an alias": row("application/x-cbz", "a.cbz", cbz),
        "CBZ with folders and a description": row(
            CBZ, "a.cbz", lambda: cbz({"Comic/": b"", "Comic/ComicInfo.xml": COMIC_INFO, "read me.txt": "Scanned."})
        ),
        "CBZ from macOS": row(
            CBZ, "a.cbz", lambda: cbz({"__MACOSX/Comic/._page 1.txt": b"Mac", "Comic/page 12.JPG": comic_page()})
        ),
        "FB2": row(FB2, "a.fb2", fb2),
        "FB2 in Windows-1251": row("application/x-fictionbook", "a.fb2", lambda: fb2(encoding="windows-1251")),
        "FB2 in UTF-16": row(FB2, "a.fb2", lambda: fb2(encoding="utf-16")),
        "FB2 with an ampersand": row(FB2, "a.fb2", lambda: fb2("<body><section><p>Salt & light</p></section></body>")),
        "FB2 with a document type": row(FB2, "a.fb2", lambda: b"<!DOCTYPE FictionBook>" + fb2()[39:]),
        "FB2 with a link": row(
            FB2, "a.fb2", lambda: fb2('<body><p>See <a l:href="https://example.org/javascript">this</a></p></body>')
        ),
        "FB2 packed": row(FB2_ZIP, "a.fb2.zip", fb2_zip),
        "FB2 packed under another ending": row(FB2_ZIP, "a.fbz", fb2_zip),
        "FB2 packed in a folder": row(FB2_ZIP, "A.FB2.ZIP", lambda: fb2_zip(name="Books/a.fb2")),
        "ODT": row(ODT, "a.odt", odt),
        "ODT that begins with another part": row(
            ODT, "a.odt", lambda: media_files.packed(reversed(list(odt_parts().items())))
        ),
        "ODT template": row(
            "application/vnd.oasis.opendocument.text-template", "a.ott", lambda: odt({"mimetype": f"{ODT}-template"})
        ),
        "ODT with an empty library": row(
            ODT,
            "a.odt",
            lambda: odt(
                {"Basic/script-lc.xml": "<l/>", "Basic/Standard/script-lb.xml": "<l/>", "Dialogs/dialog-lc.xml": "<l/>"}
            ),
        ),
        "ODT with a chart and a formula": row(
            ODT,
            "a.odt",
            lambda: odt(
                {
                    "Object 1/content.xml": "<math/>",
                    "Object 2/content.xml": odt_content(""),
                    "ObjectReplacements/Object 2": b"VCLMTF\1\0",
                    "content.xml": odt_content('<text:p><draw:object xlink:href="./Object 1"/></text:p>'),
                }
            ),
        ),
        "ODT with links and a form": row(
            ODT,
            "a.odt",
            lambda: odt(
                {
                    "content.xml": odt_content(
                        '<office:forms><form:form xlink:href=""/></office:forms><text:p>Macros: <text:a '
                        'xlink:href="https://example.org/macro:DDE">vnd.sun.star.script</text:a></text:p>'
                    )
                }
            ),
        ),
        "ODT made with a template on a disk": row(
            ODT,
            "a.odt",
            lambda: odt(
                {
                    "meta.xml": f'<office:document-meta {ODF_NAMESPACES}><meta:template xlink:href="file:///C:/a.ott"/>'
                    "</office:document-meta>"
                }
            ),
        ),
        "RTF": row(RTF, "a.rtf", rtf),
        "RTF declared by an alias": row("text/rtf", "a.rtf", rtf),
        "RTF with zeros behind it": row(RTF, "a.rtf", lambda: rtf() + bytes(200)),
        "RTF about objects": row(RTF, "a.rtf", lambda: rtf(r"\pard Word writes \{\\object\{\\*\\objdata 01\}\}.\par")),
        "RTF with links and fields": row(
            RTF,
            "a.rtf",
            lambda: rtf(
                r'{\field{\*\fldinst HYPERLINK "https://example.org/DDE"}{\fldrslt a}}{\field{\*\fldinst PAGE}{\fldrslt 1}}'
            ),
        ),
        "RTF with pictures": row(
            RTF,
            "a.rtf",
            lambda: rtf(
                rf"{{\*\shppict{{\pict\pngblip {comic_page('PNG').hex()}}}}}{{\nonshppict{{\pict\wmetafile8 0100}}}}"
            ),
        ),
        "RTF with its usual template": row(RTF, "a.rtf", lambda: rtf(head=r"{\*\template Normal.dotm}")),
        "HTML": row("text/html", "a.html", media_files.PAGE.encode),
        "HTML from the 1990s": row(
            "text/html",
            "a.htm",
            lambda: "<html><head><meta http-equiv=x content='text/html; charset=windows-1252'></head>für".encode(
                "cp1252"
            ),
        ),
        "XHTML": row(
            "application/xhtml+xml", "a.xhtml", lambda: b'<?xml version="1.0"?>\n' + media_files.CHAPTER.encode()
        ),
        "Markdown": row("text/markdown", "a.md", lambda: b"# Title\n\nSome *words*.\n"),
    }
    return rows
