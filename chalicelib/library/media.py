"""Looking at what one owns, and changing what one calls it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import search_index, store
from chalicelib.library.model import Media, MediaChanges, MediaFilter, MediaSort
from chalicelib.platform.db import cursor, database
from chalicelib.platform.errors import NotFoundError

MAX_BIGINT = 2**63 - 1  # what Postgres compares a size with
NO_FILTER = MediaFilter()


def get(owner_id: UUID, media_id: UUID) -> Media:
    """One media. Raises NotFoundError, also for someone else's."""
    with database.transaction(owner_id) as connection:
        return load(connection, media_id)


def load(connection: database.Connection, media_id: UUID) -> Media:
    """Like `get`, inside a transaction."""
    media = store.get(connection, media_id)
    if media is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    return media


def list_page(
    owner_id: UUID,
    wanted: MediaFilter = NO_FILTER,
    *,
    sort: MediaSort = MediaSort.NEWEST,
    after: str | None,
    limit: int,
) -> cursor.Page[Media]:
    """A page of the owner's media; stable while others are added. Raises InvalidError for a cursor of another order."""
    parse, key = _KEYS[sort]
    place = cursor.decode_key(after, sort, parse)
    with database.transaction(owner_id) as connection:
        rows = store.list_page(
            connection, wanted, media_types=_types(wanted.media_type), sort=sort, after=place, limit=limit + 1
        )
    return cursor.keyset_page(rows, limit, lambda last: cursor.encode_key(sort, key(last), last.id))


def update(owner_id: UUID, media_id: UUID, changes: MediaChanges) -> Media:
    """Write down another title, other tags; what is not among the changes stays. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        load(connection, media_id)
        if changes.title is not None:
            store.update_title(connection, media_id, changes.title)
            search_index.update_title(connection, media_id)
        if "tags" in changes.model_fields_set:
            store.replace_tags(connection, owner_id, media_id, changes.tags or ())
        if changes.model_fields_set:
            fields = ",".join(sorted(changes.model_fields_set))
            audit.record(connection, owner_id, Action.MEDIA_CHANGED, media_id, fields=fields)
        return load(connection, media_id)


def _types(wanted: str | None) -> list[str] | None:
    """The types that `image/*` stands for; any other type stands for itself."""
    if wanted is None or not wanted.endswith("/*"):
        return None if wanted is None else [wanted]
    return [known for known in types.ACCEPTED_TYPES if known.startswith(wanted[:-1])]


def _size(text: str) -> int:
    size = int(text)
    if not 0 <= size <= MAX_BIGINT:
        raise ValueError(text)
    return size


_Parse = Callable[[str], datetime | int | str]
_BY_TIME: tuple[_Parse, Callable[[Media], str]] = (datetime.fromisoformat, lambda media: media.created_at.isoformat())
_BY_TITLE: tuple[_Parse, Callable[[Media], str]] = (cursor.parse_text, lambda media: media.title)
_BY_SIZE: tuple[_Parse, Callable[[Media], str]] = (_size, lambda media: str(media.size_bytes))
_KEYS = {
    MediaSort.NEWEST: _BY_TIME,
    MediaSort.OLDEST: _BY_TIME,
    MediaSort.TITLE: _BY_TITLE,
    MediaSort.TITLE_REVERSED: _BY_TITLE,
    MediaSort.SMALLEST: _BY_SIZE,
    MediaSort.LARGEST: _BY_SIZE,
}
