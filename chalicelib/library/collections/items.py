"""The media of a collection, in the owner's order.

Positions are whole numbers with gaps between them, so that moving an item updates one row. Each insertion halves a gap; when
none is left, all items are renumbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library.collections import collections, store
from chalicelib.library.collections.model import Collection
from chalicelib.library.collections.model import CollectionItem as CollectionItem
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import NotFoundError

POSITION_STEP = 2**32  # 32 insertions into the same gap; two billion items at either end


def list_page(owner_id: UUID, collection_id: UUID, *, after: str | None, limit: int) -> cursor.Page[CollectionItem]:
    """List a page of a collection's media.

    Raises NotFoundError, and UnprocessableContentError for a cursor of another list.
    """
    order = f"collection {collection_id}"
    start = cursor.decode_key(after, order, cursor.parse_bigint)
    with database.transaction(owner_id) as connection:
        if not store.exists(connection, collection_id):
            raise collections.not_found_error(collection_id)
        rows = store.list_items(connection, collection_id, after=start, limit=limit + 1)
    return cursor.keyset_page(rows, limit, lambda last: cursor.encode_key(order, str(last.sort_position), last.id))


def put_item(owner_id: UUID, collection_id: UUID, media_id: UUID, *, index: int | None) -> Collection:
    """Add a media to a collection, or move it within. Raises NotFoundError for either."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        _require_media(connection, [media_id])
        if index is not None:
            position = _position_at(connection, collection_id, media_id, index)
            store.upsert_item(connection, owner_id, collection_id, media_id, position)
        else:
            _append(connection, owner_id, collection_id, [media_id])
        _record_change(connection, owner_id, collection_id, put=1)
        return collections.load(connection, collection_id)


def add_items(owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID]) -> Collection:
    """Append media in this order; those already in the collection stay where they are.

    Raises NotFoundError, for the collection or any of the media; then nothing is added.
    """
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        _require_media(connection, media_ids)
        _append(connection, owner_id, collection_id, media_ids)
        _record_change(connection, owner_id, collection_id, put=len(media_ids))
        return collections.load(connection, collection_id)


def add_item(connection: Connection, owner_id: UUID, collection_id: UUID, media_id: UUID) -> None:
    """Append a media within the transaction that creates it. Raises NotFoundError for the collection."""
    _lock(connection, collection_id)
    _append(connection, owner_id, collection_id, [media_id])


def remove_items(owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID]) -> Collection:
    """Remove media; those not in the collection are ignored. Raises NotFoundError for the collection."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        removed = store.remove_items(connection, collection_id, media_ids)
        _record_change(connection, owner_id, collection_id, taken_out=removed)
        return collections.load(connection, collection_id)


def remove_item(owner_id: UUID, collection_id: UUID, media_id: UUID) -> None:
    """Remove one media. Raises NotFoundError for the collection, and for a media that is not in it."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        if not store.remove_items(connection, collection_id, [media_id]):
            raise NotFoundError(f"The media {media_id} is not in the collection {collection_id}.")
        _record_change(connection, owner_id, collection_id, taken_out=1)


def _record_change(connection: Connection, owner_id: UUID, collection_id: UUID, **numbers: int) -> None:
    audit.record(connection, owner_id, Action.COLLECTION_ITEMS_CHANGED, collection_id, **numbers)


def _lock(connection: Connection, collection_id: UUID) -> None:
    if not store.lock(connection, collection_id):
        raise collections.not_found_error(collection_id)
    store.update_time(connection, collection_id)


def _require_media(connection: Connection, media_ids: Sequence[UUID]) -> None:
    unknown_id = store.first_unknown_media(connection, media_ids)
    if unknown_id is not None:
        raise NotFoundError(f"There is no media with the id {unknown_id}.")


def _append(connection: Connection, owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID]) -> None:
    last = store.get_last_position(connection, collection_id)
    unique_ids = list(dict.fromkeys(media_ids))
    store.append_items(
        connection,
        owner_id,
        collection_id,
        unique_ids,
        first=0 if last is None else last + POSITION_STEP,
        step=POSITION_STEP,
    )


def _position_at(connection: Connection, collection_id: UUID, media_id: UUID, index: int) -> int:
    position = rank_between(*_neighbours(connection, collection_id, media_id, index))
    if position is None:
        store.renumber(connection, collection_id, step=POSITION_STEP)
        position = rank_between(*_neighbours(connection, collection_id, media_id, index))
    assert position is not None  # noqa: S101 - renumbering left gaps between all items
    return position


def _neighbours(
    connection: Connection, collection_id: UUID, media_id: UUID, index: int
) -> tuple[int | None, int | None]:
    """Return the positions of the items before and after `index`, not counting the media itself."""
    if index == 0:
        first = store.list_positions(connection, collection_id, without=media_id, skip=0, limit=1)
        return None, first[0] if first else store.get_last_position(connection, collection_id)
    pair = store.list_positions(connection, collection_id, without=media_id, skip=index - 1, limit=2)
    if len(pair) == 2:
        return pair[0], pair[1]
    return store.get_last_position(connection, collection_id), None


def rank_between(before: int | None, after: int | None) -> int | None:
    """Return a position between two; None if there is no gap. At an end (None), it is a whole step further."""
    if before is None:
        return 0 if after is None else after - POSITION_STEP
    if after is None:
        return before + POSITION_STEP
    return (before + after) // 2 if after - before > 1 else None
