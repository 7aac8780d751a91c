"""The log of deliveries, and messages that an owner asks for: pings, and messages that are sent again."""

from __future__ import annotations

from uuid import UUID

from chalicelib.platform.db import cursor, database, outbox, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.webhooks import announce, delivery_store, dispatch, service, store
from chalicelib.webhooks.model import EventType, WebhookDelivery
from chalicelib.webhooks.store import Receiver

REQUESTED = Limit("webhook request", requests=30, per_s=60)  # to servers of others: enough to try one


def list_page(owner_id: UUID, webhook_id: UUID, *, after: str | None, limit: int) -> cursor.Page[WebhookDelivery]:
    """List a page of a webhook's deliveries, newest first. Raises NotFoundError."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        service.load(connection, webhook_id)
        rows = delivery_store.list_newest(connection, webhook_id, after=position, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def ping(owner_id: UUID, webhook_id: UUID, *, delivery_id: UUID) -> WebhookDelivery:
    """Send a `ping`, whatever the webhook's events are; it is not retried.

    Raises NotFoundError, ConflictError (`webhook_disabled`) and TooManyRequestsError.
    """
    rate_limit.consume(REQUESTED, str(owner_id))
    with database.transaction(owner_id) as connection:
        receiver = _lock(connection, webhook_id)
        body = announce.body(EventType.PING, {"webhook_id": webhook_id})
        delivery_store.insert(connection, owner_id, webhook_id, delivery_id, EventType.PING, body)
        messages = dispatch.dispatch_locked(connection, receiver)
        delivery = _load(connection, webhook_id, delivery_id)
    outbox.send(messages)
    return delivery


def redeliver(owner_id: UUID, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send a message once more, now, with the same id and body, and with all its retries.

    Raises NotFoundError, ConflictError (`webhook_disabled`) and TooManyRequestsError.
    """
    rate_limit.consume(REQUESTED, str(owner_id))
    with database.transaction(owner_id) as connection:
        receiver = _lock(connection, webhook_id)
        _load(connection, webhook_id, delivery_id)
        delivery_store.request_again(connection, delivery_id)
        messages = dispatch.dispatch_locked(connection, receiver)
        delivery = _load(connection, webhook_id, delivery_id)
    outbox.send(messages)
    return delivery


def _lock(connection: Connection, webhook_id: UUID) -> Receiver:
    receiver = store.lock(connection, webhook_id)
    if receiver is None:
        service.load(connection, webhook_id)
        raise ConflictError("This webhook is disabled. Enable it first.", code="webhook_disabled")
    return receiver


def _load(connection: Connection, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    delivery = delivery_store.get(connection, webhook_id, delivery_id)
    if delivery is None:
        raise NotFoundError(f"There is no delivery with the id {delivery_id}.")
    return delivery
