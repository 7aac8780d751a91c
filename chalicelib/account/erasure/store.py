"""SQL for erasures. A row stays visible to its owner when it no longer contains the owner's id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.account.erasure.model import AuditTrailEnd, Erasure, ErasureReceipt, RemovedCounts
from chalicelib.platform.db import database, lease
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.lease import Lease

ERASURE_COLUMNS: LiteralString = "id, status, requested_at, finished_at, receipt"


@dataclass(frozen=True, slots=True)
class ErasureClaim(Lease):
    """The lease of an erasure, and what was removed so far."""

    pseudonym: str
    status: str
    removed: dict[str, dict[str, int]]
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class StalledErasure:
    id: UUID
    owner_id: UUID


def insert(connection: Connection, owner_id: UUID, erasure_id: UUID) -> None:
    """Insert the tombstone: after its commit the owner's new rows are rejected. An existing one stays."""
    connection.execute(
        """INSERT INTO erasures (id, owner_id, pseudonym) VALUES (%(id)s, %(owner)s, app.pseudonym(%(id)s, %(owner)s))
           ON CONFLICT (owner_id) DO NOTHING""",
        {"id": erasure_id, "owner": owner_id},
    )


def get_unfinished(connection: Connection) -> Erasure | None:
    return database.fetch_one(
        connection, Erasure, f"SELECT {ERASURE_COLUMNS} FROM erasures WHERE owner_id = app.current_owner_id()", {}
    )


def get(connection: Connection, erasure_id: UUID) -> Erasure | None:
    return database.fetch_one(
        connection, Erasure, f"SELECT {ERASURE_COLUMNS} FROM erasures WHERE id = %(id)s", {"id": erasure_id}
    )


def claim(connection: Connection, erasure_id: UUID, *, lease_s: int) -> ErasureClaim | None:
    """Claim an unfinished erasure that is due and held by no worker."""
    return database.fetch_one(
        connection,
        ErasureClaim,
        """
        UPDATE erasures SET fence = fence + 1, lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
                            status = CASE WHEN status = 'queued' THEN 'erasing' ELSE status END
        WHERE id = %(id)s AND status <> 'done' AND due_at <= clock_timestamp()
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING id, owner_id, pseudonym, status, removed, requested_at, fence AS fencing_token
        """,
        {"id": erasure_id, "lease": lease_s},
    )


def record_trail_end(connection: Connection, claim: ErasureClaim) -> None:
    """Record the end of the audit trail and the name of its anchor, once, before the trail is deleted."""
    connection.execute(
        """UPDATE erasures SET audit_number = coalesce(head.number, 0), audit_hash = coalesce(head.hash, ''),
                               anchor_id = verified.anchor_id
           FROM (SELECT app.current_owner_id() AS owner_id) AS me
           LEFT JOIN audit_heads AS head USING (owner_id) LEFT JOIN audit_checks AS verified USING (owner_id)
           WHERE erasures.id = %s AND audit_number IS NULL""",
        [claim.id],
    )


def get_trail_end(connection: Connection, claim: ErasureClaim) -> AuditTrailEnd:
    trail_end = database.fetch_one(
        connection,
        AuditTrailEnd,
        "SELECT audit_number AS number, encode(audit_hash, 'hex') AS hash FROM erasures WHERE id = %(id)s",
        {"id": claim.id},
    )
    assert trail_end is not None  # noqa: S101 - the row is claimed
    return trail_end


def delete_rows(connection: Connection, table: str, *, limit: int) -> int:
    """Delete up to `limit` of the owner's rows and return their number."""
    row = connection.execute("SELECT app.delete_owner_rows(%s::text, %s)", [table, limit]).fetchone()
    return int(row[0]) if row else 0


def count_rows(connection: Connection, table: str) -> int:
    from psycopg import sql

    statement = sql.SQL("SELECT count(*) FROM {} WHERE owner_id = app.current_owner_id()").format(sql.Identifier(table))
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def record_removed(connection: Connection, claim: ErasureClaim, removed: RemovedCounts) -> None:
    """Record what was removed so far. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        "UPDATE erasures SET removed = %(removed)s WHERE id = %(id)s AND fence = %(fence)s AND status <> 'done'",
        {"removed": removed.model_dump_json()},
    )


def schedule_verification(connection: Connection, claim: ErasureClaim, *, quiet_s: int) -> None:
    """Complete a run that removed everything: the next one is due after `quiet_s`. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE erasures SET status = 'verifying', lease_until = NULL, due_at = now() + make_interval(secs => %(quiet)s)
           WHERE id = %(id)s AND fence = %(fence)s AND status <> 'done'""",
        {"quiet": quiet_s},
    )


def release(connection: Connection, claim: ErasureClaim) -> None:
    connection.execute(
        "UPDATE erasures SET lease_until = NULL WHERE id = %s AND fence = %s AND status <> 'done'",
        [claim.id, claim.fencing_token],
    )


def complete(connection: Connection, claim: ErasureClaim, receipt: ErasureReceipt) -> None:
    """Store the receipt and delete the owner's id. Raises LeaseLostError."""
    lease.write(
        connection,
        claim,
        """UPDATE erasures SET status = 'done', owner_id = NULL, lease_until = NULL, finished_at = %(finished)s,
                               receipt = %(receipt)s
           WHERE id = %(id)s AND fence = %(fence)s AND status <> 'done'""",
        {"finished": receipt.finished_at, "receipt": receipt.model_dump_json()},
    )


def list_stalled(connection: Connection, *, overdue_s: int, limit: int) -> list[StalledErasure]:
    """List unfinished erasures of all owners that are overdue and held by no worker."""
    return database.fetch(
        connection,
        StalledErasure,
        """SELECT id, owner_id FROM erasures
           WHERE status <> 'done' AND due_at < now() - make_interval(secs => %(overdue)s)
                 AND (lease_until IS NULL OR lease_until < now()) ORDER BY due_at LIMIT %(limit)s""",
        {"overdue": overdue_s, "limit": limit},
    )
