"""Abort an upload before it is inspected."""

from __future__ import annotations

import contextlib
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import quota
from chalicelib.library.model import Status
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError
from chalicelib.uploads import resume, store


def abort_upload(owner_id: UUID, media_id: UUID) -> None:
    """Delete the parts and the row of a pending upload and release its quota. Bytes that arrive later are deleted unread.

    Raises NotFoundError, and ConflictError (`not_pending`) once an inspection has started.
    """
    with database.transaction(owner_id) as connection:
        upload = store.get(connection, media_id)
    if upload is None:
        raise resume.not_found_error(media_id)
    if upload.status is Status.PENDING:
        if upload.upload_id is not None:
            with contextlib.suppress(ObjectNotFoundError):
                multipart.abort(incoming_key(owner_id, media_id), upload.upload_id)
        with database.transaction(owner_id) as connection:
            reserved_bytes = store.delete_pending(connection, media_id)
            if reserved_bytes is not None:
                quota.release(connection, owner_id, reserved_bytes)
                audit.record(connection, owner_id, Action.UPLOAD_ABORTED, media_id)
                return
            upload = store.get(connection, media_id)
    if upload is None:
        raise resume.not_found_error(media_id)
    raise ConflictError(
        f"The upload of {upload.filename!r} is {upload.status}; only pending uploads can be cancelled. "
        f"To delete the file, send DELETE /v1/media/{media_id}.",
        code="not_pending",
    )
