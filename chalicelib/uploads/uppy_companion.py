"""Uploads by clients that speak the contract of Uppy's Companion (Uppy 4, 5 and 6), or ask for single signatures (Uppy 6).

Such a client does not say how large its file is, cuts it into parts by itself, and proposes keys. What is signed is always
our own key of one row of the owner's; `upload_id` is the row's id, so that a client never holds more than that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from chalicelib.inspection import types
from chalicelib.library.model import Status, incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.uploads import abort as giving_up
from chalicelib.uploads import complete as completing
from chalicelib.uploads import instructions, parts, resume, store
from chalicelib.uploads import start as starting
from chalicelib.uploads.model import Declaration, FormInstructions, Method, NamedPart, UploadRow

UNKNOWN_TYPE = "application/octet-stream"  # what a browser says of a file whose ending it does not know
_PROPOSED_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-(?P<filename>.+)", re.DOTALL)
_OWN_KEY = re.compile(r"uploads/[0-9a-f-]{36}/(?P<media>[0-9a-f-]{36})")


def declaration_for(filename: str, media_type: str, size_bytes: int | None, method: Method) -> Declaration:
    """What such a client says about a file; a type it does not know is the one that belongs to the file's name."""
    if media_type in {"", UNKNOWN_TYPE}:
        kind = types.get_by_filename(filename)
        media_type = kind.media_type if kind else UNKNOWN_TYPE
    return Declaration(filename, media_type, size_bytes, None, method)


def start_form(owner_id: UUID, declared: Declaration, *, media_id: UUID) -> FormInstructions:
    """Begin an upload of one form. Raises like `start.start`."""
    given = instructions.presign(owner_id, starting.register(owner_id, declared, media_id=media_id))
    assert isinstance(given, FormInstructions)  # noqa: S101 - the row was written for a form
    return given


def start_multipart(owner_id: UUID, declared: Declaration, *, media_id: UUID) -> str:
    """Begin a multipart upload whose parts the client cuts; answers its key. Raises like `start.start`."""
    upload = starting.register(owner_id, declared, media_id=media_id)
    if upload.upload_id is None:
        starting.create_multipart(owner_id, upload, part_bytes=None)
    return incoming_key(owner_id, media_id)


def list_parts(owner_id: UUID, media_id: UUID, key: str) -> list[UploadPart]:
    """What storage has of an upload. Raises NotFoundError when that is gone: the client must begin anew."""
    rate_limit.consume(resume.SIGNATURES_PER_MINUTE, str(owner_id))
    upload = _pending(owner_id, media_id, key)
    if upload.upload_id is None:
        return []
    try:
        return multipart.list_parts(key, upload.upload_id)
    except ObjectNotFoundError:
        raise NotFoundError(
            f"The parts of {upload.filename!r} are not in storage any more; add the file again."
        ) from None


def sign_parts(owner_id: UUID, media_id: UUID, key: str, numbers: Sequence[int]) -> dict[int, str]:
    """A URL for each of these parts. Raises NotFoundError, ConflictError, InvalidError and TooOftenError."""
    rate_limit.consume(resume.SIGNATURES_PER_MINUTE, str(owner_id))
    upload = _pending(owner_id, media_id, key)
    if upload.upload_id is None:
        raise completing.expired_error(upload)
    return {number: _sign_part(key, upload, upload.upload_id, number) for number in numbers}


def complete(owner_id: UUID, media_id: UUID, key: str, named: Sequence[NamedPart]) -> None:
    """Raises like `complete.complete`."""
    _check_key(owner_id, media_id, key)
    completing.complete(owner_id, media_id, named)


def abort(owner_id: UUID, media_id: UUID, key: str) -> None:
    """Raises like `give_up.give_up`."""
    _check_key(owner_id, media_id, key)
    giving_up.abort_upload(owner_id, media_id)


# ---- single signatures: the browser itself asks S3 to create, list, complete and abort ------------------------------


def filename_from_key(key: str) -> str:
    """The name in a key as Uppy proposes it: `<uuid>-<filename>`. The rest of the key is not used."""
    match = _PROPOSED_KEY.fullmatch(key)
    return match["filename"] if match else key


def sign_create(owner_id: UUID, declared: Declaration, *, media_id: UUID) -> tuple[str, str, dict[str, str]]:
    """The key, and the URL and headers with which a browser creates the multipart upload. Raises like `start.start`."""
    upload = starting.register(owner_id, declared, media_id=media_id)
    key = incoming_key(owner_id, media_id)
    url = multipart.presign_create(key, media_type=upload.media_type, valid_s=instructions.url_valid_s())
    return key, url, {"Content-Type": upload.media_type}


def sign_part(owner_id: UUID, key: str, upload_id: str, number: int) -> str:
    return _sign_part(key, _tied(owner_id, key, upload_id), upload_id, number)


def sign_list(owner_id: UUID, key: str, upload_id: str) -> str:
    _tied(owner_id, key, upload_id)
    return multipart.presign_list(key, upload_id, valid_s=instructions.url_valid_s())


def sign_complete(owner_id: UUID, key: str, upload_id: str) -> tuple[str, dict[str, str]]:
    """The URL and headers with which exactly as many bytes as are there now can be completed, once."""
    upload = _tied(owner_id, key, upload_id)
    present = completing.verify_parts(owner_id, upload, None)
    if present is None:
        raise ConflictError(f"{upload.filename!r} is complete already.", code="not_pending")
    size_bytes = sum(part.size_bytes for part in present)
    return multipart.presign_complete(key, upload_id, size_bytes=size_bytes, valid_s=instructions.url_valid_s())


def sign_abort(owner_id: UUID, key: str, upload_id: str) -> str:
    """Gives the upload up; the URL it answers finds nothing to abort any more."""
    upload = _tied(owner_id, key, upload_id)
    giving_up.abort_upload(owner_id, upload.id)
    return multipart.presign_abort(key, upload_id, valid_s=instructions.url_valid_s())


def _tied(owner_id: UUID, key: str, upload_id: str) -> UploadRow:
    """The row behind a key of ours. The first S3 upload that is named for it is the only one that is ever signed for."""
    rate_limit.consume(resume.SIGNATURES_PER_MINUTE, str(owner_id))
    match = _OWN_KEY.fullmatch(key)
    if match is None:
        raise _no_such_key(key)
    upload = _pending(owner_id, UUID(match["media"]), key)
    if upload.upload_id is None:
        upload = starting.record_multipart(owner_id, upload, upload_id=upload_id, part_bytes=None)
    if upload.upload_id != upload_id:
        raise NotFoundError(f"The upload {upload_id[:80]!r} does not belong to this key.")
    return upload


def _sign_part(key: str, upload: UploadRow, upload_id: str, number: int) -> str:
    most = -(-upload.size_bytes // parts.PART_BYTES)
    if not 1 <= number <= most:
        raise UnprocessableContentError(
            f"Part {number} is none of this upload's: its {upload.size_bytes:,} bytes make at most {most} parts, as every part "
            f"but the last has {parts.PART_BYTES:,} or more."
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
        raise _no_such_key(key)
    if upload.status is not Status.PENDING:
        raise ConflictError(f"{upload.filename!r} is {upload.status}; nothing more is to be sent.", code="not_pending")
    return upload


def _check_key(owner_id: UUID, media_id: UUID, key: str) -> None:
    if key != incoming_key(owner_id, media_id):
        raise _no_such_key(key)


def _no_such_key(key: str) -> NotFoundError:
    return NotFoundError(f"There is no upload with the key {key[:200]!r}.")
