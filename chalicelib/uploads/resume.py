"""Resume uploads: after a reload, on another day, or when their URLs have expired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.library import media
from chalicelib.library.model import Status
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import NotFoundError
from chalicelib.uploads import instructions, store
from chalicelib.uploads.model import StartedUpload, UploadRow, UploadState

# A line of 1 Gbit/s carries 24 parts of 5 MiB a second, and clients such as Uppy request a signature for each.
SIGNATURES_PER_MINUTE = Limit("upload signature", requests=1_500, per_s=60)


def get_upload(owner_id: UUID, media_id: UUID) -> UploadState:
    """Return an upload and, while it is pending, presigned requests for what is missing.

    Raises NotFoundError and TooManyRequestsError.
    """
    rate_limit.consume(SIGNATURES_PER_MINUTE, str(owner_id))
    now = datetime.now(UTC)
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
        if upload is None:
            raise not_found_error(media_id)
        is_resumable = upload.status is Status.PENDING and now < upload.created_at + instructions.RESUMABLE_FOR
        if is_resumable:  # the client is still sending: the sweep must not expire the upload before its new URLs
            store.extend_expiry(connection, media_id, expires_at=_next_expiry(upload, now))
    return UploadState(
        media=media.get(owner_id, media_id), upload=instructions.presign(owner_id, upload) if is_resumable else None
    )


def renew(owner_id: UUID, media_id: UUID) -> StartedUpload | None:
    """Return a started upload with requests signed anew, or None if it accepts no more bytes. Raises TooManyRequestsError."""
    try:
        state = get_upload(owner_id, media_id)
    except NotFoundError:
        return None
    return StartedUpload(media=state.media, upload=state.upload) if state.upload is not None else None


def not_found_error(media_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no upload with the id {media_id}.")


def _next_expiry(upload: UploadRow, now: datetime) -> datetime:
    valid = timedelta(seconds=instructions.url_valid_s())
    return min(now + valid, upload.created_at + instructions.RESUMABLE_FOR)
