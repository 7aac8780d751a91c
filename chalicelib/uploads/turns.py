"""Turns of inspections: files of one owner never occupy all workers, so that the next file of another owner finds one.

At most half of the workers inspect files of one owner. What arrives meanwhile waits in its row and not in the queue: its message
is done, and the worker that finishes an inspection calls the owner's next upload. So the queue has no backlog of one owner for
others to wait behind, and nothing is polled, delayed or counted as a failed delivery. A dead worker's turn ends with its lease.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from chalicelib.library.object_keys import incoming_key
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.uploads import turn_store
from chalicelib.uploads.messages import arrival


def max_per_owner() -> int:
    """Return how many files of one owner are inspected at once."""
    return max(1, settings().ingest_workers // 2)


def lock_free(connection: Connection, owner_id: UUID) -> int:
    """Return the number of free turns of an owner, which stays right until the end of the transaction."""
    turn_store.lock_turns(connection, owner_id)
    return max(0, max_per_owner() - turn_store.count_inspections(connection, owner_id))


def call_next(owner_id: UUID) -> None:
    """Send a message for each waiting upload that has its turn now, the oldest first."""
    with suppress(AccountBeingErasedError):  # it deletes them
        with database.transaction(owner_id) as connection:
            called = turn_store.call_waiting(connection, owner_id, limit=lock_free(connection, owner_id))
            messages = [
                outbox.enqueue(connection, owner_id, Queue.INGEST, arrival(incoming_key(owner_id, media_id)))
                for media_id in called
            ]
        outbox.send(messages)
