"""Beginning an upload: quota, a row, and a signed request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from uuid import UUID

from chalicelib.inspection import types
from chalicelib.library import media, quota
from chalicelib.library.model import incoming_key
from chalicelib.platform import database, storage
from chalicelib.platform.errors import TooLargeError, UnsupportedTypeError
from chalicelib.uploads import store
from chalicelib.uploads.model import NewUpload, StartedUpload, UploadInstructions

URL_VALID_S = 900  # a transfer may begin this long after the answer; one that has begun is not cut off


def start(owner_id: UUID, request: NewUpload, *, media_id: UUID) -> StartedUpload:
    """Reserve room and answer what to send where.

    Raises UnsupportedTypeError, TooLargeError and ForbiddenError (`quota_exceeded`); then nothing was reserved.
    """
    _check_declaration(request)
    expires_at = datetime.now(UTC) + timedelta(seconds=URL_VALID_S)
    with database.transaction(owner_id) as connection:
        if store.find_status(connection, media_id) is None:  # else the first try got this far before it died
            quota.reserve(connection, owner_id, request.size_bytes)
            store.insert_pending(connection, owner_id, media_id, request, title=_title(request.filename), until=expires_at)
    signed = storage.sign_upload(
        incoming_key(owner_id, media_id),
        media_type=request.media_type,
        size_bytes=request.size_bytes,
        sha256=request.sha256,
        valid_s=URL_VALID_S,
    )
    return StartedUpload(
        media=media.get(owner_id, media_id),
        upload=UploadInstructions(method="PUT", url=signed.url, headers=signed.headers, expires_at=expires_at),
    )


def _check_declaration(request: NewUpload) -> None:
    """Refuse early what the inspection would refuse anyway."""
    refusal = types.check_declaration(request.media_type, request.filename)
    if refusal is not None:
        raise UnsupportedTypeError(refusal.detail, code=refusal.code)
    if request.size_bytes > types.MAX_FILE_BYTES:
        raise TooLargeError(
            f"{request.filename!r} has {request.size_bytes:,} bytes; at most {types.MAX_FILE_BYTES:,} "
            f"({types.MAX_FILE_BYTES // 1024**2} MB) are taken. Split it, or make it smaller."
        )


def _title(filename: str) -> str:
    return PurePath(filename).stem.replace("_", " ").strip() or filename
