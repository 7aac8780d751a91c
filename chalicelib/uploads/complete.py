"""Making one object of the parts, after they were counted and weighed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import media
from chalicelib.library.model import Media, Status, incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.aws.s3 import ObjectNotFoundError, PreconditionFailedError, StorageRejectedError
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError
from chalicelib.uploads import parts, resume, store
from chalicelib.uploads.model import Method, NamedPart, UploadRow


def complete(owner_id: UUID, media_id: UUID, named: Sequence[NamedPart] | None) -> Media:
    """Complete a multipart upload, as often as it is asked for.

    The parts that S3 lists must add up to what was declared, and be those the client names; exactly these are put together.
    Raises NotFoundError, ConflictError (`not_multipart`, `upload_gone`, `parts_missing`, `size_mismatch`, `parts_differ`) and
    TooLargeError. The upload stays as it was then.
    """
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
    if upload is None:
        raise resume.not_found_error(media_id)
    if upload.upload_method is not Method.MULTIPART:
        raise ConflictError(
            f"{upload.filename!r} is sent with one {upload.upload_method}; there is nothing to complete.",
            code="not_multipart",
        )
    if upload.status is Status.EXPIRED:
        raise expired_error(upload)
    if upload.status is Status.PENDING:
        present = verify_parts(owner_id, upload, named)
        if present is not None:
            _complete(owner_id, upload, present)
    return media.get(owner_id, media_id)


def verify_parts(owner_id: UUID, upload: UploadRow, named: Sequence[NamedPart] | None) -> list[UploadPart] | None:
    """The parts of a pending upload, after all checks, with the intention to complete noted; None when that was done before.

    Raises ConflictError and TooLargeError like `complete`.
    """
    if upload.upload_id is None:
        raise expired_error(upload)
    try:
        present = multipart.list_parts(incoming_key(owner_id, upload.id), upload.upload_id)
    except ObjectNotFoundError:
        if upload.completing_at is None:
            raise expired_error(upload) from None
        return None
    parts.verify(
        present,
        size_bytes=upload.size_bytes,
        size_declared=upload.size_declared,
        part_bytes=upload.part_bytes,
        client_parts=named,
    )
    with database.transaction(owner_id) as connection:
        store.mark_completing(connection, upload.id)
    return present


def expired_error(upload: UploadRow) -> ConflictError:
    return ConflictError(
        f"The parts of {upload.filename!r} are not in storage any more; start a new upload.", code="upload_gone"
    )


def _complete(owner_id: UUID, upload: UploadRow, present: Sequence[UploadPart]) -> None:
    assert upload.upload_id is not None  # noqa: S101 - `verify_parts` has listed its parts
    try:
        multipart.complete(incoming_key(owner_id, upload.id), upload.upload_id, present)
    except (ObjectNotFoundError, PreconditionFailedError):
        return  # the same request came twice at once, and the other one did it
    except StorageRejectedError as refused:
        raise ConflictError(
            f"Storage does not put the parts together ({refused.code}): one was replaced meanwhile, or is smaller than 5 MiB. "
            "Look at the upload again.",
            code="parts_differ",
        ) from refused
