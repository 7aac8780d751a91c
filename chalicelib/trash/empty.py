"""Emptying the trash: a request, and a job that deletes in steps."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library.model import Status
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.trash import store, trash
from chalicelib.trash.messages import EmptyTrashMessage

WORK_S = 120.0  # of the function's 300; the next message continues
BATCH = 100


class EmptiedTrash(LazyModel):
    """`items` are being deleted. Files that are moved to the trash from now on stay there."""

    items: int


def request(owner_id: UUID) -> EmptiedTrash:
    """Have everything deleted that is in the trash now. Raises UnavailableError."""
    requested_at = datetime.now(UTC)
    with database.transaction(owner_id) as connection:
        items = store.count_trashed(connection, before=requested_at)
        queued = []
        if items:
            audit.record(connection, owner_id, Action.TRASH_EMPTIED, items=items)
            message = EmptyTrashMessage(owner_id=owner_id, requested_at=requested_at)
            queued = [outbox.enqueue(connection, owner_id, Queue.ACCOUNT, message)]
    outbox.send(queued)
    return EmptiedTrash(items=items)


def work(message: EmptyTrashMessage) -> None:
    """Delete what the message is about, as far as the time allows; a message of its own continues. Safe to repeat."""
    owner_id, deadline = message.owner_id, Deadline(WORK_S)
    while deadline.remaining_s():
        with database.transaction(owner_id) as connection:
            media_ids = store.list_trashed(connection, before=message.requested_at, limit=BATCH)
        for media_id in media_ids:
            with database.transaction(owner_id) as connection:
                if store.lock_status(connection, media_id) is Status.TRASHED:
                    trash.purge_locked(connection, owner_id, media_id, Status.TRASHED)
            if not deadline.remaining_s():
                break
        if len(media_ids) < BATCH:
            return
    with database.transaction(owner_id) as connection:
        queued = [outbox.enqueue(connection, owner_id, Queue.ACCOUNT, message)]
    outbox.send(queued)
