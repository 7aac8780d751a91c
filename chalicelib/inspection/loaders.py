"""Lazy imports of the modules that parse files.

Parsers are heavy, and importing the application must not load them (tests/unit/test_architecture.py). mypy checks that
each module satisfies its protocol, and that every name of the table in `types` has one.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from chalicelib.inspection.model import Findings

if TYPE_CHECKING:
    from PIL.Image import Image

ExaminerName = Literal[
    "pdf",
    "epub",
    "docx",
    "text",
    "html",
    "picture",
    "heif",
    "mp3",
    "mp4",
    "aac",
    "ogg",
    "flac",
    "wav",
    "webm",
    "cbz",
    "fb2",
    "odt",
    "rtf",
    "kindle",
]
ViewCopyName = Literal[
    "pdf_copy",
    "docx_copy",
    "epub_copy",
    "picture_copy",
    "heic_copy",
    "avif_copy",
    "cbz_copy",
    "fb2_copy",
    "odt_copy",
    "rtf_copy",
    "kindle_copy",
]
ThumbnailName = Literal["pdf_cover", "epub_cover", "audio_cover", "picture_copy", "cbz_cover", "fb2_cover", "odt_cover"]


class Examiner(Protocol):
    """A module that examines the files of one format."""

    def examine(self, path: Path, media_type: str) -> Findings:
        """Examine the whole file, in the sandbox. The media type of a text may have a charset.

        Raises RejectedError and FormatError.
        """
        ...


class ViewCopyWriter(Protocol):
    """A module that rewrites files of one format as the copy that browsers get."""

    def write_view_copy(self, source: Path, target: Path) -> None:
        """Write the view copy of `source` to `target`, in the sandbox. Raises what the parser raises."""
        ...


class ThumbnailSource(Protocol):
    """A module that finds or draws the image from which a file's thumbnail is made."""

    def thumbnail_image(self, source: Path) -> "Image | None":
        """Return the image, in the sandbox; None when the file has none. Raises what the decoder raises."""
        ...


def load_examiner(name: ExaminerName) -> Examiner:
    """Import an examiner. Raises ImportError."""
    match name:
        case "pdf":
            from chalicelib.inspection.documents import pdf

            return pdf
        case "epub":
            from chalicelib.inspection.documents import epub

            return epub
        case "docx":
            from chalicelib.inspection.documents import docx

            return docx
        case "text":
            from chalicelib.formats import charset
            from chalicelib.inspection.documents import text

            charset.load_detector()
            return text
        case "html":
            from chalicelib.formats import charset
            from chalicelib.inspection.documents import html

            charset.load_detector()
            return html
        case "picture":
            from chalicelib.inspection.images import picture

            return picture
        case "heif":
            from chalicelib.inspection.images import heif

            return heif
        case "mp3":
            from chalicelib.inspection.audio_video import mp3

            return mp3
        case "mp4":
            from chalicelib.inspection.audio_video import mp4

            return mp4
        case "aac":
            from chalicelib.inspection.audio_video import aac

            return aac
        case "ogg":
            from chalicelib.inspection.audio_video import ogg

            return ogg
        case "flac":
            from chalicelib.inspection.audio_video import flac

            return flac
        case "wav":
            from chalicelib.inspection.audio_video import wav

            return wav
        case "webm":
            from chalicelib.inspection.audio_video import webm

            return webm
        case "cbz":
            from chalicelib.inspection.images import cbz

            return cbz
        case "fb2":
            from chalicelib.inspection.documents import fb2

            return fb2
        case "odt":
            from chalicelib.inspection.documents import odt

            return odt
        case "rtf":
            from chalicelib.inspection.documents import rtf

            return rtf
        case "kindle":
            from chalicelib.inspection.documents import kindle

            return kindle


def load_view_copy_writer(name: ViewCopyName) -> ViewCopyWriter:
    """Import a writer of view copies. Raises ImportError."""
    match name:
        case "pdf_copy":
            from chalicelib.inspection.documents import pdf_copy

            return pdf_copy
        case "epub_copy":
            from chalicelib.inspection.documents import epub_copy

            return epub_copy
        case "docx_copy":
            from chalicelib.inspection.documents import docx_copy

            return docx_copy
        case "picture_copy":
            from chalicelib.inspection.images import picture_copy

            return picture_copy
        case "heic_copy":
            from chalicelib.inspection.images import heic_copy

            return heic_copy
        case "avif_copy":
            from chalicelib.inspection.images import avif_copy

            return avif_copy
        case "cbz_copy":
            from chalicelib.inspection.images import cbz_copy

            return cbz_copy
        case "fb2_copy":
            from chalicelib.inspection.documents import fb2_copy

            return fb2_copy
        case "odt_copy":
            from chalicelib.inspection.documents import odt_copy

            return odt_copy
        case "rtf_copy":
            from chalicelib.inspection.documents import rtf_copy

            return rtf_copy
        case "kindle_copy":
            from chalicelib.inspection.documents import kindle_copy

            return kindle_copy


def load_thumbnail_source(name: ThumbnailName) -> ThumbnailSource:
    """Import a source of thumbnails. Raises ImportError."""
    match name:
        case "pdf_cover":
            from chalicelib.inspection.previews import pdf_cover

            return pdf_cover
        case "epub_cover":
            from chalicelib.inspection.previews import epub_cover

            return epub_cover
        case "audio_cover":
            from chalicelib.inspection.previews import audio_cover

            return audio_cover
        case "picture_copy":
            from chalicelib.inspection.images import picture_copy

            return picture_copy
        case "cbz_cover":
            from chalicelib.inspection.previews import cbz_cover

            return cbz_cover
        case "fb2_cover":
            from chalicelib.inspection.previews import fb2_cover

            return fb2_cover
        case "odt_cover":
            from chalicelib.inspection.previews import odt_cover

            return odt_cover
