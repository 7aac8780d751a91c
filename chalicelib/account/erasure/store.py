"""SQL of erasures. A row is seen by its owner and, once that is no longer in it, by who was its owner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.account.erasure.model import Erasure, Receipt, Removed, TrailEnd
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

ERASURE_COLUMNS: LiteralString = "id, status, requested_at, finished_at, receipt"


@dataclass(frozen=True, slots=True)
class ErasureClaim:
    """The right to go on with an erasure until the lease runs out."""

    id: UUID
    owner_id: UUID
    pseudonym: str
    status: str
    removed: dict[str, dict[str, int]]
    fence: int
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class StalledErasure:
    id: UUID
    owner_id: UUID


def insert(connection: Connection, owner_id: UUID, erasure_id: UUID) -> None:
    """The tombstone: from its commit on, nothing new is kept for the owner. One that stands already stays."""
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
    """Take an unfinished erasure that is due and that nobody holds."""
    return database.fetch_one(
        connection,
        ErasureClaim,
        """
        UPDATE erasures SET fence = fence + 1, lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
                            status = CASE WHEN status = 'queued' THEN 'erasing' ELSE status END
        WHERE id = %(id)s AND status <> 'done' AND due_at <= clock_timestamp()
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING id, owner_id, pseudonym, status, removed, fence, requested_at
        """,
        {"id": erasure_id, "lease": lease_s},
    )


def record_trail_end(connection: Connection, held: ErasureClaim) -> None:
    """Keep the end of the audit trail, once, before it goes."""
    connection.execute(
        """UPDATE erasures SET audit_number = coalesce(head.number, 0), audit_hash = coalesce(head.hash, '')
           FROM (SELECT app.current_owner_id() AS owner_id) AS me LEFT JOIN audit_heads AS head USING (owner_id)
           WHERE erasures.id = %s AND audit_number IS NULL""",
        [held.id],
    )


def get_trail_end(connection: Connection, held: ErasureClaim) -> TrailEnd:
    found = database.fetch_one(
        connection,
        TrailEnd,
        "SELECT audit_number AS number, encode(audit_hash, 'hex') AS hash FROM erasures WHERE id = %(id)s",
        {"id": held.id},
    )
    assert found is not None  # noqa: S101 - the row is held
    return found


def delete_rows(connection: Connection, table: str, *, limit: int) -> int:
    """Remove some of the owner's rows; answers how many."""
    row = connection.execute("SELECT app.delete_owner_rows(%s::regclass, %s)", [table, limit]).fetchone()
    return int(row[0]) if row else 0


def count_rows(connection: Connection, table: str) -> int:
    from psycopg import sql

    statement = sql.SQL("SELECT count(*) FROM {} WHERE owner_id = app.current_owner_id()").format(sql.Identifier(table))
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def record_removed(connection: Connection, held: ErasureClaim, removed: Removed) -> bool:
    """False when the claim was lost."""
    cursor = connection.execute(
        "UPDATE erasures SET removed = %s WHERE id = %s AND fence = %s AND status <> 'done'",
        [removed.model_dump_json(), held.id, held.fence],
    )
    return cursor.rowcount == 1


def schedule_verification(connection: Connection, held: ErasureClaim, *, quiet_s: int) -> None:
    """Everything was removed; look again later."""
    connection.execute(
        """UPDATE erasures SET status = 'verifying', lease_until = NULL, due_at = now() + make_interval(secs => %s)
           WHERE id = %s AND fence = %s AND status <> 'done'""",
        [quiet_s, held.id, held.fence],
    )


def release(connection: Connection, held: ErasureClaim) -> None:
    connection.execute(
        "UPDATE erasures SET lease_until = NULL WHERE id = %s AND fence = %s AND status <> 'done'",
        [held.id, held.fence],
    )


def complete(connection: Connection, held: ErasureClaim, receipt: Receipt) -> bool:
    """The owner's id goes, too. False when the claim was lost."""
    cursor = connection.execute(
        """UPDATE erasures SET status = 'done', owner_id = NULL, lease_until = NULL, finished_at = %s, receipt = %s
           WHERE id = %s AND fence = %s AND status <> 'done'""",
        [receipt.finished_at, receipt.model_dump_json(), held.id, held.fence],
    )
    return cursor.rowcount == 1


def list_stalled(connection: Connection, *, late_s: int, limit: int) -> list[StalledErasure]:
    """Unfinished erasures of all owners that should have moved by now."""
    return database.fetch(
        connection,
        StalledErasure,
        """SELECT id, owner_id FROM erasures
           WHERE status <> 'done' AND due_at < now() - make_interval(secs => %(late)s)
                 AND (lease_until IS NULL OR lease_until < now()) ORDER BY due_at LIMIT %(limit)s""",
        {"late": late_s, "limit": limit},
    )
