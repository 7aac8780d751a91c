"""SQL of webhooks.

Row-level security limits the functions' role to the owner of the transaction. The sweep's role sees all rows, so that statements
which run as it name the owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection
from chalicelib.webhooks.model import DisabledReason, EventType, NewWebhook, Webhook

WEBHOOK_COLUMNS: LiteralString = """id, url, events, disabled_reason IS NULL AS enabled, disabled_reason, disabled_at,
    failing_since, created_at, updated_at"""
_RECEIVER: LiteralString = """id, owner_id, url, failing_since, wake_at,
    array_remove(ARRAY[secret, CASE WHEN previous_secret_until > now() THEN previous_secret END], NULL) AS secrets"""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A webhook that is enabled, with what its messages need."""

    id: UUID
    owner_id: UUID
    url: str
    secrets: list[str]
    failing_since: datetime | None
    wake_at: datetime | None


def insert(connection: Connection, owner_id: UUID, webhook_id: UUID, webhook: NewWebhook, *, secret: str) -> None:
    """Insert a webhook unless its id exists."""
    connection.execute(
        """INSERT INTO webhooks (id, owner_id, url, events, secret)
           VALUES (%(id)s, %(owner)s, %(url)s, %(events)s, %(secret)s) ON CONFLICT (id) DO NOTHING""",
        {"id": webhook_id, "owner": owner_id, "url": webhook.url, "events": webhook.events, "secret": secret},
    )


def lock_account(connection: Connection, owner_id: UUID) -> None:
    """Create the owner's account if there is none, and lock it: of requests at the same time, one counts after the other."""
    connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
    connection.execute("SELECT FROM accounts WHERE owner_id = %s FOR UPDATE", [owner_id])


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM webhooks").fetchone()
    return int(row[0]) if row else 0


def get(connection: Connection, webhook_id: UUID) -> Webhook | None:
    return database.fetch_one(
        connection, Webhook, f"SELECT {WEBHOOK_COLUMNS} FROM webhooks WHERE id = %(id)s", {"id": webhook_id}
    )


def get_secret(connection: Connection, webhook_id: UUID) -> str:
    row = connection.execute("SELECT secret FROM webhooks WHERE id = %s", [webhook_id]).fetchone()
    assert row is not None  # noqa: S101 - it was inserted or locked in this transaction
    return str(row[0])


def list_newest(connection: Connection, *, after: TimeCursor | None, limit: int) -> list[Webhook]:
    """List webhooks, newest first."""
    condition: LiteralString = "(created_at, id) < (%(at)s, %(id)s)" if after else "true"
    return database.fetch(
        connection,
        Webhook,
        f"SELECT {WEBHOOK_COLUMNS} FROM webhooks WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT %(limit)s",
        {"at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def lock_any(connection: Connection, webhook_id: UUID) -> None:
    """Lock a webhook, enabled or not, until the end of the transaction."""
    connection.execute("SELECT FROM webhooks WHERE id = %s FOR UPDATE", [webhook_id])


def lock(connection: Connection, webhook_id: UUID) -> Receiver | None:
    """Lock a webhook that is enabled until the end of the transaction."""
    return database.fetch_one(
        connection,
        Receiver,
        f"SELECT {_RECEIVER} FROM webhooks WHERE id = %(id)s AND disabled_reason IS NULL FOR UPDATE",
        {"id": webhook_id},
    )


def lock_receivers(connection: Connection, owner_id: UUID, event: EventType) -> list[Receiver]:
    """Lock the owner's webhooks for an event that are enabled, in one order, until the end of the transaction."""
    return database.fetch(
        connection,
        Receiver,
        f"""SELECT {_RECEIVER} FROM webhooks
            WHERE owner_id = %(owner)s AND disabled_reason IS NULL AND %(event)s = ANY (events) ORDER BY id FOR UPDATE""",
        {"owner": owner_id, "event": event},
    )


def update(connection: Connection, webhook_id: UUID, *, url: str, events: list[str], enabled: bool) -> None:
    """Change a webhook. Enabling one that was disabled forgets its failures; pausing keeps an earlier reason."""
    connection.execute(
        """UPDATE webhooks
           SET url = %(url)s, events = %(events)s, updated_at = now(),
               disabled_at = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_at, now()) END,
               disabled_reason = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_reason, 'paused') END,
               failing_since = CASE WHEN %(enabled)s AND disabled_reason IS NOT NULL THEN NULL ELSE failing_since END
           WHERE id = %(id)s""",
        {"id": webhook_id, "url": url, "events": events, "enabled": enabled},
    )


def rotate_secret(connection: Connection, webhook_id: UUID, *, secret: str, overlap_h: int) -> datetime | None:
    """Replace the secret; return until when the one before is valid. None if there is no such webhook."""
    row = connection.execute(
        """UPDATE webhooks
           SET previous_secret = secret, previous_secret_until = now() + make_interval(hours => %(overlap)s),
               secret = %(secret)s, updated_at = now()
           WHERE id = %(id)s RETURNING previous_secret_until""",
        {"id": webhook_id, "secret": secret, "overlap": overlap_h},
    ).fetchone()
    return row[0] if row else None


def disable(connection: Connection, webhook_id: UUID, reason: DisabledReason) -> None:
    connection.execute(
        "UPDATE webhooks SET disabled_reason = %s, disabled_at = now(), updated_at = now() WHERE id = %s",
        [reason, webhook_id],
    )


def set_failing_since(connection: Connection, webhook_id: UUID, since: datetime | None) -> None:
    connection.execute("UPDATE webhooks SET failing_since = %s WHERE id = %s", [since, webhook_id])


def set_wake_at(connection: Connection, webhook_id: UUID, wake_at: datetime) -> None:
    connection.execute("UPDATE webhooks SET wake_at = %s WHERE id = %s", [wake_at, webhook_id])


def delete(connection: Connection, webhook_id: UUID) -> bool:
    """Delete a webhook with its deliveries."""
    return connection.execute("DELETE FROM webhooks WHERE id = %s", [webhook_id]).rowcount == 1


def is_any_enabled(connection: Connection) -> bool:
    row = connection.execute("SELECT EXISTS (SELECT FROM webhooks WHERE disabled_reason IS NULL)").fetchone()
    return bool(row and row[0])
