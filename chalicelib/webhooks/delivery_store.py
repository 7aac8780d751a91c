"""SQL of deliveries: messages to the receivers of webhooks, with their attempts, and the sequence numbers of events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection
from chalicelib.webhooks.model import DeliveryAttempt, DeliveryStatus, EventType, WebhookDelivery

DELIVERY_COLUMNS: LiteralString = """id, webhook_id, event, status, body::json AS payload, attempts,
    CASE WHEN status = 'pending' THEN next_attempt_at END AS next_attempt_at, created_at"""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery whose next attempt is made until `in_flight_until`."""

    id: UUID
    body: str
    attempt: int
    in_flight_until: datetime


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """A pending delivery, and the failures since it was asked for."""

    event: EventType
    failures: int


@dataclass(frozen=True, slots=True)
class StalledWebhook:
    """A webhook with a delivery that is due and not sent."""

    owner_id: UUID
    id: UUID


def next_sequence(connection: Connection, owner_id: UUID, media_id: UUID) -> int:
    """Return the next sequence number of a media, from 1."""
    row = connection.execute(
        """INSERT INTO webhook_sequences AS old (media_id, owner_id, last_number) VALUES (%s, %s, 1)
           ON CONFLICT (media_id) DO UPDATE SET last_number = old.last_number + 1 RETURNING last_number""",
        [media_id, owner_id],
    ).fetchone()
    assert row is not None  # noqa: S101 - inserted or updated
    return int(row[0])


def insert(
    connection: Connection, owner_id: UUID, webhook_id: UUID, delivery_id: UUID, event: EventType, body: str
) -> None:
    """Insert a delivery unless its id exists."""
    connection.execute(
        """INSERT INTO webhook_deliveries (id, owner_id, webhook_id, event, body)
           VALUES (%(id)s, %(owner)s, %(webhook)s, %(event)s, %(body)s) ON CONFLICT (id) DO NOTHING""",
        {"id": delivery_id, "owner": owner_id, "webhook": webhook_id, "event": event, "body": body},
    )


def get(connection: Connection, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery | None:
    return database.fetch_one(
        connection,
        WebhookDelivery,
        f"SELECT {DELIVERY_COLUMNS} FROM webhook_deliveries WHERE id = %(id)s AND webhook_id = %(webhook)s",
        {"id": delivery_id, "webhook": webhook_id},
    )


def list_newest(
    connection: Connection, webhook_id: UUID, *, after: TimeCursor | None, limit: int
) -> list[WebhookDelivery]:
    """List the deliveries of a webhook, newest first."""
    condition: LiteralString = "(created_at, id) < (%(at)s, %(id)s)" if after else "true"
    return database.fetch(
        connection,
        WebhookDelivery,
        f"""SELECT {DELIVERY_COLUMNS} FROM webhook_deliveries WHERE webhook_id = %(webhook)s AND {condition}
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {"webhook": webhook_id, "at": after and after.created_at, "id": after and after.id, "limit": limit},
    )


def is_any_in_flight(connection: Connection, webhook_id: UUID) -> bool:
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM webhook_deliveries
                          WHERE webhook_id = %s AND status = 'pending' AND in_flight_until > now())""",
        [webhook_id],
    ).fetchone()
    return bool(row and row[0])


def claim_due(connection: Connection, webhook_id: UUID, *, lease_s: int) -> ClaimedDelivery | None:
    """Claim the next attempt of the delivery that has been due for the longest time. The webhook is locked."""
    return database.fetch_one(
        connection,
        ClaimedDelivery,
        """UPDATE webhook_deliveries
           SET attempt = attempt + 1, in_flight_until = now() + make_interval(secs => %(lease)s)
           WHERE id = (SELECT id FROM webhook_deliveries
                       WHERE webhook_id = %(webhook)s AND status = 'pending' AND next_attempt_at <= now()
                             AND (in_flight_until IS NULL OR in_flight_until <= now())
                       ORDER BY next_attempt_at, id LIMIT 1)
           RETURNING id, body, attempt, in_flight_until""",
        {"webhook": webhook_id, "lease": lease_s},
    )


def get_next_attempt_at(connection: Connection, webhook_id: UUID) -> datetime | None:
    """Return when the webhook's next retry is due."""
    row = connection.execute(
        "SELECT min(next_attempt_at) FROM webhook_deliveries WHERE webhook_id = %s AND status = 'pending'", [webhook_id]
    ).fetchone()
    return row[0] if row else None


def lock_in_flight(connection: Connection, delivery_id: UUID, *, attempt: int) -> DeliveryProgress | None:
    """Lock a delivery whose attempt has no answer yet; None for answers that come again, or too late."""
    return database.fetch_one(
        connection,
        DeliveryProgress,
        """SELECT event, failures FROM webhook_deliveries
           WHERE id = %(id)s AND attempt = %(attempt)s AND status = 'pending' AND in_flight_until IS NOT NULL FOR UPDATE""",
        {"id": delivery_id, "attempt": attempt},
    )


def record_attempt(
    connection: Connection,
    delivery_id: UUID,
    attempt: DeliveryAttempt,
    *,
    status: DeliveryStatus,
    failures: int,
    retry_in_s: float | None,
    max_attempts: int,
) -> None:
    """Record an attempt, its newest `max_attempts` are kept, and when the next one is due."""
    connection.execute(
        """UPDATE webhook_deliveries
           SET attempts = (SELECT jsonb_agg(item ORDER BY number) FROM (
                   SELECT item, number
                   FROM jsonb_array_elements(attempts || %(attempt)s::jsonb) WITH ORDINALITY AS a (item, number)
                   ORDER BY number DESC LIMIT %(max)s) AS newest),
               status = %(status)s, failures = %(failures)s, in_flight_until = NULL,
               next_attempt_at = now() + make_interval(secs => %(retry_in)s)
           WHERE id = %(id)s""",
        {
            "id": delivery_id,
            "attempt": json.dumps([attempt.model_dump(mode="json")]),
            "status": status,
            "failures": failures,
            "retry_in": retry_in_s,
            "max": max_attempts,
        },
    )


def request_again(connection: Connection, delivery_id: UUID) -> None:
    """Have a delivery sent once more, with all of its retries, unless an attempt is under way."""
    connection.execute(
        """UPDATE webhook_deliveries SET status = 'pending', failures = 0, next_attempt_at = now(), in_flight_until = NULL
           WHERE id = %s AND NOT (status = 'pending' AND in_flight_until IS NOT NULL AND in_flight_until > now())""",
        [delivery_id],
    )


def cancel_pending(connection: Connection, webhook_id: UUID) -> None:
    """Cancel what has not been delivered."""
    connection.execute(
        """UPDATE webhook_deliveries SET status = 'cancelled', in_flight_until = NULL
           WHERE webhook_id = %s AND status = 'pending'""",
        [webhook_id],
    )


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[StalledWebhook]:
    """List webhooks of all owners with a delivery that has been due for `idle_s`, and is not in flight."""
    return database.fetch(
        connection,
        StalledWebhook,
        """SELECT DISTINCT webhook_deliveries.owner_id, webhook_id AS id
           FROM webhook_deliveries JOIN webhooks ON webhooks.id = webhook_id AND disabled_reason IS NULL
           WHERE status = 'pending' AND greatest(next_attempt_at, in_flight_until) < now() - make_interval(secs => %(idle)s)
           LIMIT %(limit)s""",
        {"idle": idle_s, "limit": limit},
    )


def delete_old(connection: Connection, *, days: int, limit: int) -> int:
    """Delete deliveries of all owners that are older than `days`; return their number."""
    return connection.execute(
        """DELETE FROM webhook_deliveries WHERE id IN (
               SELECT id FROM webhook_deliveries WHERE created_at < now() - make_interval(days => %s) LIMIT %s)""",
        [days, limit],
    ).rowcount
