"""Accepted types by name: of a media type, of a filename, and of both.

This module is light on purpose: the API uses it before it signs an upload.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

from chalicelib.inspection.file_type import FileType
from chalicelib.inspection.model import Rejection
from chalicelib.inspection.type_table import PILLOW_MODULES, ROWS

__all__ = ["PILLOW_MODULES", "FileType"]

# Documented. A structural check of larger files would not fit the time and memory of one function.
MAX_FILE_BYTES = 100 * 1024 * 1024

PLAIN_TEXT = "text/plain"

_UNPROTECTED = "Ask the shop for a copy without protection, as EPUB, and upload that."
_REPACK = "Unpack it, pack its pages as a ZIP, name that “.cbz” and upload it."
_CONVERT = "Convert it to EPUB (Calibre can, if it has no copy protection) and upload that."
# What to do with files that are often tried and not accepted, by their ending.
_WAYS_OUT = {
    ".cbr": f"Comic books packed with RAR are not accepted. {_REPACK}",
    ".cb7": f"Comic books packed with 7-Zip are not accepted. {_REPACK}",
    ".cbt": f"Comic books packed with TAR are not accepted. {_REPACK}",
    ".kfx": f"Kindle books in Amazon’s newest format (KFX) are not accepted. {_CONVERT}",
    ".azw1": f"Old Kindle books (Topaz) are not accepted. {_CONVERT}",
    ".tpz": f"Old Kindle books (Topaz) are not accepted. {_CONVERT}",
    ".doc": "Documents of old versions of Word (DOC) are not accepted. Save it as DOCX, in Word or LibreOffice, and upload that.",
    ".acsm": f"This is a ticket for a book with copy protection (Adobe ADEPT DRM), not the book. {_UNPROTECTED}",
    ".lcpl": f"This is a licence for a book with copy protection (Readium LCP DRM), not the book. {_UNPROTECTED}",
}

# The same for comic books whose names hide how they are packed, by what they are.
_PACKED_COMICS = {"a RAR archive": ".cbr", "a 7-Zip archive": ".cb7", "a TAR archive": ".cbt"}

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)

ACCEPTED_TYPES: Mapping[str, FileType] = MappingProxyType({row.media_type: row for row in ROWS})
_DOUBLE_EXTENSIONS = frozenset(suffix for row in ROWS for suffix in row.extensions if suffix.count(".") > 1)
_BY_NAME = {name: row for row in ROWS for name in (row.media_type, *row.aliases)}


def extension(filename: str) -> str:
    """Return the last suffix in lower case, with its dot: "Notes.PDF" → ".pdf", "README" → "".

    Of a packed book it is the last two, which say what is packed: "Novel.fb2.zip" → ".fb2.zip".
    """
    last_two = "".join(PurePosixPath(filename).suffixes[-2:]).lower()
    return last_two if last_two in _DOUBLE_EXTENSIONS else PurePosixPath(filename).suffix.lower()


def get_by_media_type(media_type: str) -> FileType | None:
    """Return the row of a media type or alias. Parameters and case do not matter ("Text/Plain; charset=utf-8")."""
    return _BY_NAME.get(media_type.partition(";")[0].strip().lower())


def declared_charset(media_type: str) -> tuple[str, ...]:
    """Return the charset that a media type has as its parameter ("text/plain; charset=koi8-r"), if it has one."""
    found = _CHARSET.search(media_type)
    return (found.group(1),) if found else ()


def get_by_filename(filename: str) -> FileType | None:
    """Return the row that has the filename's extension."""
    suffix = extension(filename)
    return next((row for row in ROWS if suffix in row.extensions), None)


def resolve(declared_type: str, filename: str) -> FileType | None:
    """Return the row of a declared type, or that of the filename's extension if the type says nothing.

    Programs send no type, a general one such as `application/octet-stream`, or one of their own, where their system does not know
    an extension. `text/plain` is general, too: it is sent for Markdown and for pages. The bytes decide in any case.
    """
    by_type, by_name = get_by_media_type(declared_type), get_by_filename(filename)
    is_general = by_type is None or by_type.media_type == PLAIN_TEXT
    return by_name if is_general and by_name is not None and (by_type is None or by_name.is_text) else by_type


def check_declaration(declared_type: str, filename: str) -> Rejection | None:
    """Check that the declared type is accepted and has the filename's extension. The name of a text needs none ("README").

    Needs no content, so it can run before an upload.
    """
    file_type, suffix = resolve(declared_type, filename), extension(filename)
    if file_type is None and suffix in _WAYS_OUT:
        return Rejection("type_not_allowed", _WAYS_OUT[suffix])
    if file_type is None:
        accepted = ", ".join(sorted({suffix for row in ROWS for suffix in row.extensions}))
        of_type = f" of type “{declared_type[:100]}”" if declared_type else ""
        return Rejection(
            "type_not_allowed",
            f"Files{of_type} {_describe(suffix)} are not accepted. Accepted are files with the endings {accepted}.",
        )
    if suffix in file_type.extensions or suffix in file_type.shared_extensions:
        return None
    if not suffix and file_type.media_type == PLAIN_TEXT:
        return None
    return Rejection(
        "type_mismatch",
        f"The file was declared as {file_type.label}, but has a name {_describe(suffix)}. "
        f"Name it “…{file_type.extensions[0]}” or declare its real type.",
    )


def way_out(file_type: FileType, actual: str) -> str:
    """Return what to do with a file that was declared as this type, but is something else."""
    if file_type.examiner == "cbz" and actual in _PACKED_COMICS:
        return _WAYS_OUT[_PACKED_COMICS[actual]]
    return "Upload it under its real type and name, or save it again with the program it comes from."


def _describe(suffix: str) -> str:
    if not suffix:
        return "without an ending"
    return f"with the ending “{suffix}”" if len(suffix) <= 20 and suffix.isprintable() else "with an unusual ending"
