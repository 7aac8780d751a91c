"""The table of accepted types: a new type is one row here, one module, and its case in `loaders`."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.inspection.loaders import ExaminerName, ThumbnailName, ViewCopyName
from chalicelib.inspection.model import Report

Family = Literal["pdf", "rtf", "text", "book", "media"]


@dataclass(frozen=True, slots=True)
class FileType:
    """One accepted type.

    `family` selects the patterns that must not occur in it: `media` are pictures, sound and video, `book` are ZIP
    containers, and `rtf` may have objects, which its copy has not. `preload_modules` are the packages that the examiner
    imports. `aliases` are other names that programs give the type, `shared_extensions` those that it has in common with
    another. `is_text`: the type has no signature, so a file with one is something else. `has_text`: text can be extracted
    from it. `view_copy` makes the copy that is shown instead of the original, and `converted_media_type` is the copy's
    type when it is another; `disarmed_copy` does so only for a file with active content. Texts have a copy if they are
    not in UTF-8. `thumbnail` is given the copy when there is one.
    """

    media_type: str
    label: str
    extensions: tuple[str, ...]
    examiner: ExaminerName
    family: Family
    preload_modules: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    shared_extensions: tuple[str, ...] = ()
    is_text: bool = False
    has_text: bool = False
    view_copy: ViewCopyName | None = None
    disarmed_copy: ViewCopyName | None = None
    converted_media_type: str | None = None
    thumbnail: ThumbnailName | None = None

    @property
    def copy_writer(self) -> ViewCopyName | None:
        """The writer of copies that are shown instead of originals."""
        return self.view_copy or self.disarmed_copy

    def is_shown_as_copy(self, report: Report) -> bool:
        """Return whether a copy is shown instead of the original of an inspected file."""
        return (
            self.view_copy is not None
            or report.encoding is not None
            or (report.withhold_original and self.disarmed_copy is not None)
        )

    @property
    def view_media_type(self) -> str:
        """The media type of what is shown."""
        return self.converted_media_type or self.media_type


# Pillow imports these when they are used, which the sandbox's child cannot. TIFF and MPO: metadata and second pictures of JPEGs.
PILLOW_MODULES = (
    *(f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Mpo", "Ppm", "Png", "Tiff", "WebP")),
    "PIL.ImageCms",
    "PIL.ImageFilter",
    "PIL.ImageOps",
    "PIL.ImageSequence",
)


_FB2_MODULES = (*PILLOW_MODULES, "lxml.etree", "xml.parsers.expat")


def _picture(media_type: str, label: str, *extensions: str, aliases: tuple[str, ...] = ()) -> FileType:
    return FileType(
        media_type,
        label,
        extensions,
        examiner="picture",
        family="media",
        preload_modules=PILLOW_MODULES,
        aliases=aliases,
        view_copy="picture_copy",
        thumbnail="picture_copy",
    )


ROWS = (
    FileType(
        "application/pdf",
        "a PDF",
        (".pdf",),
        examiner="pdf",
        family="pdf",
        preload_modules=("pikepdf", "pypdfium2"),
        has_text=True,
        aliases=("application/x-pdf", "application/acrobat"),
        view_copy="pdf_copy",
        thumbnail="pdf_cover",
    ),
    FileType(
        "application/epub+zip",
        "an EPUB book",
        (".epub",),
        examiner="epub",
        family="book",
        preload_modules=("defusedxml.ElementTree",),
        disarmed_copy="epub_copy",
        has_text=True,
        thumbnail="epub_cover",
    ),
    FileType(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "a Word document",
        (".docx",),
        examiner="docx",
        family="book",
        preload_modules=("defusedxml.ElementTree", "lxml.etree"),
        disarmed_copy="docx_copy",
        has_text=True,
    ),
    FileType(
        "application/vnd.oasis.opendocument.text",
        "an OpenDocument text",
        (".odt", ".ott"),
        examiner="odt",
        family="book",
        preload_modules=("defusedxml.ElementTree", "lxml.etree"),
        aliases=("application/vnd.oasis.opendocument.text-template", "application/x-vnd.oasis.opendocument.text"),
        has_text=True,
        disarmed_copy="odt_copy",
        thumbnail="odt_cover",
    ),
    FileType(
        "application/rtf",
        "an RTF document",
        (".rtf",),
        examiner="rtf",
        family="rtf",
        aliases=("text/rtf", "application/x-rtf", "text/richtext"),
        has_text=True,
        disarmed_copy="rtf_copy",
    ),
    FileType(
        "application/vnd.comicbook+zip",
        "a comic book (CBZ)",
        (".cbz",),
        examiner="cbz",
        family="book",
        preload_modules=(*PILLOW_MODULES, "defusedxml.ElementTree"),
        aliases=("application/x-cbz",),
        view_copy="cbz_copy",
        thumbnail="cbz_cover",
    ),
    FileType(
        "application/x-fictionbook+xml",
        "a FictionBook (FB2)",
        (".fb2",),
        examiner="fb2",
        family="text",
        preload_modules=_FB2_MODULES,
        aliases=("application/x-fictionbook", "application/fb2", "text/fb2+xml"),
        is_text=True,
        has_text=True,
        disarmed_copy="fb2_copy",
        thumbnail="fb2_cover",
    ),
    FileType(
        "application/x-zip-compressed-fb2",
        "a packed FictionBook (FB2)",
        (".fb2.zip", ".fbz"),
        examiner="fb2",
        family="book",
        preload_modules=_FB2_MODULES,
        aliases=("application/fb2+zip",),
        has_text=True,
        disarmed_copy="fb2_copy",
        thumbnail="fb2_cover",
    ),
    FileType(
        "application/x-mobipocket-ebook",
        "a Kindle book (MOBI or AZW3)",
        (".mobi", ".azw3", ".azw", ".prc"),
        examiner="kindle",
        family="book",
        preload_modules=("selectolax.lexbor",),
        aliases=(
            "application/vnd.amazon.ebook",
            "application/vnd.amazon.mobi8-ebook",
            "application/x-mobi8-ebook",
            "application/x-mobipocket",
        ),
        has_text=True,
        view_copy="kindle_copy",
        converted_media_type="application/epub+zip",
        thumbnail="epub_cover",
    ),
    FileType(
        "text/plain",
        "plain text",
        (".txt", ".text"),
        examiner="text",
        family="text",
        preload_modules=("chardet",),
        is_text=True,
        has_text=True,
    ),
    FileType(
        "text/markdown",
        "Markdown",
        (".md", ".markdown", ".mdx"),
        examiner="text",
        family="text",
        preload_modules=("chardet",),
        aliases=("text/x-markdown", "text/mdx"),
        is_text=True,
        has_text=True,
    ),
    FileType(
        "text/html",
        "an HTML page",
        (".html", ".htm", ".xhtml"),
        examiner="html",
        family="text",
        preload_modules=("chardet",),
        aliases=("application/xhtml+xml",),
        is_text=True,
        has_text=True,
    ),
    _picture("image/png", "a PNG picture", ".png", aliases=("image/x-png",)),
    _picture("image/jpeg", "a JPEG picture", ".jpg", ".jpeg", ".jpe", ".jfif", aliases=("image/jpg", "image/pjpeg")),
    _picture("image/webp", "a WebP picture", ".webp"),
    _picture("image/gif", "a GIF picture", ".gif"),
    FileType(
        "image/heic",
        "a HEIC picture",
        (".heic", ".heif"),
        examiner="heif",
        family="media",
        preload_modules=(*PILLOW_MODULES, "pi_heif"),
        aliases=("image/heif",),
        view_copy="heic_copy",
        converted_media_type="image/jpeg",
        thumbnail="picture_copy",
    ),
    FileType(
        "image/avif",
        "an AVIF picture",
        (".avif",),
        examiner="heif",
        family="media",
        preload_modules=(*PILLOW_MODULES, "PIL.AvifImagePlugin"),
        view_copy="avif_copy",
        converted_media_type="image/webp",
        thumbnail="picture_copy",
    ),
    FileType(
        "audio/mpeg",
        "an MP3 recording",
        (".mp3",),
        examiner="mp3",
        family="media",
        thumbnail="audio_cover",
        aliases=("audio/mp3", "audio/x-mp3"),
    ),
    FileType(
        "audio/mp4",
        "an M4A recording",
        (".m4a", ".m4b"),
        examiner="mp4",
        family="media",
        thumbnail="audio_cover",
        aliases=("audio/x-m4a", "audio/m4a", "audio/x-m4b", "audio/m4b"),
        shared_extensions=(".mp4",),
    ),
    FileType(
        "audio/aac",
        "an AAC recording",
        (".aac",),
        examiner="aac",
        family="media",
        aliases=("audio/x-aac", "audio/aacp"),
    ),
    FileType(
        "audio/ogg",
        "an OGG recording",
        (".ogg", ".oga", ".opus"),
        examiner="ogg",
        family="media",
        aliases=("audio/opus", "application/ogg", "audio/vorbis"),
    ),
    FileType(
        "audio/flac",
        "a FLAC recording",
        (".flac",),
        examiner="flac",
        family="media",
        thumbnail="audio_cover",
        aliases=("audio/x-flac",),
    ),
    FileType(
        "audio/wav",
        "a WAV recording",
        (".wav", ".wave"),
        examiner="wav",
        family="media",
        aliases=("audio/x-wav", "audio/wave", "audio/vnd.wave"),
    ),
    FileType("video/mp4", "an MP4 video", (".mp4", ".m4v"), examiner="mp4", family="media", aliases=("video/x-m4v",)),
    FileType("video/webm", "a WebM video", (".webm",), examiner="webm", family="media", aliases=("audio/webm",)),
)
