"""SQL of the trash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.library.model import Status
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class TrashedMedia:
    """A media whose time in the trash is over."""

    id: UUID
    owner_id: UUID


def lock_status(connection: Connection, media_id: UUID) -> Status | None:
    """Return the media's status and lock its row until the end of the transaction."""
    row = connection.execute("SELECT status FROM media WHERE id = %s FOR UPDATE", [media_id]).fetchone()
    return Status(row[0]) if row else None


def count_trashed(connection: Connection, *, before: datetime) -> int:
    row = connection.execute(
        "SELECT count(*) FROM media WHERE status = 'trashed' AND trashed_at <= %s", [before]
    ).fetchone()
    return int(row[0]) if row else 0


def list_trashed(connection: Connection, *, before: datetime, limit: int) -> list[UUID]:
    """List media that are in the trash since then, longest first."""
    rows = connection.execute(
        "SELECT id FROM media WHERE status = 'trashed' AND trashed_at <= %s ORDER BY trashed_at, id LIMIT %s",
        [before, limit],
    ).fetchall()
    return [row[0] for row in rows]


def lock_if_expired(connection: Connection, media_id: UUID, *, days: int) -> bool:
    """Lock the row of a media and return whether its time in the trash is over."""
    row = connection.execute(
        """SELECT 1 FROM media WHERE id = %s AND status = 'trashed' AND trashed_at < now() - make_interval(days => %s)
           FOR UPDATE""",
        [media_id, days],
    ).fetchone()
    return row is not None


def move_to_trash(connection: Connection, media_id: UUID) -> None:
    connection.execute(
        "UPDATE media SET status = 'trashed', trashed_at = now(), updated_at = now() WHERE id = %s", [media_id]
    )


def restore(connection: Connection, media_id: UUID) -> None:
    connection.execute(
        "UPDATE media SET status = 'ready', trashed_at = NULL, updated_at = now() WHERE id = %s", [media_id]
    )


def delete(connection: Connection, media_id: UUID) -> int:
    """Delete a media with all rows that refer to it; return its size."""
    row = connection.execute("DELETE FROM media WHERE id = %s RETURNING size_bytes", [media_id]).fetchone()
    return int(row[0]) if row else 0


def list_expired(connection: Connection, *, days: int, limit: int) -> list[TrashedMedia]:
    """List expired media of all owners, longest in the trash first."""
    return database.fetch(
        connection,
        TrashedMedia,
        """SELECT id, owner_id FROM media WHERE status = 'trashed' AND trashed_at < now() - make_interval(days => %(days)s)
           ORDER BY trashed_at LIMIT %(limit)s""",
        {"days": days, "limit": limit},
    )
