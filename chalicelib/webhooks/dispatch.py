"""Dispatch of deliveries: which message is sent next. One message of a webhook is under way at a time.

So a receiver that is slow or down occupies one copy of the sending function at most, whatever waits for it, and a healthy one
gets its messages in order.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.webhooks import delivery_store, store
from chalicelib.webhooks.messages import AwaitRetryMessage, DeliverWebhookMessage
from chalicelib.webhooks.store import Receiver

LEASE_S = 300  # of an attempt; Lambda takes up to a minute to start polling, and others may be ahead in the queue
WAKE_SLACK = timedelta(seconds=1)  # a retry that is due so shortly before another wake-up needs none of its own


def dispatch(owner_id: UUID, webhook_id: UUID) -> bool:
    """Send what is due, or see to it that a message comes when something is; return whether the webhook is enabled."""
    with database.transaction(owner_id) as connection:
        receiver = store.lock(connection, webhook_id)
        messages = dispatch_locked(connection, receiver) if receiver else []
    outbox.send(messages)
    return receiver is not None


def dispatch_locked(connection: Connection, receiver: Receiver) -> list[OutboxMessage]:
    """Do the same for a webhook that is locked. Send the messages after the commit."""
    if delivery_store.is_any_in_flight(connection, receiver.id):
        return []  # its answer dispatches the next one
    claimed = delivery_store.claim_due(connection, receiver.id, lease_s=LEASE_S)
    if claimed is None:
        return _await_retry(connection, receiver)
    message = DeliverWebhookMessage(
        owner_id=receiver.owner_id,
        webhook_id=receiver.id,
        delivery_id=claimed.id,
        attempt=claimed.attempt,
        url=receiver.url,
        secrets=receiver.secrets,
        body=claimed.body,
        ends_by=claimed.in_flight_until,
    )
    return [outbox.enqueue(connection, receiver.owner_id, Queue.WEBHOOKS, message)]


def _await_retry(connection: Connection, receiver: Receiver) -> list[OutboxMessage]:
    due_at = delivery_store.get_next_attempt_at(connection, receiver.id)
    is_awaited = receiver.wake_at is not None and datetime.now(UTC) < receiver.wake_at
    if due_at is None or (is_awaited and receiver.wake_at is not None and receiver.wake_at <= due_at + WAKE_SLACK):
        return []
    store.set_wake_at(connection, receiver.id, due_at)
    message = AwaitRetryMessage(owner_id=receiver.owner_id, webhook_id=receiver.id, due_at=due_at)
    return [outbox.enqueue(connection, receiver.owner_id, Queue.WEBHOOKS, message)]
