"""SQL of the play queue."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library.play_queue.model import QueuedMedia
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


def list_media(connection: Connection) -> list[QueuedMedia]:
    """List the queued media in order, without those in the trash."""
    return database.fetch(
        connection,
        QueuedMedia,
        """SELECT media.id, media.title, media.media_type FROM play_queue_items AS item JOIN media ON media.id = item.media_id
           WHERE media.status <> 'trashed' ORDER BY item.position""",
        {},
    )


def lock(connection: Connection, owner_id: UUID) -> None:
    """Wait until no other transaction changes an owner's queue; a row lock would not cover an empty one."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtext('play queue'), hashtext(%s))", [str(owner_id)])


def first_unknown_media(connection: Connection, media_ids: Sequence[UUID]) -> UUID | None:
    """Return the first id that is not the owner's. The others cannot be purged until the end of the transaction."""
    rows = connection.execute("SELECT id FROM media WHERE id = ANY(%s) FOR KEY SHARE", [list(media_ids)]).fetchall()
    existing = {row[0] for row in rows}
    return next((media_id for media_id in media_ids if media_id not in existing), None)


def delete_all(connection: Connection) -> None:
    connection.execute("DELETE FROM play_queue_items WHERE owner_id = (SELECT app.current_owner_id())")


def insert(connection: Connection, owner_id: UUID, media_ids: Sequence[UUID]) -> None:
    connection.execute(
        """INSERT INTO play_queue_items (owner_id, media_id, position)
           SELECT %(owner)s, media_id, nth - 1 FROM unnest(%(media)s::uuid[]) WITH ORDINALITY AS queued (media_id, nth)""",
        {"owner": owner_id, "media": list(media_ids)},
    )
