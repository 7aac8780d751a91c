"""Uploads by Uppy, in the protocol of its Companion server or with single signatures (Uppy 6).

Uppy does not declare a file's size, chooses part sizes itself and proposes keys. Only the server's own key for one row of the
owner is ever signed. In Companion's protocol `upload_id` is the id of that row, never S3's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from chalicelib.library.model import Status
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, rate_limit, sweep_schedule
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.uploads import abort, complete, instructions, parts, resume, start, store
from chalicelib.uploads.model import CompletedPart, Declaration, FormInstructions, Method, UploadRow
from chalicelib.uploads.reject import reject_outgrown

_PROPOSED_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-(?P<filename>.+)", re.DOTALL)
_INCOMING_KEY = re.compile(r"uploads/[0-9a-f-]{36}/(?P<media>[0-9a-f-]{36})")


def start_form(owner_id: UUID, declaration: Declaration, *, media_id: UUID) -> FormInstructions:
    """Start an upload with an HTML form. Raises like `start.start`."""
    form = instructions.presign(owner_id, start.register(owner_id, declaration, media_id=media_id))
    assert isinstance(form, FormInstructions)  # noqa: S101 - the row was inserted for a form
    return form


def renew_form(owner_id: UUID, media_id: UUID) -> FormInstructions | None:
    """Return the form of an upload signed anew, or None if it is not sent with one. Raises TooManyRequestsError."""
    started = resume.renew(owner_id, media_id)
    return started.upload if started is not None and isinstance(started.upload, FormInstructions) else None


def start_multipart(owner_id: UUID, declaration: Declaration, *, media_id: UUID) -> str:
    """Start a multipart upload; return its key. Raises like `start.start`.

    Uppy's parts of a file within the limit have 5 MiB, unless a page changes that. So the parts of a declared size can be signed
    with their exact sizes; those of an unknown size cannot.
    """
    upload = start.register(owner_id, declaration, media_id=media_id)
    if upload.upload_id is None:
        start.create_multipart(owner_id, upload, part_bytes=parts.PART_BYTES if upload.size_declared else None)
    return incoming_key(owner_id, media_id)


def list_parts(owner_id: UUID, media_id: UUID, key: str) -> list[UploadPart]:
    """List the parts of an upload in storage. Raises NotFoundError if they have expired: the client must start anew."""
    rate_limit.consume(resume.SIGNATURES_PER_MINUTE, str(owner_id))
    upload = _pending(owner_id, media_id, key)
    if upload.upload_id is None:
        return []
    try:
        stored = multipart.list_parts(key, upload.upload_id)
    except ObjectNotFoundError:
        raise NotFoundError(
            f"The parts of {upload.filename!r} have expired and were deleted. Add the file again."
        ) from None
    reject_outgrown(owner_id, upload, stored)
    return stored


def sign_parts(owner_id: UUID, media_id: UUID, key: str, numbers: Sequence[int]) -> dict[int, str]:
    """Return a URL for each part.

    Raises NotFoundError, ConflictError, ContentTooLargeError, UnprocessableContentError and TooManyRequestsError.
    """
    rate_limit.consume(resume.SIGNATURES_PER_MINUTE, str(owner_id))
    upload = _pending(owner_id, media_id, key)
    if upload.upload_id is None:
        raise complete.expired_error(upload)
    _check_stored_parts(owner_id, key, upload)
    return {number: _sign_part(key, upload, upload.upload_id, number) for number in numbers}


def complete_multipart(owner_id: UUID, media_id: UUID, key: str, client_parts: Sequence[CompletedPart]) -> None:
    """Complete an upload. Raises like `complete.complete`."""
    _check_key(owner_id, media_id, key)
    complete.complete(owner_id, media_id, client_parts)


def abort_multipart(owner_id: UUID, media_id: UUID, key: str) -> None:
    """Abort an upload. Raises like `abort.abort_upload`."""
    _check_key(owner_id, media_id, key)
    abort.abort_upload(owner_id, media_id)


# ---- single signatures: the browser itself sends the requests to create, list, complete and abort to S3 ------------


def filename_from_key(key: str) -> str:
    """Return the filename in a key that Uppy proposes (`<uuid>-<filename>`). The rest of the key is ignored."""
    match = _PROPOSED_KEY.fullmatch(key)
    return match["filename"] if match else key


def sign_create(owner_id: UUID, declaration: Declaration, *, media_id: UUID) -> tuple[str, str, dict[str, str]]:
    """Return the key, and the URL and headers to create the multipart upload with. Raises like `start.start`."""
    upload = start.register(owner_id, declaration, media_id=media_id)
    key = incoming_key(owner_id, media_id)
    url = multipart.presign_create(key, media_type=upload.media_type, valid_s=instructions.url_valid_s())
    return key, url, {"Content-Type": upload.media_type}


def sign_part(owner_id: UUID, key: str, upload_id: str, number: int) -> str:
    upload = _linked_upload(owner_id, key, upload_id)
    _check_stored_parts(owner_id, key, upload)
    return _sign_part(key, upload, upload_id, number)


def sign_list(owner_id: UUID, key: str, upload_id: str) -> str:
    _linked_upload(owner_id, key, upload_id)
    return multipart.presign_list(key, upload_id, valid_s=instructions.url_valid_s())


def sign_complete(owner_id: UUID, key: str, upload_id: str) -> tuple[str, dict[str, str]]:
    """Return the URL and headers that complete the upload once, at exactly its present size."""
    upload = _linked_upload(owner_id, key, upload_id)
    stored = complete.verify_parts(owner_id, upload, None)
    if stored is None:
        raise ConflictError(f"The upload of {upload.filename!r} is already complete.", code="not_pending")
    size_bytes = sum(part.size_bytes for part in stored)
    return multipart.presign_complete(key, upload_id, size_bytes=size_bytes, valid_s=instructions.url_valid_s())


def sign_abort(owner_id: UUID, key: str, upload_id: str) -> str:
    """Abort the upload; the returned URL finds nothing left to abort."""
    upload = _linked_upload(owner_id, key, upload_id)
    abort.abort_upload(owner_id, upload.id)
    return multipart.presign_abort(key, upload_id, valid_s=instructions.url_valid_s())


def _linked_upload(owner_id: UUID, key: str, upload_id: str) -> UploadRow:
    """Return the row of a key. The first S3 upload id that a client sends for it is the only one that is ever signed."""
    rate_limit.consume(resume.SIGNATURES_PER_MINUTE, str(owner_id))
    match = _INCOMING_KEY.fullmatch(key)
    if match is None:
        raise _unknown_key_error(key)
    upload = _pending(owner_id, UUID(match["media"]), key)
    if upload.upload_id is None:
        upload = start.record_multipart(owner_id, upload, upload_id=upload_id, part_bytes=None)
    if upload.upload_id != upload_id:
        raise NotFoundError(
            f"The upload {upload_id[:80]!r} does not belong to the key {key[:200]!r}. Start a new upload."
        )
    return upload


def _check_stored_parts(owner_id: UUID, key: str, upload: UploadRow) -> None:
    """Reject an upload that has outgrown its reservation, before more of it is signed. Parts of signed sizes cannot.

    The sweep looks at what is sent next: it is armed by requests that change something, and those of Uppy's parts are GETs.
    Raises ContentTooLargeError.
    """
    if upload.part_bytes is None and upload.upload_id is not None:
        sweep_schedule.arm()
        with suppress(ObjectNotFoundError):  # storage says so to the client
            reject_outgrown(owner_id, upload, multipart.list_parts(key, upload.upload_id))


def _sign_part(key: str, upload: UploadRow, upload_id: str, number: int) -> str:
    max_parts = -(-upload.size_bytes // parts.PART_BYTES)
    if not 1 <= number <= max_parts:
        raise UnprocessableContentError(
            f"This upload has no part {number}: its {upload.size_bytes:,} bytes make at most {max_parts} parts, because every "
            f"part but the last must have at least {parts.PART_BYTES:,} bytes."
        )
    sizes = {} if upload.part_bytes is None else parts.part_sizes(upload.size_bytes, upload.part_bytes)
    return multipart.presign_part(
        key, upload_id, number, size_bytes=sizes.get(number), valid_s=instructions.url_valid_s()
    )


def _pending(owner_id: UUID, media_id: UUID, key: str) -> UploadRow:
    _check_key(owner_id, media_id, key)
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
    if upload is None or upload.upload_method is not Method.MULTIPART:
        raise _unknown_key_error(key)
    if upload.status is not Status.PENDING:
        raise ConflictError(
            f"The upload of {upload.filename!r} is {upload.status}, so nothing more can be sent.", code="not_pending"
        )
    return upload


def _check_key(owner_id: UUID, media_id: UUID, key: str) -> None:
    if key != incoming_key(owner_id, media_id):
        raise _unknown_key_error(key)


def _unknown_key_error(key: str) -> NotFoundError:
    return NotFoundError(f"There is no upload with the key {key[:200]!r}.")
