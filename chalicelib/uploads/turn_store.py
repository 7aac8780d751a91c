"""SQL for turns: how many uploads of an owner are inspected at once, and which ones wait."""

from __future__ import annotations

from uuid import UUID

from chalicelib.platform.db.database import Connection


def lock_turns(connection: Connection, owner_id: UUID) -> None:
    """Lock the turns of an owner until the end of the transaction. What is counted before this statement may be outdated."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('inspection turns'), hashtext(%s))", [str(owner_id)])


def count_inspections(connection: Connection, owner_id: UUID) -> int:
    """Return how many uploads of an owner are being inspected, by live workers or by dead ones whose lease has not expired."""
    row = connection.execute(
        """SELECT count(*) FROM media
           WHERE owner_id = %s AND status = 'inspecting' AND lease_until > clock_timestamp()""",
        [owner_id],
    ).fetchone()
    return int(row[0]) if row else 0


def mark_waiting(connection: Connection, media_id: UUID) -> bool:
    """Mark an upload that could be claimed as waiting for its turn; return whether it waits."""
    cursor = connection.execute(
        """UPDATE media SET status = 'inspecting', updated_at = now(),
                            waiting_since = coalesce(waiting_since, clock_timestamp()),
                            lease_until = coalesce(lease_until, clock_timestamp())
           WHERE id = %s AND (status = 'pending' OR (status = 'inspecting' AND lease_until < clock_timestamp()))""",
        [media_id],
    )
    return cursor.rowcount == 1


def call_waiting(connection: Connection, owner_id: UUID, *, limit: int) -> list[UUID]:
    """Clear the mark of up to `limit` waiting uploads of an owner; return their ids, the oldest first."""
    rows = connection.execute(
        """
        WITH next AS (
            SELECT id, created_at FROM media WHERE owner_id = %(owner)s AND waiting_since IS NOT NULL
            ORDER BY created_at LIMIT %(limit)s
        ), called AS (UPDATE media SET waiting_since = NULL FROM next WHERE media.id = next.id)
        SELECT id FROM next ORDER BY created_at
        """,
        {"owner": owner_id, "limit": limit},
    ).fetchall()
    return [row[0] for row in rows]
