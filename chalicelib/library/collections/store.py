"""SQL of collections. Row-level security limits every statement to the owner of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from chalicelib.library.collections.model import Collection, CollectionItem, CollectionSort
from chalicelib.library.store import MEDIA_COLUMNS
from chalicelib.platform.db import database
from chalicelib.platform.db.cursor import KeysetCursor
from chalicelib.platform.db.database import Connection

COLLECTION_COLUMNS: LiteralString = """
    collection.id, name, description, created_at, updated_at,
    (SELECT count(*) FROM collection_items WHERE collection_id = collection.id
     AND media_id NOT IN (SELECT id FROM media WHERE status = 'trashed')) AS item_count
"""
# Media in the trash keep their positions but are not shown or counted.
_IS_SHOWN: LiteralString = "item.collection_id = %(collection)s AND status <> 'trashed'"

_SORT_COLUMNS: dict[CollectionSort, tuple[LiteralString, LiteralString, bool]] = {
    CollectionSort.NEWEST: ("created_at", "%(key)s::timestamptz", True),
    CollectionSort.OLDEST: ("created_at", "%(key)s::timestamptz", False),
    CollectionSort.NAME: ("sort_key", "app.sort_key(%(key)s)", False),
}


class NameTakenError(Exception):
    """The owner already has a collection with this name."""


def insert(connection: Connection, owner_id: UUID, collection_id: UUID, name: str, description: str) -> None:
    """Insert a collection unless its id exists. Raises NameTakenError; the transaction must then be rolled back."""
    from psycopg import errors

    try:
        connection.execute("INSERT INTO accounts (owner_id) VALUES (%s) ON CONFLICT DO NOTHING", [owner_id])
        connection.execute(
            """INSERT INTO collections (id, owner_id, name, description) VALUES (%s, %s, %s, %s)
               ON CONFLICT (id) DO NOTHING""",
            [collection_id, owner_id, name, description],
        )
    except errors.UniqueViolation:
        raise NameTakenError(name) from None


def update(connection: Connection, collection_id: UUID, *, name: str | None, description: str | None) -> None:
    """Update fields that are not None. Raises NameTakenError; the transaction must then be rolled back."""
    from psycopg import errors

    try:
        connection.execute(
            """UPDATE collections SET name = coalesce(%s, name), description = coalesce(%s, description), updated_at = now()
               WHERE id = %s""",
            [name, description, collection_id],
        )
    except errors.UniqueViolation:
        raise NameTakenError(name) from None


def count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM collections").fetchone()
    return int(row[0]) if row else 0


def exists(connection: Connection, collection_id: UUID) -> bool:
    return connection.execute("SELECT 1 FROM collections WHERE id = %s", [collection_id]).fetchone() is not None


def get(connection: Connection, collection_id: UUID) -> Collection | None:
    return database.fetch_one(
        connection,
        Collection,
        f"SELECT {COLLECTION_COLUMNS} FROM collections AS collection WHERE id = %(id)s",
        {"id": collection_id},
    )


def list_page(
    connection: Connection, *, sort: CollectionSort, after: KeysetCursor[datetime | str] | None, limit: int
) -> list[Collection]:
    column, key, is_descending = _SORT_COLUMNS[sort]
    direction: LiteralString = "DESC" if is_descending else "ASC"
    condition: LiteralString = f"({column}, id) {'<' if is_descending else '>'} ({key}, %(id)s)" if after else "true"
    return database.fetch(
        connection,
        Collection,
        f"""SELECT {COLLECTION_COLUMNS} FROM collections AS collection WHERE {condition}
            ORDER BY {column} {direction}, id {direction} LIMIT %(limit)s""",
        {"key": after and after.key, "id": after and after.id, "limit": limit},
    )


def delete(connection: Connection, collection_id: UUID) -> bool:
    return connection.execute("DELETE FROM collections WHERE id = %s", [collection_id]).rowcount == 1


def lock(connection: Connection, collection_id: UUID) -> bool:
    """Lock a collection against other changes until the end of the transaction. False if it does not exist."""
    return connection.execute("SELECT FROM collections WHERE id = %s FOR UPDATE", [collection_id]).rowcount == 1


def update_time(connection: Connection, collection_id: UUID) -> None:
    """Record that the items of a collection have changed."""
    connection.execute("UPDATE collections SET updated_at = now() WHERE id = %s", [collection_id])


def list_items(
    connection: Connection, collection_id: UUID, *, after: KeysetCursor[int] | None, limit: int
) -> list[CollectionItem]:
    """List items in order, after the cursor's item: after its present position or, if it was removed, its former one."""
    condition: LiteralString = (
        """(item.position, item.media_id) > (
               coalesce((SELECT position FROM collection_items WHERE collection_id = %(collection)s AND media_id = %(id)s),
                        %(key)s::bigint), %(id)s)"""
        if after
        else "true"
    )
    return database.fetch(
        connection,
        CollectionItem,
        f"""SELECT {MEDIA_COLUMNS}, item.position AS sort_position
            FROM collection_items AS item JOIN media ON media.id = item.media_id
            WHERE {_IS_SHOWN} AND {condition} ORDER BY item.position, item.media_id LIMIT %(limit)s""",
        {"collection": collection_id, "key": after and after.key, "id": after and after.id, "limit": limit},
    )


def has_item(connection: Connection, collection_id: UUID, media_id: UUID) -> bool:
    row = connection.execute(
        "SELECT 1 FROM collection_items WHERE collection_id = %s AND media_id = %s", [collection_id, media_id]
    ).fetchone()
    return row is not None


def list_positions(connection: Connection, collection_id: UUID, *, without: UUID, skip: int, limit: int) -> list[int]:
    """List positions of shown items, without one media, after skipping the first `skip`."""
    rows = connection.execute(
        f"""SELECT item.position FROM collection_items AS item JOIN media ON media.id = item.media_id
            WHERE {_IS_SHOWN} AND media_id <> %(without)s
            ORDER BY item.position, item.media_id OFFSET %(skip)s LIMIT %(limit)s""",
        {"collection": collection_id, "without": without, "skip": skip, "limit": limit},
    ).fetchall()
    return [int(row[0]) for row in rows]


def get_last_position(connection: Connection, collection_id: UUID) -> int | None:
    """Return the last position of all items, including those in the trash."""
    row = connection.execute(
        "SELECT max(position) FROM collection_items WHERE collection_id = %s", [collection_id]
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None


def upsert_item(connection: Connection, owner_id: UUID, collection_id: UUID, media_id: UUID, position: int) -> None:
    connection.execute(
        """INSERT INTO collection_items (collection_id, media_id, owner_id, position) VALUES (%s, %s, %s, %s)
           ON CONFLICT (collection_id, media_id) DO UPDATE SET position = excluded.position""",
        [collection_id, media_id, owner_id, position],
    )


def append_items(
    connection: Connection, owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID], *, first: int, step: int
) -> None:
    """Append items; those already in the collection keep their positions."""
    connection.execute(
        """INSERT INTO collection_items (collection_id, media_id, owner_id, position)
           SELECT %(collection)s, media_id, %(owner)s, %(first)s::bigint + (nth - 1) * %(step)s::bigint
           FROM unnest(%(media)s::uuid[]) WITH ORDINALITY AS added (media_id, nth)
           ON CONFLICT (collection_id, media_id) DO NOTHING""",
        {"collection": collection_id, "owner": owner_id, "media": list(media_ids), "first": first, "step": step},
    )


def renumber(connection: Connection, collection_id: UUID, *, step: int) -> None:
    """Give all items new positions with gaps between them, in the same order."""
    connection.execute(
        """UPDATE collection_items AS item SET position = nth * %(step)s::bigint
           FROM (SELECT media_id, row_number() OVER (ORDER BY position, media_id) AS nth
                 FROM collection_items WHERE collection_id = %(collection)s) AS numbered
           WHERE item.collection_id = %(collection)s AND item.media_id = numbered.media_id""",
        {"collection": collection_id, "step": step},
    )


def remove_items(connection: Connection, collection_id: UUID, media_ids: Sequence[UUID]) -> int:
    cursor = connection.execute(
        "DELETE FROM collection_items WHERE collection_id = %s AND media_id = ANY(%s)", [collection_id, list(media_ids)]
    )
    return cursor.rowcount


def first_unknown_media(connection: Connection, media_ids: Sequence[UUID]) -> UUID | None:
    """Return the first id that is not the owner's. The others cannot be purged until the end of the transaction."""
    rows = connection.execute("SELECT id FROM media WHERE id = ANY(%s) FOR KEY SHARE", [list(media_ids)]).fetchall()
    existing = {row[0] for row in rows}
    return next((media_id for media_id in media_ids if media_id not in existing), None)
