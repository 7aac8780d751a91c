"""The PDF that is recognised, on this function's disk: it is downloaded once, not for each of its pages.

That of a picture is made of it: a page that shows the picture.
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from chalicelib.extraction.recognition import picture_page
from chalicelib.library import store
from chalicelib.library.model import StoredObject
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.recognition.model import PICTURES

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
    """The PDF of a media, the object that it is of, and the ETag of what was downloaded."""

    path: Path
    media: StoredObject
    etag: str

    @property
    def is_picture(self) -> bool:
        return self.media.media_type.startswith(PICTURES)


def download(owner_id: UUID, media_id: UUID) -> SourceFile:
    """Return the PDF or the picture that clients are shown, from the disk if it was the last one.

    Raises ObjectNotFoundError, and SandboxError for a picture that cannot be read.
    """
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
        if media.media_type.startswith(PICTURES):
            page = disk.path.with_suffix(".page.pdf")
            picture_page.write_in_sandbox(disk.path, page)
            page.replace(disk.path)
        disk.key, disk.etag = key, version.etag
    return SourceFile(disk.path, media, version.etag)


def discard() -> None:
    """Delete the file that is on the disk."""
    disk = _disk()
    if disk.path is not None:
        with contextlib.suppress(FileNotFoundError):
            disk.path.unlink()
    disk.path, disk.key, disk.etag = None, "", ""
