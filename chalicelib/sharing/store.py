"""SQL of shares. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import TimeCursor
from chalicelib.platform.db.database import Connection

_LISTED: LiteralString = """
    SELECT shares.id, shares.owner_id, media_id, collection_id, coalesce(title, name) AS title,
           coalesce(description, '') AS description, password_hash, allows_download, expires_at, shares.created_at,
           open_count, shares.opened_at
    FROM shares LEFT JOIN media ON media.id = media_id LEFT JOIN collections ON collections.id = collection_id"""


@dataclass(frozen=True, slots=True)
class ShareRow:
    id: UUID
    owner_id: UUID
    media_id: UUID | None
    collection_id: UUID | None
    title: str
    description: str
    password_hash: str | None
    allows_download: bool
    expires_at: datetime | None
    created_at: datetime
    open_count: int
    opened_at: datetime | None

    @property
    def subject_id(self) -> UUID:
        """The id of the media or collection that is shared."""
        subject_id = self.media_id or self.collection_id
        assert subject_id is not None  # noqa: S101 - a constraint of the table
        return subject_id


def insert(
    connection: Connection,
    owner_id: UUID,
    share_id: UUID,
    *,
    media_id: UUID | None,
    collection_id: UUID | None,
    password_hash: str | None,
    allows_download: bool,
    expires_at: datetime | None,
) -> None:
    connection.execute(
        """INSERT INTO shares (id, owner_id, media_id, collection_id, password_hash, allows_download, expires_at)
           VALUES (%(id)s, %(owner)s, %(media)s, %(collection)s, %(password)s, %(download)s, %(expires)s)""",
        {
            "id": share_id,
            "owner": owner_id,
            "media": media_id,
            "collection": collection_id,
            "password": password_hash,
            "download": allows_download,
            "expires": expires_at,
        },
    )


def count_live(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM shares WHERE expires_at IS NULL OR expires_at > now()").fetchone()
    return int(row[0]) if row else 0


def get(connection: Connection, share_id: UUID) -> ShareRow | None:
    """Return a share, live or expired."""
    return database.fetch_one(connection, ShareRow, f"{_LISTED} WHERE shares.id = %(id)s", {"id": share_id})


def get_open(connection: Connection, share_id: UUID) -> ShareRow | None:
    """Return a share that can be read now: it is not expired, and its media is not in the trash."""
    return database.fetch_one(
        connection,
        ShareRow,
        f"""{_LISTED} WHERE shares.id = %(id)s AND (expires_at IS NULL OR expires_at > now())
                            AND (media_id IS NULL OR media.status = 'ready')""",
        {"id": share_id},
    )


def list_newest(
    connection: Connection,
    *,
    media_id: UUID | None,
    collection_id: UUID | None,
    after: TimeCursor | None,
    limit: int,
) -> list[ShareRow]:
    """List shares, newest first; those of a media or of a collection if there is one."""
    return database.fetch(
        connection,
        ShareRow,
        f"""{_LISTED}
            WHERE (%(media)s::uuid IS NULL OR media_id = %(media)s)
                  AND (%(collection)s::uuid IS NULL OR collection_id = %(collection)s)
                  AND (%(at)s::timestamptz IS NULL OR (shares.created_at, shares.id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY shares.created_at DESC, shares.id DESC LIMIT %(limit)s""",
        {
            "media": media_id,
            "collection": collection_id,
            "at": after and after.created_at,
            "id": after and after.id,
            "limit": limit,
        },
    )


def is_in_collection(connection: Connection, collection_id: UUID, media_id: UUID) -> bool:
    """Return whether a collection contains a media that is ready."""
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM collection_items JOIN media ON media.id = media_id
                          WHERE collection_id = %s AND media_id = %s AND status = 'ready')""",
        [collection_id, media_id],
    ).fetchone()
    return row is not None and bool(row[0])


def update_opened(connection: Connection, share_id: UUID) -> int:
    """Count one opening; return the number of all."""
    row = connection.execute(
        "UPDATE shares SET open_count = open_count + 1, opened_at = now() WHERE id = %s RETURNING open_count",
        [share_id],
    ).fetchone()
    return int(row[0]) if row else 0


def update_recorded(connection: Connection, share_id: UUID, *, every_s: int) -> bool:
    """Note that the count is recorded now; return False if that was less than `every_s` ago."""
    cursor = connection.execute(
        """UPDATE shares SET recorded_at = now()
           WHERE id = %s AND (recorded_at IS NULL OR recorded_at < now() - make_interval(secs => %s))""",
        [share_id, every_s],
    )
    return cursor.rowcount == 1


def delete(connection: Connection, share_id: UUID) -> bool:
    return connection.execute("DELETE FROM shares WHERE id = %s", [share_id]).rowcount == 1


def delete_expired(connection: Connection, *, days: int, limit: int) -> int:
    """Delete shares of all owners that expired `days` ago; return their number."""
    return connection.execute(
        """DELETE FROM shares WHERE ctid = ANY (ARRAY(
               SELECT ctid FROM shares WHERE expires_at < now() - make_interval(days => %s) LIMIT %s))""",
        [days, limit],
    ).rowcount
