"""Reject uploads without an inspection: their parts are too large, or no inspection succeeds."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import examine
from chalicelib.inspection.model import Rejection
from chalicelib.library import quota
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart
from chalicelib.platform.aws.multipart import UploadPart
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, outbox
from chalicelib.platform.errors import ContentTooLargeError
from chalicelib.uploads import store
from chalicelib.uploads.model import UploadRow
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType

LEASE_S = 60  # never needed: the claim is committed together with its result


def reject(owner_id: UUID, media_id: UUID, rejection: Rejection) -> bool:
    """Reject an upload that no worker inspects, release its quota and delete its parts; return whether it was rejected."""
    with database.transaction(owner_id) as connection:
        claim = store.claim(connection, media_id, lease_s=LEASE_S)
        if claim is None:
            return False
        store.complete_rejected(connection, claim, rejection)
        quota.release(connection, owner_id, claim.size_bytes)
        rejected = store.get(connection, media_id)
        announced = announce(connection, owner_id, EventType.MEDIA_REJECTED, media_id=media_id)
        audit.record(connection, owner_id, Action.UPLOAD_REJECTED, media_id, code=rejection.code)
    outbox.send(announced)
    if rejected is not None and rejected.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            multipart.abort(incoming_key(owner_id, media_id), rejected.upload_id)
    return True


def reject_outgrown(owner_id: UUID, upload: UploadRow, stored: Sequence[UploadPart]) -> None:
    """Reject an upload whose parts exceed its reservation, which storage cannot refuse for parts of unknown size.

    Raises ContentTooLargeError if they do.
    """
    stored_bytes = sum(part.size_bytes for part in stored)
    if stored_bytes > upload.size_bytes:
        reject(owner_id, upload.id, examine.too_large_rejection(stored_bytes))
        raise ContentTooLargeError(
            f"The parts have {stored_bytes:,} bytes, and this upload can have at most {upload.size_bytes:,}. They were deleted."
        )
