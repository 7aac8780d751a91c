"""The table of accepted types. A new type is one row here and one module that examines it; nothing else names types.

This module is light on purpose: the API asks it before it signs an upload.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from chalicelib.inspection.model import Rejection

MAX_FILE_BYTES = (
    100 * 1024 * 1024
)  # promised; above it a structural check would not fit the time and memory of one function


@dataclass(frozen=True, slots=True)
class FileType:
    """One accepted type.

    `examiner` is the module with `examine(path: Path, media_type: str) -> Findings`, run in the sandbox; `needs` are
    the packages it imports. `is_text`: has no signature, so anything with one is something else. `readable`:
    `chalicelib.reading` can make a reading text of it. `view_copy`: is shown as a rewritten copy, made by `viewcopy`.
    """

    media_type: str
    label: str
    extensions: tuple[str, ...]
    examiner: str
    needs: tuple[str, ...] = ()
    is_text: bool = False
    readable: bool = False
    view_copy: bool = False


_ROWS = (
    FileType(
        "application/pdf",
        "a PDF",
        (".pdf",),
        "chalicelib.inspection.pdf",
        needs=("pypdf", "pikepdf"),
        readable=True,
        view_copy=True,
    ),
    FileType("text/plain", "plain text", (".txt", ".text"), "chalicelib.inspection.text", is_text=True, readable=True),
    FileType("text/markdown", "Markdown", (".md", ".markdown"), "chalicelib.inspection.text", is_text=True),
)

ACCEPTED: Mapping[str, FileType] = MappingProxyType({row.media_type: row for row in _ROWS})


def extension(filename: str) -> str:
    """The last suffix in lower case, with its dot: "Notes.PDF" → ".pdf", "README" → ""."""
    return PurePosixPath(filename).suffix.lower()


def for_declared(media_type: str) -> FileType | None:
    """The row of a declared media type; parameters and case do not matter ("text/plain; charset=utf-8")."""
    return ACCEPTED.get(media_type.partition(";")[0].strip().lower())


def for_filename(filename: str) -> FileType | None:
    """The row whose extension the filename has."""
    wanted = extension(filename)
    return next((row for row in _ROWS if wanted in row.extensions), None)


def check_declaration(declared_type: str, filename: str) -> Rejection | None:
    """Whether the declared type is accepted and the filename's extension belongs to it. Looks at no bytes, so it can
    run before an upload.
    """
    row = for_declared(declared_type)
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
