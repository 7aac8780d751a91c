"""The accepted file types and limits, for the API's description and the account."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.inspection import types

MAX_FILE_BYTES = types.MAX_FILE_BYTES


@dataclass(frozen=True, slots=True)
class AcceptedType:
    label: str
    media_type: str
    extensions: tuple[str, ...]


def list_accepted_types() -> list[AcceptedType]:
    """List all accepted types, in the order of the inspection's table."""
    return [AcceptedType(row.label, row.media_type, row.extensions) for row in types.ACCEPTED_TYPES.values()]


def max_pdf_pages() -> int:
    from chalicelib.inspection.documents import pdf

    return pdf.MAX_PAGES
