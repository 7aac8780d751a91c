"""Announce events: their messages are written in the transaction of the change, for webhooks that asked for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

from uuid6 import uuid7

from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.webhooks import delivery_store, dispatch, store
from chalicelib.webhooks.model import EventType


def announce(
    connection: Connection, owner_id: UUID, event: EventType, *, media_id: UUID | None = None, **data: UUID | str
) -> list[OutboxMessage]:
    """Write the messages of an event for the owner's webhooks; send what is returned after the commit.

    Call it before the audit trail is written: webhooks are locked first, everywhere. `data` are ids and states, never text.
    """
    receivers = store.lock_receivers(connection, owner_id, event)
    if not receivers:
        return []
    if media_id is not None:
        sequence = delivery_store.next_sequence(connection, owner_id, media_id)
        content = {"media_id": media_id, **data, "sequence": sequence}
    else:
        content = {**data}
    text = body(event, content)
    messages: list[OutboxMessage] = []
    for receiver in receivers:
        delivery_store.insert(connection, owner_id, receiver.id, uuid7(), event, text)
        messages += dispatch.dispatch_locked(connection, receiver)
    return messages


def body(event: EventType, data: dict[str, UUID | str | int]) -> str:
    """Return the body of a message: every attempt sends the same bytes."""
    timestamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": event, "timestamp": timestamp, "data": data}, default=str, separators=(",", ":"))
