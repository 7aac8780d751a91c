"""Finish stalled uploads: lost events, dead workers, and files that never arrived."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import examine
from chalicelib.inspection.model import Rejection
from chalicelib.library import quota
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws import multipart, queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, lease
from chalicelib.uploads import stalled_store, store
from chalicelib.uploads.messages import arrival
from chalicelib.uploads.reject import reject
from chalicelib.uploads.stalled_store import StalledUpload

STALLED_AFTER_S = 900  # events can be minutes late; signed URLs are valid this long
GRACE_S = 3_600  # a transfer that started in time can take this long on a slow line
REJECT_AFTER = timedelta(hours=24)  # a day of failing inspections is an outage, or a file that breaks the worker
MAX_PER_RUN = 200  # ~20 ms each; the next run continues
INSPECTION_FAILED = Rejection(
    "inspection_failed", "This file could not be checked within 24 hours. Please upload it again."
)

FETCH_WITHIN = timedelta(minutes=30)  # a page takes seconds; the queue tries again for minutes
NOT_FETCHED = Rejection(
    "import_failed:timeout",
    "This address could not be fetched within 30 minutes. Import it again, or upload it as a file.",
)

Resolution = Literal["requeued", "expired", "given_up"]


@dataclass(frozen=True, slots=True)
class UploadReconciliation:
    """Numbers of uploads by resolution. The names are dimensions of a metric."""

    requeued: int = 0
    expired: int = 0
    given_up: int = 0


def reconcile() -> UploadReconciliation:
    """Reconcile the stalled uploads of all owners, at most MAX_PER_RUN. Runs as the sweep's database role."""
    list_stalled = partial(stalled_store.list_stalled, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    resolutions = Counter(lease.for_each(list_stalled, _reconcile))
    return UploadReconciliation(resolutions["requeued"], resolutions["expired"], resolutions["given_up"])


def _reconcile(upload: StalledUpload) -> Resolution | None:
    key = incoming_key(upload.owner_id, upload.id)
    is_failing = upload.status == "inspecting" and not upload.is_waiting
    if is_failing and datetime.now(UTC) - upload.created_at > REJECT_AFTER:
        return _reject(upload, INSPECTION_FAILED)
    if _has_arrived(key):
        queues.send(Queue.INGEST, arrival(key).model_dump_json(), group=str(upload.owner_id))
        return "requeued"
    if upload.is_fetched and upload.status == "pending":
        is_late = datetime.now(UTC) - upload.created_at > FETCH_WITHIN
        return _reject(upload, NOT_FETCHED) if is_late else None
    rejection = _too_large(key, upload)
    return _expire(upload) if rejection is None else _reject(upload, rejection)


def _has_arrived(key: str) -> bool:
    try:
        storage.get_incoming_version(key)
    except ObjectNotFoundError:
        return False
    return True


def _too_large(key: str, upload: StalledUpload) -> Rejection | None:
    """Return a rejection if unfinished parts exceed the reservation.

    Only clients that choose their own part sizes can do that. Nothing else checks unfinished parts, which stay for a day.
    """
    if upload.status != "pending" or upload.upload_id is None:
        return None
    try:
        size_bytes = sum(part.size_bytes for part in multipart.list_parts(key, upload.upload_id))
    except ObjectNotFoundError:
        return None
    return examine.too_large_rejection(size_bytes) if size_bytes > upload.size_bytes else None


def _expire(upload: StalledUpload) -> Resolution | None:
    with database.transaction(upload.owner_id) as connection:
        stalled_store.release_expired_claim(connection, upload.id)
        size_bytes = stalled_store.mark_expired(connection, upload.id, grace_s=GRACE_S)
        if size_bytes is None:
            return None
        quota.release(connection, upload.owner_id, size_bytes)
        expired = store.get(connection, upload.id)
        audit.record(connection, upload.owner_id, Action.UPLOAD_EXPIRED, upload.id)
    if expired is not None and expired.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            multipart.abort(incoming_key(upload.owner_id, upload.id), expired.upload_id)
    return "expired"


def _reject(upload: StalledUpload, rejection: Rejection) -> Resolution | None:
    if not reject(upload.owner_id, upload.id, rejection):
        return None
    storage.delete_incoming(incoming_key(upload.owner_id, upload.id))
    return "given_up"
