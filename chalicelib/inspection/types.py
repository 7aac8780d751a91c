"""The table of accepted types. A new type is one row here and one module that examines it; nothing else names types.

This module is light on purpose: the API asks it before it signs an upload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal

from chalicelib.inspection.model import Rejection

MAX_FILE_BYTES = (
    100 * 1024 * 1024
)  # promised; above it a structural check would not fit the time and memory of one function


Family = Literal["pdf", "text", "book", "media"]


@dataclass(frozen=True, slots=True)
class FileType:
    """One accepted type.

    `examiner` is the module with `examine(path: Path, media_type: str) -> Findings`, run in the sandbox; `needs` are
    the packages it imports. `family` says which patterns have no business in it: `media` are pictures, sound and
    video, `book` are ZIP containers. `aliases`: other names that programs give the type. `is_text`: has no signature,
    so anything with one is something else. `readable`: `chalicelib.extraction` can make a reading text of it.
    `view_maker`: the module with `write_view_copy(source: Path, target: Path) -> None`, for types that are shown as a
    rewritten copy, and `view_type` the copy's type where it is another; `thumbnail`: the module with
    `picture_of(path: Path) -> PIL.Image.Image | None`, which gets the copy where there is one.
    """

    media_type: str
    label: str
    extensions: tuple[str, ...]
    examiner: str
    family: Family
    preload_modules: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    is_text: bool = False
    has_text: bool = False
    view_maker: str | None = None
    converted_media_type: str | None = None
    thumbnail: str | None = None

    @property
    def has_view_copy(self) -> bool:
        return self.view_maker is not None

    @property
    def view_media_type(self) -> str:
        """The media type of what is shown of it."""
        return self.converted_media_type or self.media_type


# Loaded before the sandbox forks: in the child it would take 30 ms each time. The first five are what Pillow asks for.
PILLOW_MODULES = (
    *(f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Ppm", "Png", "WebP")),
    "PIL.ImageCms",
    "PIL.ImageOps",
    "PIL.ImageSequence",
)


def _picture(media_type: str, label: str, *extensions: str) -> FileType:
    return FileType(
        media_type,
        label,
        extensions,
        "chalicelib.inspection.images.picture",
        "media",
        preload_modules=PILLOW_MODULES,
        view_maker="chalicelib.inspection.images.picture_copy",
        thumbnail="chalicelib.inspection.images.picture_copy",
    )


_ROWS = (
    FileType(
        "application/pdf",
        "a PDF",
        (".pdf",),
        "chalicelib.inspection.documents.pdf",
        "pdf",
        preload_modules=("pypdf", "pikepdf"),
        has_text=True,
        view_maker="chalicelib.inspection.previews.view_copy",
        thumbnail="chalicelib.inspection.previews.pdf_cover",
    ),
    FileType(
        "application/epub+zip",
        "an EPUB book",
        (".epub",),
        "chalicelib.inspection.documents.epub",
        "book",
        preload_modules=("defusedxml.ElementTree",),
        has_text=True,
        thumbnail="chalicelib.inspection.documents.epub",
    ),
    FileType(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "a Word document",
        (".docx",),
        "chalicelib.inspection.documents.docx",
        "book",
        preload_modules=("defusedxml.ElementTree",),
        has_text=True,
    ),
    FileType(
        "text/plain",
        "plain text",
        (".txt", ".text"),
        "chalicelib.inspection.documents.text",
        "text",
        is_text=True,
        has_text=True,
    ),
    FileType(
        "text/markdown",
        "Markdown",
        (".md", ".markdown"),
        "chalicelib.inspection.documents.text",
        "text",
        aliases=("text/x-markdown",),
        is_text=True,
        has_text=True,
    ),
    FileType(
        "text/html",
        "an HTML page",
        (".html", ".htm", ".xhtml"),
        "chalicelib.inspection.documents.html",
        "text",
        aliases=("application/xhtml+xml",),
        is_text=True,
        has_text=True,
    ),
    _picture("image/png", "a PNG picture", ".png"),
    _picture("image/jpeg", "a JPEG picture", ".jpg", ".jpeg", ".jpe"),
    _picture("image/webp", "a WebP picture", ".webp"),
    _picture("image/gif", "a GIF picture", ".gif"),
    FileType(
        "image/heic",
        "a HEIC picture",
        (".heic", ".heif"),
        "chalicelib.inspection.images.heif",
        "media",
        preload_modules=(*PILLOW_MODULES, "pi_heif"),
        aliases=("image/heif",),
        view_maker="chalicelib.inspection.images.heic_copy",
        converted_media_type="image/jpeg",
        thumbnail="chalicelib.inspection.images.picture_copy",
    ),
    FileType(
        "image/avif",
        "an AVIF picture",
        (".avif",),
        "chalicelib.inspection.images.heif",
        "media",
        preload_modules=(*PILLOW_MODULES, "PIL.AvifImagePlugin"),
        view_maker="chalicelib.inspection.images.avif_copy",
        converted_media_type="image/webp",
        thumbnail="chalicelib.inspection.images.picture_copy",
    ),
    FileType(
        "audio/mpeg",
        "an MP3 recording",
        (".mp3",),
        "chalicelib.inspection.audio_video.mp3",
        "media",
        thumbnail="chalicelib.inspection.previews.audio_cover",
        aliases=("audio/mp3", "audio/x-mp3"),
    ),
    FileType(
        "audio/mp4",
        "an M4A recording",
        (".m4a", ".m4b"),
        "chalicelib.inspection.audio_video.mp4",
        "media",
        thumbnail="chalicelib.inspection.previews.audio_cover",
        aliases=("audio/x-m4a", "audio/m4a"),
    ),
    FileType(
        "audio/aac",
        "an AAC recording",
        (".aac",),
        "chalicelib.inspection.audio_video.aac",
        "media",
        aliases=("audio/x-aac", "audio/aacp"),
    ),
    FileType(
        "audio/ogg",
        "an OGG recording",
        (".ogg", ".oga", ".opus"),
        "chalicelib.inspection.audio_video.ogg",
        "media",
        aliases=("audio/opus", "application/ogg", "audio/vorbis"),
    ),
    FileType(
        "audio/flac",
        "a FLAC recording",
        (".flac",),
        "chalicelib.inspection.audio_video.flac",
        "media",
        thumbnail="chalicelib.inspection.previews.audio_cover",
        aliases=("audio/x-flac",),
    ),
    FileType(
        "audio/wav",
        "a WAV recording",
        (".wav", ".wave"),
        "chalicelib.inspection.audio_video.wav",
        "media",
        aliases=("audio/x-wav", "audio/wave", "audio/vnd.wave"),
    ),
    FileType(
        "video/mp4",
        "an MP4 video",
        (".mp4", ".m4v"),
        "chalicelib.inspection.audio_video.mp4",
        "media",
        aliases=("video/x-m4v",),
    ),
    FileType("video/webm", "a WebM video", (".webm",), "chalicelib.inspection.audio_video.webm", "media"),
)

ACCEPTED_TYPES: Mapping[str, FileType] = MappingProxyType({row.media_type: row for row in _ROWS})
_BY_NAME = {name: row for row in _ROWS for name in (row.media_type, *row.aliases)}


def extension(filename: str) -> str:
    """The last suffix in lower case, with its dot: "Notes.PDF" → ".pdf", "README" → ""."""
    return PurePosixPath(filename).suffix.lower()


def get_by_media_type(media_type: str) -> FileType | None:
    """The row of a declared media type or alias; parameters and case do not matter ("text/plain; charset=utf-8")."""
    return _BY_NAME.get(media_type.partition(";")[0].strip().lower())


def get_by_filename(filename: str) -> FileType | None:
    """The row whose extension the filename has."""
    wanted = extension(filename)
    return next((row for row in _ROWS if wanted in row.extensions), None)


def check_declaration(declared_type: str, filename: str) -> Rejection | None:
    """Whether the declared type is accepted and the filename's extension belongs to it. Looks at no bytes, so it can
    run before an upload.
    """
    row = get_by_media_type(declared_type)
    if row is None:
        accepted = ", ".join(sorted({ending for each in _ROWS for ending in each.extensions}))
        return Rejection(
            "type_not_allowed", f"Files of type “{declared_type[:100]}” are not accepted. Accepted are {accepted}."
        )
    if extension(filename) not in row.extensions:
        found = extension(filename)
        shown = f"in “{found}”" if len(found) <= 20 and found.isprintable() else "in an unusual way"
        named = f"ends {shown}" if found else "has no extension"
        return Rejection(
            "type_mismatch",
            f"The file was announced as {row.label}, but its name {named}. "
            f"Name it “…{row.extensions[0]}” or announce its real type.",
        )
    return None
