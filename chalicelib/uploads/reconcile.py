"""Finishing what events forgot: bytes whose event was lost, workers that died, uploads that never came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.inspection.model import Rejection
from chalicelib.library import quota
from chalicelib.library.model import incoming_key
from chalicelib.platform import database, queues, storage
from chalicelib.platform.queues import Queue
from chalicelib.uploads import store

STUCK_AFTER_S = 900  # an event may be late by a minute or more; a signed URL lives this long
GRACE_S = 3_600  # a transfer that began in time may take this long on a slow line
GIVE_UP_AFTER = timedelta(hours=24)  # a day of failing inspections is an outage or a file that breaks us
MOST_PER_RUN = 200  # ~20 ms each; the rest waits for the next run


@dataclass(frozen=True, slots=True)
class Reconciled:
    requeued: int = 0
    expired: int = 0
    given_up: int = 0


def reconcile() -> Reconciled:
    """One bounded pass over the uploads of all owners. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        found = store.stuck(connection, pending_s=STUCK_AFTER_S, limit=MOST_PER_RUN)
    requeued = expired = given_up = 0
    for upload in found:
        key = incoming_key(upload.owner_id, upload.id)
        if upload.status == "inspecting" and datetime.now(UTC) - upload.created_at > GIVE_UP_AFTER:
            given_up += _give_up(upload)
        elif _arrived(key):
            body = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
            queues.send(Queue.INGEST, body, group=str(upload.owner_id))
            requeued += 1
        else:
            expired += _expire(upload)
    return Reconciled(requeued, expired, given_up)


def _arrived(key: str) -> bool:
    try:
        storage.find_incoming(key)
    except storage.ObjectGoneError:
        return False
    return True


def _expire(upload: store.Stuck) -> int:
    with database.transaction(upload.owner_id) as connection:
        store.free_dead_claim(connection, upload.id)
        size_bytes = store.expire(connection, upload.id, grace_s=GRACE_S)
        if size_bytes is None:
            return 0
        quota.release(connection, upload.owner_id, size_bytes)
    return 1


def _give_up(upload: store.Stuck) -> int:
    refusal = Rejection("inspection_failed", "This file could not be checked in 24 hours; please upload it again.")
    with database.transaction(upload.owner_id) as connection:
        held = store.claim(connection, upload.id, lease_s=60)
        if held is None or not store.settle_rejected(connection, held, refusal):
            return 0
        quota.release(connection, upload.owner_id, held.size_bytes)
    storage.delete_incoming(incoming_key(upload.owner_id, upload.id))
    return 1
