"""Detection of file types by their first bytes, and of hidden second formats (polyglot files).

A signature counts at its own offset only. Labels are for people ("a PNG picture"), so that a rejection can say what
the file really is.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from chalicelib.formats import mpeg_frames

HEAD_BYTES = 4096  # enough for every signature; readers that skip leading junk look for %PDF- within 1 KB
TAIL_BYTES = 64 * 1024 + 22  # a ZIP's end record is 22 bytes and may be followed by a comment of 64 KB


@dataclass(frozen=True, slots=True)
class FileSignature:
    """The first bytes of a format. `media_types` are the accepted types with this beginning; examiners tell them apart."""

    label: str
    pattern: re.Pattern[bytes]
    media_types: tuple[str, ...] = ()


def _signature(label: str, pattern: bytes, *media_types: str) -> FileSignature:
    return FileSignature(label, re.compile(pattern, re.DOTALL), media_types)


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EPUB = "application/epub+zip"
_CBZ = "application/vnd.comicbook+zip"
_FB2_ZIP = "application/x-zip-compressed-fb2"
_ODT = "application/vnd.oasis.opendocument.text"
_KINDLE = "application/x-mobipocket-ebook"
_ZIP_TYPES = (_DOCX, _EPUB, _CBZ, _FB2_ZIP, _ODT)


# The first match wins, so the narrower comes before the wider. `.match` anchors each at offset 0.
SIGNATURES = (
    _signature("a PDF", rb"%PDF-", "application/pdf"),
    _signature("a PNG picture", rb"\x89PNG\r\n\x1a\n", "image/png"),
    _signature("a JPEG picture", rb"\xff\xd8\xff", "image/jpeg"),
    _signature("a GIF picture", rb"GIF8[79]a", "image/gif"),
    _signature("a WebP picture", rb"RIFF.{4}WEBP", "image/webp"),
    _signature("a WAV recording", rb"RIFF.{4}WAVE", "audio/wav"),
    _signature("an AVI video", rb"RIFF.{4}AVI "),
    _signature("a HEIC picture", rb".{4}ftyp(?:hei[cmsx]|hev[cmsx])", "image/heic"),
    _signature("a HEIC or AVIF picture", rb".{4}ftyp(?:mif1|msf1|miaf)", "image/heic", "image/avif"),
    _signature("an AVIF picture", rb".{4}ftypavi[fs]", "image/avif"),
    _signature("an M4A recording", rb".{4}ftypM4[AB] ", "audio/mp4"),
    _signature("a QuickTime video", rb".{4}ftypqt  "),
    _signature("an MP4 file", rb".{4}ftyp", "video/mp4", "audio/mp4"),
    _signature("a Matroska or WebM video", rb"\x1aE\xdf\xa3", "video/webm"),
    _signature("a TIFF picture", rb"II\*\x00|MM\x00\*"),
    _signature("a Photoshop picture", rb"8BPS\x00\x01"),
    _signature("a Windows icon", rb"\x00\x00\x01\x00.\x00"),
    _signature("a BMP picture", rb"BM.{4}\x00\x00\x00\x00"),
    _signature("an OGG recording", rb"OggS\x00", "audio/ogg"),
    _signature("a FLAC recording", rb"fLaC[\x00\x80]\x00\x00\x22", "audio/flac"),
    _signature("an MP3 recording", rb"ID3[\x02-\x04]", "audio/mpeg", "audio/aac", "audio/flac"),
    _signature("an AAC recording", rb"\xff[\xf0\xf1\xf8\xf9][^\xff]", "audio/aac"),
    _signature("an MP3 recording", rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][^\xff]", "audio/mpeg"),
    _signature("an MPEG recording of layer I or II", rb"\xff[\xf4\xf5\xfc\xfd][^\xff]"),
    _signature("a MIDI file", rb"MThd\x00"),
    _signature("an EPUB book", rb"PK\x03\x04.{26}mimetypeapplication/epub\+zip", _EPUB),
    _signature("an OpenDocument file", rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", _ODT),
    _signature("an Office document (DOCX, XLSX or PPTX)", rb"PK\x03\x04.{26}(?:\[Content_Types\]\.xml|_rels/)", _DOCX),
    _signature("a Java archive", rb"PK\x03\x04.{26}META-INF/MANIFEST\.MF"),
    _signature("a ZIP archive", rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", *_ZIP_TYPES),
    _signature("an old Office document (DOC, XLS, PPT) or an encrypted new one", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    _signature("a RAR archive", rb"Rar!\x1a\x07"),
    _signature("a 7-Zip archive", rb"7z\xbc\xaf\x27\x1c"),
    _signature("a gzip archive", rb"\x1f\x8b\x08"),
    _signature("a bzip2 archive", rb"BZh[1-9]1AY&SY"),
    _signature("an XZ archive", rb"\xfd7zXZ\x00"),
    _signature("a Zstandard archive", rb"\x28\xb5\x2f\xfd"),
    _signature("a TAR archive", rb".{257}ustar"),
    _signature("a cabinet archive", rb"MSCF\x00\x00\x00\x00"),
    _signature("a Windows program", rb"MZ(?=.{0,126}\x00)"),
    _signature("a Linux program", rb"\x7fELF"),
    _signature("a macOS program or Java class", rb"(?:\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|\xca\xfe\xba\xbe)"),
    _signature("a WebAssembly program", rb"\x00asm"),
    _signature("a Windows shortcut", rb"L\x00\x00\x00\x01\x14\x02\x00"),
    _signature("a database", rb"SQLite format 3\x00"),
    _signature("a font", rb"(?:\x00\x01\x00\x00|OTTO|wOF[F2])\x00"),
    _signature("a PostScript file", rb"%!PS"),
    _signature("a DjVu document", rb"AT&TFORM"),
    _signature("a Kindle book (MOBI or AZW3)", rb".{60}BOOKMOBI", _KINDLE),
    _signature("a Palm book", rb".{60}TEXtREAd"),
    _signature("a Kindle book with copy protection (DRM)", rb"\xeaDRMION\xee"),
    _signature("a Kindle book in Amazon’s newest format (KFX)", rb"CONT\x02\x00"),
    _signature("an old Kindle book (Topaz)", rb"TPZ\d"),
    _signature("an RTF document", rb"\{\\rtf", "application/rtf"),
    _signature("a script", rb"#![ \t]*/"),
)

# Markup is text, so it is recognised by its beginning, after white space and a byte order mark.
MARKUP_PATTERNS = (
    (
        "an SVG picture",
        re.compile(rb"(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,500}?-->\s*)?(?:<!doctype\s+svg|<svg[\s>])", re.I | re.S),
    ),
    (
        "an HTML page",
        re.compile(rb"(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body|script|iframe)[\s>]", re.I | re.S),
    ),
    ("a FictionBook (FB2)", re.compile(rb"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<FictionBook[\s>]", re.S)),
    ("a PHP script", re.compile(rb"<\?(?:php|=)", re.I)),
    ("an XML document", re.compile(rb"<\?xml\s|<!doctype\s", re.I)),
)

PDF_HEADER_WINDOW_BYTES = 1_024  # viewers look for %PDF- in as many bytes
MAX_MP3_FRAME_BYTES = 1_441  # 320 kbit/s at 32 kHz have 1,440 and one of padding
MIN_MP3_FRAMES = 3  # in a row; they do not occur in random bytes
_ACTIVE_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe|object|\?php|\?=|%)", re.IGNORECASE)

_BLANK_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_ZIP_END_RECORD = b"PK\x05\x06"

_PDF_STRUCTURE = re.compile(rb"\bobj\b|\bstream\b|\bstartxref\b|\btrailer\b|%%EOF")


def only_mentions_pdf(path: Path) -> bool:
    """Return True for a text that names the header of PDFs at its beginning, and has nothing else of one."""
    content = path.read_bytes()
    return b"%PDF-" in content[:HEAD_BYTES] and _PDF_STRUCTURE.search(content) is None


def identify(head: bytes) -> FileSignature | None:
    """Return the signature of the binary format at the first byte, or None."""
    return next((signature for signature in SIGNATURES if signature.pattern.match(head)), None)


def detect_markup(head: bytes) -> str | None:
    """Return the kind of markup at the beginning, or None."""
    start = _BLANK_START.match(head)
    offset = start.end() if start else 0
    return next((label for label, pattern in MARKUP_PATTERNS if pattern.match(head, offset)), None)


def find_pdf_header(head: bytes) -> int | None:
    """Return the offset of a PDF's first byte; None when there is no PDF, or another format before it.

    Byte order marks, blank lines, and what printers and mail programs write may precede it.
    """
    offset = head.find(b"%PDF-", 0, PDF_HEADER_WINDOW_BYTES + len(b"%PDF-"))
    if offset < 0 or (offset > 0 and identify(head) is not None) or _ACTIVE_MARKUP.search(head, 0, offset):
        return None
    return offset


def has_late_start(head: bytes, media_type: str) -> bool:
    """Return whether a file of this type begins behind bytes that players and viewers skip.

    These are what `find_pdf_header` describes, or the end of an MP3 frame whose beginning was cut off.
    """
    if media_type == "application/pdf":
        return find_pdf_header(head) is not None
    if media_type != "audio/mpeg" or identify(head) is not None or detect_markup(head) is not None:
        return False
    return any(_has_frames(head, start) for start in range(1, min(MAX_MP3_FRAME_BYTES, len(head))))


def _has_frames(head: bytes, at: int) -> bool:
    for _ in range(MIN_MP3_FRAMES):
        frame = mpeg_frames.parse_header(head[at : at + 4])
        if frame is None:
            return False
        at += frame.length
    return True


def describe(head: bytes) -> str | None:
    """Return a label for a file with this beginning; None when it is not recognised."""
    signature = identify(head)
    if signature is not None:
        return signature.label
    if b"%PDF-" in head[:1024]:
        return "a PDF behind other bytes"
    return detect_markup(head) or ("plain text" if _is_plain(head) else None)


def _is_plain(head: bytes) -> bool:
    """Return whether it is printable UTF-8; its last character may be cut off."""
    text = head.decode("utf-8", "replace").rstrip("\ufffd")
    return (
        bool(text)
        and "\ufffd" not in text
        and not any(character < " " and character not in "\t\r\n\f" for character in text)
    )


def find_polyglot_content(path: Path, media_type: str) -> str | None:
    """Return the second format in a file, or None: "a ZIP archive at its end", "a PDF behind other bytes"."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
    if _ZIP_END_RECORD in tail and media_type not in (*_ZIP_TYPES, _KINDLE):  # Kindle books may contain their sources
        return "a ZIP archive at its end"
    if (
        media_type != "application/pdf"
        and b"%PDF-" in head
        and not (media_type.startswith("text/") and only_mentions_pdf(path))
    ):
        return "a PDF behind other bytes"
    return None
