"""Complete multipart uploads after checking the number and sizes of their parts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import media
from chalicelib.library.model import Media, Status
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.aws.s3 import ObjectNotFoundError, PreconditionFailedError, StorageRejectedError
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, ContentTooLargeError
from chalicelib.uploads import parts, resume, store
from chalicelib.uploads.model import CompletedPart, Method, UploadRow
from chalicelib.uploads.reject import reject_outgrown


def complete(owner_id: UUID, media_id: UUID, client_parts: Sequence[CompletedPart] | None) -> Media:
    """Complete a multipart upload. Completing it again returns the media.

    The parts that S3 lists must add up to the declared size and match the client's, if it sends any; exactly these are joined.
    Raises NotFoundError and ConflictError (`not_multipart`, `upload_expired`, `parts_missing`, `size_mismatch`,
    `parts_mismatch`); then the upload is unchanged. Raises ContentTooLargeError when it has been rejected for its size.
    """
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
    if upload is None:
        raise resume.not_found_error(media_id)
    if upload.upload_method is not Method.MULTIPART:
        raise ConflictError(
            f"{upload.filename!r} is sent with a single {upload.upload_method}, so there is nothing to complete.",
            code="not_multipart",
        )
    if upload.status is Status.EXPIRED:
        raise expired_error(upload)
    if upload.status is Status.PENDING:
        stored = verify_parts(owner_id, upload, client_parts)
        if stored is not None:
            _complete(owner_id, upload, stored)
    return media.get(owner_id, media_id)


def verify_parts(
    owner_id: UUID, upload: UploadRow, client_parts: Sequence[CompletedPart] | None
) -> list[UploadPart] | None:
    """Check the parts of a pending upload and record that it is being completed.

    Returns the parts in storage, None if the upload is already complete. Raises ConflictError and ContentTooLargeError.
    """
    if upload.upload_id is None:
        raise expired_error(upload)
    try:
        stored = multipart.list_parts(incoming_key(owner_id, upload.id), upload.upload_id)
    except ObjectNotFoundError:
        if upload.completing_at is None:
            raise expired_error(upload) from None
        return None
    try:
        parts.verify(
            stored,
            size_bytes=upload.size_bytes,
            size_declared=upload.size_declared,
            part_bytes=upload.part_bytes,
            client_parts=client_parts,
        )
    except ContentTooLargeError:
        reject_outgrown(owner_id, upload, stored)
        raise
    with database.transaction(owner_id) as connection:
        store.mark_completing(connection, upload.id)
    return stored


def expired_error(upload: UploadRow) -> ConflictError:
    return ConflictError(
        f"The parts of {upload.filename!r} have expired and were deleted. Start a new upload.", code="upload_expired"
    )


def _complete(owner_id: UUID, upload: UploadRow, stored: Sequence[UploadPart]) -> None:
    assert upload.upload_id is not None  # noqa: S101 - `verify_parts` has listed its parts
    try:
        etags = [(part.number, part.etag) for part in stored]
        size_bytes = sum(part.size_bytes for part in stored)
        multipart.complete(incoming_key(owner_id, upload.id), upload.upload_id, etags, new_object_bytes=size_bytes)
    except (ObjectNotFoundError, PreconditionFailedError):
        return  # an identical request completed it at the same time
    except StorageRejectedError as error:
        raise ConflictError(
            f"Storage cannot join the parts ({error.code}): one was replaced in the meantime, or is smaller than 5 MiB. "
            "Get the upload again and send the parts that are missing.",
            code="parts_mismatch",
        ) from error
