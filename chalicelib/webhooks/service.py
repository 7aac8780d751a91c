"""Create, get, list, update and delete webhooks; rotate their secrets."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws import event_sources
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.webhooks import delivery_store, signature, store
from chalicelib.webhooks.model import (
    MAX_WEBHOOKS,
    SECRET_OVERLAP_H,
    CreatedWebhook,
    NewWebhook,
    NewWebhookSecret,
    Webhook,
    WebhookChanges,
)


def create(owner_id: UUID, request: NewWebhook, *, webhook_id: UUID) -> CreatedWebhook:
    """Raises ConflictError (`limit_reached`)."""
    with database.transaction(owner_id) as connection:
        store.lock_account(connection, owner_id)
        if store.get(connection, webhook_id) is None:  # otherwise an attempt that crashed later has created it
            if store.count(connection) >= MAX_WEBHOOKS:
                raise ConflictError(
                    f"You have {MAX_WEBHOOKS} webhooks, which is the limit. Delete one first.", code="limit_reached"
                )
            store.insert(connection, owner_id, webhook_id, request, secret=signature.generate_secret())
            audit.record(connection, owner_id, Action.WEBHOOK_CREATED, webhook_id, events=",".join(request.events))
        created = _with_secret(connection, webhook_id)
    event_sources.set_polled(Queue.WEBHOOKS, is_polled=True)
    return created


def get_created(owner_id: UUID, webhook_id: UUID) -> CreatedWebhook:
    """Return a webhook with its secret, for a repetition of the request that created it. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        return _with_secret(connection, webhook_id)


def get(owner_id: UUID, webhook_id: UUID) -> Webhook:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        return load(connection, webhook_id)


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Webhook]:
    """List a page of webhooks, newest first."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest(connection, after=position, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def update(
    owner_id: UUID, webhook_id: UUID, changes: WebhookChanges, precondition: Callable[[Webhook], None]
) -> Webhook:
    """Change a webhook. Pausing it cancels what has not been delivered.

    `precondition` gets the webhook as it is before the change, locked, and raises to prevent it. Raises NotFoundError.
    """
    values = changes.model_dump(exclude_unset=True)
    with database.transaction(owner_id) as connection:
        store.lock_any(connection, webhook_id)
        before = load(connection, webhook_id)
        precondition(before)
        after = {"url": before.url, "events": before.events, "enabled": before.enabled, **values}
        store.update(connection, webhook_id, **after)
        if not after["enabled"]:
            delivery_store.cancel_pending(connection, webhook_id)
        audit.record(connection, owner_id, Action.WEBHOOK_CHANGED, webhook_id, fields=",".join(sorted(values)))
        webhook = load(connection, webhook_id)
    if webhook.enabled:
        event_sources.set_polled(Queue.WEBHOOKS, is_polled=True)
    return webhook


def rotate_secret(owner_id: UUID, webhook_id: UUID) -> NewWebhookSecret:
    """Raises NotFoundError."""
    secret = signature.generate_secret()
    with database.transaction(owner_id) as connection:
        until = store.rotate_secret(connection, webhook_id, secret=secret, overlap_h=SECRET_OVERLAP_H)
        if until is None:
            raise _not_found_error(webhook_id)
        audit.record(connection, owner_id, Action.WEBHOOK_SECRET_ROTATED, webhook_id)
    return NewWebhookSecret(secret=secret, previous_secret_until=until)


def delete(owner_id: UUID, webhook_id: UUID) -> None:
    """Delete a webhook with its log. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        if not store.delete(connection, webhook_id):
            raise _not_found_error(webhook_id)
        audit.record(connection, owner_id, Action.WEBHOOK_DELETED, webhook_id)


def load(connection: Connection, webhook_id: UUID) -> Webhook:
    """Raises NotFoundError."""
    webhook = store.get(connection, webhook_id)
    if webhook is None:
        raise _not_found_error(webhook_id)
    return webhook


def _with_secret(connection: Connection, webhook_id: UUID) -> CreatedWebhook:
    webhook = load(connection, webhook_id)
    return CreatedWebhook(**webhook.model_dump(), secret=store.get_secret(connection, webhook_id))


def _not_found_error(webhook_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no webhook with the id {webhook_id}.")
