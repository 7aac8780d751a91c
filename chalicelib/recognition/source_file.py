"""The PDF that is recognised, on this function's disk: it is downloaded once, not for each of its pages."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from chalicelib.library import store
from chalicelib.library.model import StoredObject
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database

MEDIA_TYPE = "application/pdf"


@dataclass
class _Disk:
    """The last file that this process downloaded."""

    path: Path | None = None
    key: str = ""
    etag: str = ""


@cache
def _disk() -> _Disk:
    return _Disk()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A downloaded PDF, the object that it is of, and the ETag of what was downloaded."""

    path: Path
    media: StoredObject
    etag: str


def download(owner_id: UUID, media_id: UUID) -> SourceFile:
    """Return the PDF that clients are shown, from the disk if it was the last one. Raises ObjectNotFoundError."""
    with database.transaction(owner_id) as connection:
        media = store.get_object(connection, media_id)
    if media is None:
        raise storage.ObjectNotFoundError(str(media_id))
    key = media.original_key if media.view_etag is None else media.view_key
    version, disk = storage.get_version(key), _disk()
    if disk.path is None or (disk.key, disk.etag) != (key, version.etag) or not disk.path.exists():
        discard()
        with tempfile.NamedTemporaryFile(prefix="recognition-", suffix=".pdf", delete=False) as file:
            disk.path = Path(file.name)
            for chunk in storage.stream(key):
                file.write(chunk)
        disk.key, disk.etag = key, version.etag
    return SourceFile(disk.path, media, version.etag)


def discard() -> None:
    """Delete the file that is on the disk."""
    disk = _disk()
    if disk.path is not None:
        with contextlib.suppress(FileNotFoundError):
            disk.path.unlink()
    disk.path, disk.key, disk.etag = None, "", ""
