"""Start uploads: reserve quota, insert the row, and presign what the client must send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import media, media_metadata, quota
from chalicelib.library.collections import items
from chalicelib.library.model import Status
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ConflictError, ContentTooLargeError, ForbiddenError, UnsupportedMediaTypeError
from chalicelib.uploads import instructions, parts, store
from chalicelib.uploads.model import Declaration, Method, NewUpload, StartedUpload, UploadRow

# Enough for a folder of 100 files dropped at once; reserving the largest size for each stays within the default quota.
PER_MINUTE = Limit("upload", requests=120, per_s=60)


def start(owner_id: UUID, request: NewUpload, *, media_id: UUID) -> StartedUpload:
    """Reserve quota for a file and return where to send it.

    Raises UnsupportedMediaTypeError, ContentTooLargeError, ForbiddenError (`quota_exceeded`), NotFoundError for a collection that
    is not the owner's, and TooManyRequestsError; then nothing is reserved.
    Raises ConflictError if an earlier attempt of the same request has been completed or aborted in the meantime.
    """
    declaration = Declaration(
        request.filename,
        request.media_type,
        request.size_bytes,
        request.sha256,
        Method(request.method),
        request.collection_id,
    )
    upload = register(owner_id, declaration, media_id=media_id)
    if upload.upload_method is Method.MULTIPART and upload.upload_id is None:
        upload = create_multipart(owner_id, upload, part_bytes=parts.PART_BYTES)
    requests = instructions.presign(owner_id, upload) if upload.status is Status.PENDING else None
    if requests is None:
        raise ConflictError(
            f"An earlier attempt started this upload of {upload.filename!r}, and it accepts no more bytes. "
            f"Check it with GET /v1/media/{media_id}.",
            code="not_pending",
        )
    return StartedUpload(media=media.get(owner_id, media_id), upload=requests)


def register(owner_id: UUID, declaration: Declaration, *, media_id: UUID) -> UploadRow:
    """Check a declaration, reserve quota and insert the row, once per id. Raises like `start`."""
    rate_limit.consume(PER_MINUTE, str(owner_id))
    return register_unlimited(owner_id, declaration, media_id=media_id)


def register_unlimited(owner_id: UUID, declaration: Declaration, *, media_id: UUID) -> UploadRow:
    """Register without the rate limit, for an operator who imports many files at once."""
    declaration = _with_known_type(declaration)
    reserved_bytes = types.MAX_FILE_BYTES if declaration.size_bytes is None else declaration.size_bytes
    expires_at = datetime.now(UTC) + timedelta(seconds=instructions.url_valid_s())
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
        if upload is not None:  # inserted by an attempt that crashed later
            return upload
        _reserve(connection, owner_id, declaration, reserved_bytes)
        title = media_metadata.title_from_filename(declaration.filename)
        store.insert_pending(
            connection,
            owner_id,
            media_id,
            declaration,
            title=title,
            reserved_bytes=reserved_bytes,
            expires_at=expires_at,
        )
        if declaration.collection_id is not None:
            items.add_item(connection, owner_id, declaration.collection_id, media_id)
        audit.record(
            connection,
            owner_id,
            Action.UPLOAD_STARTED,
            media_id,
            method=declaration.method,
            media_type=declaration.media_type,
            size_bytes=declaration.size_bytes,
        )
        upload = store.get(connection, media_id)
    assert upload is not None  # noqa: S101 - it was written in this transaction
    return upload


def create_multipart(owner_id: UUID, upload: UploadRow, *, part_bytes: int | None) -> UploadRow:
    """Create the S3 multipart upload of a row; it can be resumed for a day."""
    key = incoming_key(owner_id, upload.id)
    upload_id = multipart.create(key, media_type=upload.media_type)
    linked = record_multipart(owner_id, upload, upload_id=upload_id, part_bytes=part_bytes)
    if linked.upload_id != upload_id:
        multipart.abort(key, upload_id)
    return linked


def record_multipart(owner_id: UUID, upload: UploadRow, *, upload_id: str, part_bytes: int | None) -> UploadRow:
    """Link an S3 multipart upload to the row, unless another one is linked already; return the row."""
    with database.transaction(owner_id) as connection:
        linked_id = store.insert_multipart(connection, owner_id, upload.id, upload_id=upload_id, part_bytes=part_bytes)
        store.extend_expiry(connection, upload.id, expires_at=upload.created_at + instructions.RESUMABLE_FOR)
    return upload.model_copy(update={"upload_id": linked_id, "part_bytes": part_bytes})


def _with_known_type(declaration: Declaration) -> Declaration:
    """Reject early what the inspection would reject anyway, and replace a type that says nothing by that of the filename."""
    rejection = types.check_declaration(declaration.media_type, declaration.filename)
    if rejection is not None:
        raise UnsupportedMediaTypeError(rejection.detail, code=rejection.code)
    if declaration.size_bytes is not None and declaration.size_bytes > types.MAX_FILE_BYTES:
        raise ContentTooLargeError(
            f"{declaration.filename!r} has {declaration.size_bytes:,} bytes; a file can have at most {types.MAX_FILE_BYTES:,} "
            f"({types.MAX_FILE_BYTES // 1024**2} MB). Split it or make it smaller."
        )
    if types.get_by_media_type(declaration.media_type) is not None:
        return declaration
    file_type = types.resolve(declaration.media_type, declaration.filename)
    assert file_type is not None  # noqa: S101 - others are rejected above
    return replace(declaration, media_type=file_type.media_type)


def _reserve(connection: database.Connection, owner_id: UUID, declaration: Declaration, reserved_bytes: int) -> None:
    try:
        quota.reserve(connection, owner_id, reserved_bytes)
    except ForbiddenError as error:
        if declaration.size_bytes is not None:
            raise
        raise ForbiddenError(
            f"{error.detail} This client does not declare the file's size, so quota for the largest file is reserved until the "
            "upload has finished. With Uppy, setFileMeta(file.id, {size: file.size}) reserves only what the file needs.",
            code=error.code,
        ) from None
