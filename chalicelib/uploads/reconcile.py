"""Finishing what events forgot: bytes whose event was lost, workers that died, uploads that never came."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import examine
from chalicelib.inspection.model import Rejection
from chalicelib.library import quota
from chalicelib.library.model import incoming_key
from chalicelib.platform.aws import multipart, queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.uploads import store
from chalicelib.uploads.model import UploadRow

STALLED_AFTER_S = 900  # an event may be late by a minute or more; a signed URL lives this long
GRACE_S = 3_600  # a transfer that began in time may take this long on a slow line
REJECT_AFTER = timedelta(hours=24)  # a day of failing inspections is an outage or a file that breaks us
MAX_PER_RUN = 200  # ~20 ms each; the rest waits for the next run
INSPECTION_FAILED = Rejection(
    "inspection_failed", "This file could not be checked in 24 hours; please upload it again."
)


@dataclass(frozen=True, slots=True)
class UploadReconciliation:
    requeued: int = 0
    expired: int = 0
    given_up: int = 0


def reconcile() -> UploadReconciliation:
    """One bounded pass over the uploads of all owners. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        found = store.list_stalled(connection, pending_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    requeued = expired = given_up = 0
    for upload in found:
        key = incoming_key(upload.owner_id, upload.id)
        with contextlib.suppress(AccountBeingErasedError):
            if upload.status == "inspecting" and datetime.now(UTC) - upload.created_at > REJECT_AFTER:
                given_up += _reject(upload, INSPECTION_FAILED)
            elif _arrived(key):
                body = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
                queues.send(Queue.INGEST, body, group=str(upload.owner_id))
                requeued += 1
            elif (refusal := _outgrown(key, upload)) is not None:
                given_up += _reject(upload, refusal)
            else:
                expired += _expire(upload)
    return UploadReconciliation(requeued, expired, given_up)


def _arrived(key: str) -> bool:
    try:
        storage.get_incoming_version(key)
    except storage.ObjectNotFoundError:
        return False
    return True


def _outgrown(key: str, upload: store.StalledUpload) -> Rejection | None:
    """Whether a client that cuts its parts as it likes stores more than was reserved: nothing but this look would end that."""
    if upload.status != "pending" or upload.upload_id is None:
        return None
    try:
        arrived = sum(part.size_bytes for part in multipart.list_parts(key, upload.upload_id))
    except ObjectNotFoundError:
        return None
    return examine.too_large_rejection(arrived) if arrived > upload.size_bytes else None


def _expire(upload: store.StalledUpload) -> int:
    with database.transaction(upload.owner_id) as connection:
        store.release_expired_claim(connection, upload.id)
        size_bytes = store.mark_expired(connection, upload.id, grace_s=GRACE_S)
        if size_bytes is None:
            return 0
        quota.release(connection, upload.owner_id, size_bytes)
        expired = store.get(connection, upload.id)
        audit.record(connection, upload.owner_id, Action.UPLOAD_EXPIRED, upload.id)
    _abort(upload, expired)
    return 1


def _reject(upload: store.StalledUpload, refusal: Rejection) -> int:
    with database.transaction(upload.owner_id) as connection:
        held = store.claim(connection, upload.id, lease_s=60)
        if held is None or not store.complete_rejected(connection, held, refusal):
            return 0
        quota.release(connection, upload.owner_id, held.size_bytes)
        rejected = store.get(connection, upload.id)
        audit.record(connection, upload.owner_id, Action.UPLOAD_REJECTED, upload.id, code=refusal.code)
    _abort(upload, rejected)
    storage.delete_incoming(incoming_key(upload.owner_id, upload.id))
    return 1


def _abort(upload: store.StalledUpload, settled: UploadRow | None) -> None:
    if settled is not None and settled.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            multipart.abort(incoming_key(upload.owner_id, upload.id), settled.upload_id)
