"""SQL of tags."""

from __future__ import annotations

from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.lazy_model import LazyModel


class UsedTag(LazyModel):
    """A tag, and the number of media with it that are not in the trash."""

    tag: str
    item_count: int


def list_all(connection: Connection) -> list[UsedTag]:
    """List the tags of media that are not in the trash, in no order."""
    return database.fetch(
        connection,
        UsedTag,
        """SELECT tag, count(*) AS item_count FROM media_tags JOIN media ON media.id = media_id
           WHERE status <> 'trashed' GROUP BY tag""",
        {},
    )
