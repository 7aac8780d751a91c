"""Whether the programs of a field open a file: pdfium, Pillow, readers of ZIP and XML, ffprobe."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pillow_heif
import pypdfium2
from PIL import Image

FFPROBE = shutil.which("ffprobe")

# The parts of a container that its readers cannot do without.
_MAIN_PARTS = {"DOCX": "word/document.xml", "ODT": "content.xml", "EPUB": "OEBPS/content.opf"}
_SHOWN_BY_BROWSERS = {"a wrong checksum of a text", "a wrong checksum of a time", "2 MB of XMP"}  # and not by Pillow
_PICTURES = {"PNG", "JPEG", "GIF", "WebP", "AVIF"}


def opens(name: str, content: bytes, oddities: tuple[str, ...]) -> bool:
    """Return whether a program of the field opens this file of a format. Browsers show texts and pages of any content."""
    try:
        if name == "PDF":
            return _opens_as_pdf(content)
        if name in _MAIN_PARTS:
            ElementTree.fromstring(_part(content, _MAIN_PARTS[name]))  # noqa: S314  made here
        elif name == "CBZ":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return archive.testzip() is None
        elif name == "FB2":
            packed = zipfile.is_zipfile(io.BytesIO(content))
            ElementTree.fromstring(_part(content) if packed else content)  # noqa: S314
        elif name == "HEIC":
            pillow_heif.read_heif(io.BytesIO(content))
        elif name in _PICTURES and _SHOWN_BY_BROWSERS.isdisjoint(oddities):
            with Image.open(io.BytesIO(content)) as picture:
                picture.load()
    except (ElementTree.ParseError, OSError, SyntaxError, ValueError, zipfile.BadZipFile, pypdfium2.PdfiumError):
        return False
    return True


def plays(content: bytes, filename: str) -> bool | None:
    """Return whether ffprobe finds a stream in a recording; None where it is not installed."""
    if FFPROBE is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / filename
        path.write_bytes(content)
        command = [FFPROBE, "-v", "error", "-show_entries", "stream=codec_type", str(path)]
        return b"codec_type" in subprocess.run(command, capture_output=True, check=False).stdout


def _opens_as_pdf(content: bytes) -> bool:
    with pypdfium2.PdfDocument(content) as document:
        return len(document) > 0 and document[0].get_textpage().count_chars() > 0


def _part(content: bytes, name: str = "") -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name or archive.namelist()[-1])
