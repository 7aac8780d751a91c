"""SQL of the sweep over uploads whose event was lost, or whose worker died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


@dataclass(frozen=True, slots=True)
class StalledUpload:
    """An upload of any owner that is overdue. `upload_id` is set for multipart uploads whose part sizes are not signed."""

    id: UUID
    owner_id: UUID
    status: str
    is_waiting: bool
    size_bytes: int
    created_at: datetime
    is_fetched: bool
    upload_id: str | None


def release_expired_claim(connection: Connection, media_id: UUID) -> None:
    """Return an upload whose lease has expired to `pending`, so that it can expire."""
    connection.execute(
        """UPDATE media SET status = 'pending', lease_until = NULL
           WHERE id = %s AND status = 'inspecting' AND lease_until < clock_timestamp()""",
        [media_id],
    )


def mark_expired(connection: Connection, media_id: UUID, *, grace_s: int) -> int | None:
    """Expire a pending upload and return the bytes it reserved; None if it is not pending or not overdue."""
    row = connection.execute(
        """
        UPDATE media SET status = 'expired', updated_at = now()
        WHERE id = %s AND status = 'pending' AND upload_expires_at < now() - make_interval(secs => %s)
        RETURNING size_bytes
        """,
        [media_id, grace_s],
    ).fetchone()
    return int(row[0]) if row else None


def list_stalled(connection: Connection, *, idle_s: int, limit: int) -> list[StalledUpload]:
    """List overdue uploads of all owners: their event was lost, or their worker died. First to expire first.

    Uploads that wait for their turn are overdue when no other one of their owner has been inspected for as long.
    """
    return database.fetch(
        connection,
        StalledUpload,
        """
        SELECT id, media.owner_id, status, waiting_since IS NOT NULL AS is_waiting, size_bytes, media.created_at,
               source_url IS NOT NULL AS is_fetched, upload_id
        FROM media LEFT JOIN multipart_uploads ON media_id = id AND part_bytes IS NULL
        WHERE (status = 'pending' AND media.created_at < now() - make_interval(secs => %(idle)s))
           OR (status = 'inspecting' AND lease_until < clock_timestamp() - make_interval(secs => %(idle)s)
               AND (waiting_since IS NULL OR NOT EXISTS (
                   SELECT FROM media AS other WHERE other.owner_id = media.owner_id AND other.status = 'inspecting'
                       AND other.lease_until > clock_timestamp() - make_interval(secs => %(idle)s))))
        ORDER BY upload_expires_at LIMIT %(limit)s
        """,
        {"idle": idle_s, "limit": limit},
    )
