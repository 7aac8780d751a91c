"""The shapes of exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.db.cursor import ListItem


class ExportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Export(ListItem):
    """A ZIP of everything an account holds. It can be fetched until `expires_at`, then it is removed.

    `files` and `size_bytes` are what is in it by now, and in all once it is done.
    """

    status: ExportStatus
    files: int
    size_bytes: int
    error: str | None
    finished_at: datetime | None
    expires_at: datetime | None


class ReadyExport(Export):
    """`url` is there when the export is done; it works until `url_expires_at`, a fresh one is a request away."""

    url: str | None
    url_expires_at: datetime | None


class ManifestFile(BaseModel):
    """A file of the archive; `sha256` is hex."""

    name: str
    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """The last file of an export. What it lists, and itself, is all there is in the archive."""

    export_id: UUID
    account_id: UUID
    requested_at: datetime
    files: list[ManifestFile]


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """A finished file of the archive: what is needed to write the archive's directory, and its SHA-256 in hex."""

    name: str
    header_offset: int
    flags: int
    crc: int
    size_bytes: int
    stored_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveProgress:
    """What was added since the last look: finished files, the parts they lie in, and where the archive ends now."""

    entries: Sequence[ArchiveEntry]
    first_part: int
    etags: Sequence[str]
    offset: int


def export_key(owner_id: UUID, export_id: UUID) -> str:
    return f"exports/{owner_id}/{export_id}.zip"
