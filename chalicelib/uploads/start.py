"""Beginning an upload: quota, a row, and what the client has to send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import media, quota
from chalicelib.library.collections import items
from chalicelib.library.model import Status, incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ConflictError, ContentTooLargeError, ForbiddenError, UnsupportedMediaTypeError
from chalicelib.uploads import instructions, parts, store
from chalicelib.uploads.model import Declaration, Method, NewUpload, StartedUpload, UploadRow

# A folder of 100 files dropped at once passes, and one that reserves the largest size for each stays inside the default quota.
PER_MINUTE = Limit("upload", requests=120, per_s=60)


def start(owner_id: UUID, request: NewUpload, *, media_id: UUID) -> StartedUpload:
    """Reserve room and answer what to send where.

    Raises UnsupportedTypeError, TooLargeError, ForbiddenError (`quota_exceeded`), NotFoundError for a collection that is not the
    owner's, and TooOftenError; then nothing was reserved.
    ConflictError when an earlier try of the same request was completed or given up meanwhile.
    """
    declared = Declaration(
        request.filename,
        request.media_type,
        request.size_bytes,
        request.sha256,
        Method(request.method),
        request.collection_id,
    )
    upload = register(owner_id, declared, media_id=media_id)
    if upload.upload_method is Method.MULTIPART and upload.upload_id is None:
        upload = create_multipart(owner_id, upload, part_bytes=parts.PART_BYTES)
    given = instructions.presign(owner_id, upload) if upload.status is Status.PENDING else None
    if given is None:
        raise ConflictError("This upload has already been sent; look at it under /v1/media.", code="not_pending")
    return StartedUpload(media=media.get(owner_id, media_id), upload=given)


def register(owner_id: UUID, declared: Declaration, *, media_id: UUID) -> UploadRow:
    """Check what is declared, reserve room and write the row, once per id. Raises like `start`."""
    rate_limit.consume(PER_MINUTE, str(owner_id))
    return register_unlimited(owner_id, declared, media_id=media_id)


def register_unlimited(owner_id: UUID, declared: Declaration, *, media_id: UUID) -> UploadRow:
    """`register` for an operator, who brings many at once: without the limit on how often."""
    _check_declaration(declared)
    reserved_bytes = types.MAX_FILE_BYTES if declared.size_bytes is None else declared.size_bytes
    until = datetime.now(UTC) + timedelta(seconds=instructions.url_valid_s())
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
        if upload is not None:  # the first try got this far before it died
            return upload
        _reserve(connection, owner_id, declared, reserved_bytes)
        title = _title(declared.filename)
        store.insert_pending(
            connection, owner_id, media_id, declared, title=title, reserved_bytes=reserved_bytes, expires_at=until
        )
        if declared.collection_id is not None:
            items.add_item(connection, owner_id, declared.collection_id, media_id)
        audit.record(
            connection,
            owner_id,
            Action.UPLOAD_STARTED,
            media_id,
            method=declared.method,
            media_type=declared.media_type,
            size_bytes=declared.size_bytes,
        )
        upload = store.get(connection, media_id)
    assert upload is not None  # noqa: S101 - it was written in this transaction
    return upload


def create_multipart(owner_id: UUID, upload: UploadRow, *, part_bytes: int | None) -> UploadRow:
    """Begin the multipart upload of a row in storage and note it; from now on it can be resumed for a day."""
    key = incoming_key(owner_id, upload.id)
    upload_id = multipart.create(key, media_type=upload.media_type)
    noted = record_multipart(owner_id, upload, upload_id=upload_id, part_bytes=part_bytes)
    if noted.upload_id != upload_id:
        multipart.abort(key, upload_id)
    return noted


def record_multipart(owner_id: UUID, upload: UploadRow, *, upload_id: str, part_bytes: int | None) -> UploadRow:
    """Tie S3's upload to the row; if another one was tied to it before, that one stays."""
    with database.transaction(owner_id) as connection:
        noted = store.insert_multipart(connection, owner_id, upload.id, upload_id=upload_id, part_bytes=part_bytes)
        store.extend_expiry(connection, upload.id, expires_at=upload.created_at + instructions.RESUMABLE_FOR)
    return upload.model_copy(update={"upload_id": noted, "part_bytes": part_bytes})


def _check_declaration(declared: Declaration) -> None:
    """Refuse early what the inspection would refuse anyway."""
    refusal = types.check_declaration(declared.media_type, declared.filename)
    if refusal is not None:
        raise UnsupportedMediaTypeError(refusal.detail, code=refusal.code)
    if declared.size_bytes is not None and declared.size_bytes > types.MAX_FILE_BYTES:
        raise ContentTooLargeError(
            f"{declared.filename!r} has {declared.size_bytes:,} bytes; at most {types.MAX_FILE_BYTES:,} "
            f"({types.MAX_FILE_BYTES // 1024**2} MB) are taken. Split it, or make it smaller."
        )


def _reserve(connection: database.Connection, owner_id: UUID, declared: Declaration, reserved_bytes: int) -> None:
    try:
        quota.reserve(connection, owner_id, reserved_bytes)
    except ForbiddenError as error:
        if declared.size_bytes is not None:
            raise
        raise ForbiddenError(
            f"{error.detail} This client does not say how large the file is, so room for the largest is reserved until it has "
            "come; with Uppy, setFileMeta(file.id, {size: file.size}) reserves what is needed.",
            code=error.code,
        ) from None


def _title(filename: str) -> str:
    return PurePath(filename).stem.replace("_", " ").strip() or filename
