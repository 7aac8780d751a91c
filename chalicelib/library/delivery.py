"""Handing out bytes: only of media that are ready, only by short-lived signed URLs, under our own type and name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import store
from chalicelib.library.model import Status, StoredObject
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError

URL_VALID_S = 900  # long enough to start any transfer; a leaked URL is useless after it


class Variant(StrEnum):
    """`view` is what browsers show: for PDFs a copy that opens fast and holds no active content."""

    ORIGINAL = "original"
    VIEW = "view"
    THUMBNAIL = "thumbnail"


class Disposition(StrEnum):
    INLINE = "inline"
    ATTACHMENT = "attachment"


class SignedUrl(BaseModel):
    url: str
    expires_at: datetime
    media_type: str
    size_bytes: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class VariantObject:
    """The object behind one variant of a media."""

    key: str
    filename: str
    media_type: str
    size_bytes: int
    etag: str | None


def presign(owner_id: UUID, media_id: UUID, *, variant: Variant | None, disposition: Disposition) -> SignedUrl:
    """A URL for a media's bytes. Without a variant: the view copy to look at, the original to keep.

    Raises NotFoundError, also for a thumbnail that there is not (`no_thumbnail`), and ConflictError while the media is not ready
    (or in the trash) and when its original is withheld.
    """
    with database.transaction(owner_id) as connection:
        found = _find(connection, media_id, variant, disposition)
        audit.record(connection, owner_id, Action.MEDIA_DOWNLOADED, media_id, variant=variant, disposition=disposition)
    url = storage.presign_get(
        found.key,
        filename=found.filename,
        media_type=found.media_type,
        inline=disposition is Disposition.INLINE,
        valid_s=URL_VALID_S,
    )
    return SignedUrl(
        url=url,
        expires_at=datetime.now(UTC) + timedelta(seconds=URL_VALID_S),
        media_type=found.media_type,
        size_bytes=found.size_bytes,
        etag=found.etag,
    )


def get_object(
    owner_id: UUID,
    media_id: UUID,
    *,
    variant: Variant | None = None,
    disposition: Disposition = Disposition.INLINE,
) -> VariantObject:
    """What `presign` would hand out, without a URL; same errors."""
    with database.transaction(owner_id) as connection:
        return _find(connection, media_id, variant, disposition)


def _find(connection: Connection, media_id: UUID, variant: Variant | None, disposition: Disposition) -> VariantObject:
    found = store.get_object(connection, media_id)
    if found is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if found.status is not Status.READY:
        raise ConflictError(f"{found.filename!r} is {found.status}; only ready media have a URL.", code="not_ready")
    return _thumbnail(found) if variant is Variant.THUMBNAIL else select_object(found, variant, disposition)


def _thumbnail(found: StoredObject) -> VariantObject:
    """Storage is asked: which media have one is written nowhere else."""
    try:
        stored = storage.get_version(found.thumbnail_key)
    except storage.ObjectNotFoundError:
        raise NotFoundError(
            f"{found.filename!r} has no thumbnail; show an icon for its type.", code="no_thumbnail"
        ) from None
    return VariantObject(stored.key, f"{found.filename}.webp", "image/webp", stored.size_bytes, stored.etag)


def select_object(found: StoredObject, variant: Variant | None, disposition: Disposition) -> VariantObject:
    """Which object serves a wish for the original or the view copy. Raises ConflictError for an original that is withheld."""
    looks = disposition is Disposition.INLINE or found.original_withheld
    wanted = variant or (Variant.VIEW if looks else Variant.ORIGINAL)
    if wanted is Variant.VIEW and found.view_bytes is not None:
        return _view(found, found.view_bytes)
    if found.original_withheld:
        raise ConflictError(
            f"{found.filename!r} held active content, so its original is not handed out; ask for variant=view.",
            code="original_withheld",
        )
    return VariantObject(found.original_key, found.filename, _served_as(found.media_type), found.size_bytes, found.etag)


def _view(found: StoredObject, size_bytes: int) -> VariantObject:
    kind = types.ACCEPTED_TYPES[found.media_type]
    named = found.filename + (
        types.ACCEPTED_TYPES[kind.view_media_type].extensions[0] if kind.converted_media_type else ""
    )
    return VariantObject(found.view_key, named, kind.view_media_type, size_bytes, found.view_etag)


def _served_as(media_type: str) -> str:
    """Text is served as plain text, so that a browser never runs what somebody uploaded."""
    return "text/plain; charset=utf-8" if media_type.startswith("text/") else media_type
