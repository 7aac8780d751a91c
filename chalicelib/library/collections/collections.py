"""Create, get, list, update and delete collections. Deleting a collection does not delete its media."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library.collections import store
from chalicelib.library.collections.model import (
    MAX_COLLECTIONS,
    Collection,
    CollectionChanges,
    CollectionSort,
    NewCollection,
)
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, ForbiddenError, NotFoundError


def create(owner_id: UUID, request: NewCollection, *, collection_id: UUID) -> Collection:
    """Raises ConflictError (`name_taken`), and ForbiddenError (`quota_exceeded`) if there are too many."""
    try:
        with database.transaction(owner_id) as connection:
            if store.count(connection) >= MAX_COLLECTIONS and not store.exists(connection, collection_id):
                raise ForbiddenError(
                    f"You have {MAX_COLLECTIONS:,} collections, which is the limit. Delete one first.",
                    code="quota_exceeded",
                )
            store.insert(connection, owner_id, collection_id, request.name, request.description)
            audit.record(connection, owner_id, Action.COLLECTION_CREATED, collection_id)
            return load(connection, collection_id)
    except store.NameTakenError:
        raise _name_taken_error(request.name) from None


def get(owner_id: UUID, collection_id: UUID) -> Collection:
    """Get one collection. Raises NotFoundError, also for another owner's."""
    with database.transaction(owner_id) as connection:
        return load(connection, collection_id)


def load(connection: Connection, collection_id: UUID) -> Collection:
    """Get one collection within the caller's transaction. Raises NotFoundError."""
    collection = store.get(connection, collection_id)
    if collection is None:
        raise not_found_error(collection_id)
    return collection


def not_found_error(collection_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no collection with the id {collection_id}.")


def list_page(owner_id: UUID, *, sort: CollectionSort, after: str | None, limit: int) -> cursor.Page[Collection]:
    """List a page of the owner's collections. Raises UnprocessableContentError for a cursor of another sort order."""
    parse, key = _KEYS[sort]
    start = cursor.decode_key(after, sort, parse)
    with database.transaction(owner_id) as connection:
        rows = store.list_page(connection, sort=sort, after=start, limit=limit + 1)
    return cursor.keyset_page(rows, limit, lambda last: cursor.encode_key(sort, key(last), last.id))


def update(
    owner_id: UUID,
    collection_id: UUID,
    changes: CollectionChanges,
    precondition: Callable[[Collection], None] = lambda _: None,
) -> Collection:
    """Change the name or the description; fields that are not set stay.

    `precondition` gets the collection as it is before the change, locked, and raises to prevent it. Raises NotFoundError, and
    ConflictError (`name_taken`).
    """
    description = (changes.description or "") if "description" in changes.model_fields_set else None
    try:
        with database.transaction(owner_id) as connection:
            store.lock(connection, collection_id)
            precondition(load(connection, collection_id))
            if changes.model_fields_set:
                store.update(connection, collection_id, name=changes.name, description=description)
                fields = ",".join(sorted(changes.model_fields_set))
                audit.record(connection, owner_id, Action.COLLECTION_CHANGED, collection_id, fields=fields)
            return load(connection, collection_id)
    except store.NameTakenError:
        raise _name_taken_error(changes.name or "") from None


def delete(owner_id: UUID, collection_id: UUID) -> None:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        if not store.delete(connection, collection_id):
            raise not_found_error(collection_id)
        audit.record(connection, owner_id, Action.COLLECTION_DELETED, collection_id)


def _name_taken_error(name: str) -> ConflictError:
    return ConflictError(f"You already have a collection named {name!r}. Choose another name.", code="name_taken")


_Parse = Callable[[str], datetime | str]
_BY_TIME: tuple[_Parse, Callable[[Collection], str]] = (
    cursor.parse_time,
    lambda collection: collection.created_at.isoformat(),
)
_KEYS = {
    CollectionSort.NEWEST: _BY_TIME,
    CollectionSort.OLDEST: _BY_TIME,
    CollectionSort.NAME: (cursor.parse_text, lambda collection: collection.name),
}
