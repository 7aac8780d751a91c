"""The media of a collection, in their order.

Each item's position is a whole number with room to its neighbours, so that moving one item writes one row. A gap halves
each time something is put into it; when none is left, the items are numbered anew.
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

POSITION_STEP = 2**32  # 32 times into the same gap before it is used up; two thousand million items at either end
MAX_POSITION = 2**63 - 1


def list_page(owner_id: UUID, collection_id: UUID, *, after: str | None, limit: int) -> cursor.Page[CollectionItem]:
    """A page of a collection's media, in its order. Raises NotFoundError, InvalidError for a cursor of another list."""
    order = f"collection {collection_id}"
    place = cursor.decode_key(after, order, _position)
    with database.transaction(owner_id) as connection:
        if not store.exists(connection, collection_id):
            raise collections.not_found_error(collection_id)
        rows = store.list_items(connection, collection_id, after=place, limit=limit + 1)
    return cursor.keyset_page(rows, limit, lambda last: cursor.encode_key(order, str(last.position), last.id))


def put_item(owner_id: UUID, collection_id: UUID, media_id: UUID, *, index: int | None) -> Collection:
    """Put a media into a collection, or to another place in it. Raises NotFoundError for either."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        _check(connection, [media_id])
        if index is not None:
            position = _room_at(connection, collection_id, media_id, index)
            store.upsert_item(connection, owner_id, collection_id, media_id, position)
        else:
            _append(connection, owner_id, collection_id, [media_id])
        _note(connection, owner_id, collection_id, put=1)
        return collections.load(connection, collection_id)


def add_items(owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID]) -> Collection:
    """Put media behind the last, in this order; those that are in it stay where they are. All or none: NotFoundError."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        _check(connection, media_ids)
        _append(connection, owner_id, collection_id, media_ids)
        _note(connection, owner_id, collection_id, put=len(media_ids))
        return collections.load(connection, collection_id)


def add_item(connection: Connection, owner_id: UUID, collection_id: UUID, media_id: UUID) -> None:
    """Put a media that is just being made behind the last, in the transaction that makes it. Raises NotFoundError."""
    _lock(connection, collection_id)
    _append(connection, owner_id, collection_id, [media_id])


def remove_items(owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID]) -> Collection:
    """Take media out; those that are not in it are no matter. Raises NotFoundError for the collection."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        taken_out = store.remove_items(connection, collection_id, media_ids)
        _note(connection, owner_id, collection_id, taken_out=taken_out)
        return collections.load(connection, collection_id)


def remove_item(owner_id: UUID, collection_id: UUID, media_id: UUID) -> None:
    """Raises NotFoundError for the collection, and for a media that is not in it."""
    with database.transaction(owner_id) as connection:
        _lock(connection, collection_id)
        if not store.remove_items(connection, collection_id, [media_id]):
            raise NotFoundError(f"The media {media_id} is not in the collection {collection_id}.")
        _note(connection, owner_id, collection_id, taken_out=1)


def _note(connection: Connection, owner_id: UUID, collection_id: UUID, **numbers: int) -> None:
    audit.record(connection, owner_id, Action.COLLECTION_ITEMS_CHANGED, collection_id, **numbers)


def _lock(connection: Connection, collection_id: UUID) -> None:
    if not store.lock(connection, collection_id):
        raise collections.not_found_error(collection_id)


def _check(connection: Connection, media_ids: Sequence[UUID]) -> None:
    unknown = store.first_unknown_media(connection, media_ids)
    if unknown is not None:
        raise NotFoundError(f"There is no media with the id {unknown}.")


def _append(connection: Connection, owner_id: UUID, collection_id: UUID, media_ids: Sequence[UUID]) -> None:
    last = store.get_last_position(connection, collection_id)
    each_once = list(dict.fromkeys(media_ids))
    store.append_items(
        connection,
        owner_id,
        collection_id,
        each_once,
        first=0 if last is None else last + POSITION_STEP,
        step=POSITION_STEP,
    )


def _room_at(connection: Connection, collection_id: UUID, media_id: UUID, index: int) -> int:
    position = rank_between(*_neighbours(connection, collection_id, media_id, index))
    if position is None:
        store.renumber(connection, collection_id, step=POSITION_STEP)
        position = rank_between(*_neighbours(connection, collection_id, media_id, index))
    assert position is not None  # noqa: S101 - there is room between all items now
    return position


def _neighbours(
    connection: Connection, collection_id: UUID, media_id: UUID, index: int
) -> tuple[int | None, int | None]:
    """The positions before and behind the place `index`, of the other items."""
    if index == 0:
        behind = store.list_positions(connection, collection_id, without=media_id, skip=0, limit=1)
        return None, behind[0] if behind else store.get_last_position(connection, collection_id)
    around = store.list_positions(connection, collection_id, without=media_id, skip=index - 1, limit=2)
    if len(around) == 2:
        return around[0], around[1]
    return store.get_last_position(connection, collection_id), None


def rank_between(before: int | None, behind: int | None) -> int | None:
    """A position between two; None when there is none left. At an end (None), a whole step further."""
    if before is None:
        return 0 if behind is None else behind - POSITION_STEP
    if behind is None:
        return before + POSITION_STEP
    return (before + behind) // 2 if behind - before > 1 else None


def _position(text: str) -> int:
    position = int(text)
    if abs(position) > MAX_POSITION:
        raise ValueError(text)
    return position
