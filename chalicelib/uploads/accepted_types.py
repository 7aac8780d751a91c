"""The accepted file types and limits: for clients, for the API's description and for the account."""

from __future__ import annotations

from functools import cache

from pydantic import ConfigDict

from chalicelib.inspection import types
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.uploads.model import MAX_FILENAME_CHARACTERS

MAX_FILE_BYTES = types.MAX_FILE_BYTES


class UploadType(LazyModel):
    """An accepted type. `label` is for messages: "a PDF". `aliases` are accepted names of the type.

    `has_text`: documents of this type can be read aloud.
    """

    model_config = ConfigDict(frozen=True)

    media_type: str
    label: str
    extensions: list[str]
    aliases: list[str]
    has_text: bool


class UploadTypes(LazyModel):
    """Accepted types and limits. `accept` is for the attribute of that name of a file input."""

    model_config = ConfigDict(frozen=True)

    items: list[UploadType]
    accept: str
    max_file_bytes: int
    max_pdf_pages: int
    max_filename_characters: int


@cache
def get() -> UploadTypes:
    """Return all accepted types, in the order of the inspection's table, and the limits of a file."""
    return UploadTypes(
        items=list_accepted_types(),
        accept=",".join(name for row in types.ACCEPTED_TYPES.values() for name in (row.media_type, *row.extensions)),
        max_file_bytes=MAX_FILE_BYTES,
        max_pdf_pages=max_pdf_pages(),
        max_filename_characters=MAX_FILENAME_CHARACTERS,
    )


def list_accepted_types() -> list[UploadType]:
    """List all accepted types, in the order of the inspection's table."""
    return [
        UploadType(
            media_type=row.media_type,
            label=row.label,
            extensions=[*row.extensions, *row.shared_extensions],
            aliases=list(row.aliases),
            has_text=row.has_text,
        )
        for row in types.ACCEPTED_TYPES.values()
    ]


def max_pdf_pages() -> int:
    from chalicelib.inspection.documents import pdf

    return pdf.MAX_PAGES
