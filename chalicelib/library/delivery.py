"""Presigned URLs for ready media: short-lived, with media type and filename set by the server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import access, store
from chalicelib.library.model import StoredObject
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.lazy_model import LazyModel

URL_VALID_S = 900  # long enough to start any transfer; a leaked URL is useless afterwards


class Variant(StrEnum):
    """`view` is what browsers show: for PDFs, a copy that opens fast and has no active content."""

    ORIGINAL = "original"
    VIEW = "view"
    THUMBNAIL = "thumbnail"


class Disposition(StrEnum):
    INLINE = "inline"
    ATTACHMENT = "attachment"


class SignedUrl(LazyModel):
    url: str
    expires_at: datetime
    media_type: str
    size_bytes: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class VariantObject:
    """The stored object of one variant of a media."""

    key: str
    filename: str
    media_type: str
    size_bytes: int
    etag: str | None


def presign(
    owner_id: UUID,
    media_id: UUID,
    *,
    variant: Variant | None,
    disposition: Disposition,
) -> SignedUrl:
    """Presign a URL for a media's bytes. Without a variant: the view copy inline, the original as an attachment.

    Raises NotFoundError, also for a missing thumbnail (`no_thumbnail`), and ConflictError if the media is not ready (or in the
    trash) or its original is withheld.
    """
    with database.transaction(owner_id) as connection:
        selected = _get_object(connection, media_id, variant, disposition)
        if disposition is Disposition.INLINE and variant is not Variant.THUMBNAIL:
            access.record_opening(connection, media_id)
        audit.record(connection, owner_id, Action.MEDIA_DOWNLOADED, media_id, variant=variant, disposition=disposition)
    url = storage.presign_get(
        selected.key,
        filename=selected.filename,
        media_type=selected.media_type,
        inline=disposition is Disposition.INLINE,
        valid_s=URL_VALID_S,
    )
    return SignedUrl(
        url=url,
        expires_at=datetime.now(UTC) + timedelta(seconds=URL_VALID_S),
        media_type=selected.media_type,
        size_bytes=selected.size_bytes,
        etag=selected.etag,
    )


def _get_object(
    connection: Connection, media_id: UUID, variant: Variant | None, disposition: Disposition
) -> VariantObject:
    access.require_open(connection, media_id)
    media = store.get_object(connection, media_id)
    assert media is not None  # noqa: S101 - it is open
    return _thumbnail(media) if variant is Variant.THUMBNAIL else select_object(media, variant, disposition)


def _thumbnail(media: StoredObject) -> VariantObject:
    """Look the thumbnail up in storage: rows of older media do not say whether there is one."""
    try:
        stored = storage.get_version(media.thumbnail_key)
    except storage.ObjectNotFoundError:
        raise NotFoundError(
            f"{media.filename!r} has no thumbnail. Show an icon for its type instead.", code="no_thumbnail"
        ) from None
    return VariantObject(stored.key, f"{media.filename}.webp", "image/webp", stored.size_bytes, stored.etag)


def select_object(media: StoredObject, variant: Variant | None, disposition: Disposition) -> VariantObject:
    """Select the original or the view copy. Raises ConflictError for an original that is withheld."""
    prefers_view = disposition is Disposition.INLINE or media.original_withheld
    selected = variant or (Variant.VIEW if prefers_view else Variant.ORIGINAL)
    if selected is Variant.VIEW and media.view_bytes is not None:
        return _view_copy(media, media.view_bytes)
    if media.original_withheld:
        raise ConflictError(
            f"The original of {media.filename!r} contains active content and is withheld. Use variant=view instead.",
            code="original_withheld",
        )
    media_type = _safe_media_type(media.media_type, is_utf8=media.view_bytes is None)
    return VariantObject(media.original_key, media.filename, media_type, media.size_bytes, media.etag)


def _view_copy(media: StoredObject, size_bytes: int) -> VariantObject:
    kind = types.ACCEPTED_TYPES[media.media_type]
    extension = types.ACCEPTED_TYPES[kind.view_media_type].extensions[0] if kind.converted_media_type else ""
    media_type = _safe_media_type(kind.view_media_type)
    return VariantObject(media.view_key, media.filename + extension, media_type, size_bytes, media.view_etag)


def _safe_media_type(media_type: str, *, is_utf8: bool = True) -> str:
    """Serve all text as plain text, so that a browser never runs an uploaded script. Text has a copy if it is not UTF-8.

    XML is served as bytes, because browsers show any of it, with style sheets and scripts.
    """
    if media_type.endswith("+xml"):
        return "application/octet-stream"
    if not media_type.startswith("text/"):
        return media_type
    return "text/plain; charset=utf-8" if is_utf8 else "text/plain"
