"""Get, list and rename media."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import search_index, store, text_requests
from chalicelib.library.model import Media, MediaChanges, MediaFilter, MediaSort
from chalicelib.platform.db import cursor, database, outbox, rate_limit
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import NotFoundError

NO_FILTER = MediaFilter()
NEVER_OPENED = "-infinity"  # in cursors, as Postgres writes it: before every time


def get(owner_id: UUID, media_id: UUID) -> Media:
    """Get one media. Raises NotFoundError, also for another owner's."""
    with database.transaction(owner_id) as connection:
        return load(connection, media_id)


def load(connection: database.Connection, media_id: UUID) -> Media:
    """Get one media within the caller's transaction. Raises NotFoundError."""
    media = store.get(connection, media_id)
    if media is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    return media


def list_page(
    owner_id: UUID,
    media_filter: MediaFilter = NO_FILTER,
    *,
    sort: MediaSort = MediaSort.NEWEST,
    after: str | None,
    limit: int,
) -> cursor.Page[Media]:
    """List a page of the owner's media; stable while media are added.

    Raises UnprocessableContentError for a cursor of another sort order.
    """
    parse, key = _KEYS[sort]
    start = cursor.decode_key(after, sort, parse)
    with database.transaction(owner_id) as connection:
        rows = store.list_page(
            connection,
            media_filter,
            media_types=_media_types(media_filter.media_type),
            sort=sort,
            after=start,
            limit=limit + 1,
        )
    return cursor.keyset_page(rows, limit, lambda last: cursor.encode_key(sort, key(last), last.id))


def update(
    owner_id: UUID, media_id: UUID, changes: MediaChanges, precondition: Callable[[Media], None] = lambda _: None
) -> Media:
    """Change title, metadata, tags, language or encoding; fields that are not set stay.

    `precondition` gets the media as it is before the change, locked, and raises to prevent it. Raises NotFoundError, and what
    `text_requests.choose_language` and `choose_encoding` raise.
    """
    if {"language", "encoding"} & changes.model_fields_set:
        rate_limit.consume(text_requests.RATE_LIMIT, str(owner_id))
    messages: list[OutboxMessage] = []
    with database.transaction(owner_id) as connection:
        store.lock(connection, media_id)
        media = load(connection, media_id)
        precondition(media)
        if {"title", "metadata"} & changes.model_fields_set:
            _update_names(connection, media_id, changes)
        if "tags" in changes.model_fields_set:
            store.replace_tags(connection, owner_id, media_id, changes.tags or ())
        if "language" in changes.model_fields_set:
            messages += text_requests.choose_language(connection, owner_id, media_id, changes.language)
        if "encoding" in changes.model_fields_set:
            messages += text_requests.choose_encoding(connection, owner_id, media_id, changes.encoding)
        if changes.model_fields_set:
            fields = ",".join(sorted(changes.model_fields_set))
            audit.record(connection, owner_id, Action.MEDIA_CHANGED, media_id, fields=fields)
        changed = load(connection, media_id)
    outbox.send(messages)
    return changed


def _update_names(connection: database.Connection, media_id: UUID, changes: MediaChanges) -> None:
    names = store.get_names(connection, media_id)
    assert names is not None  # noqa: S101 - its row is locked
    if "metadata" in changes.model_fields_set:
        names = names.with_own_metadata(None if changes.metadata is None else changes.metadata.to_row())
    if changes.title is not None:
        names = names.with_own_title(changes.title)
    store.update_names(connection, media_id, names)
    search_index.update_heading(connection, media_id)


def _media_types(pattern: str | None) -> list[str] | None:
    """Return the accepted types of a family (`image/*`); any other type is returned alone."""
    if pattern is None or not pattern.endswith("/*"):
        return None if pattern is None else [pattern]
    return [media_type for media_type in types.ACCEPTED_TYPES if media_type.startswith(pattern[:-1])]


def _parse_size(text: str) -> int:
    size = cursor.parse_bigint(text)
    if size < 0:
        raise ValueError(text)
    return size


_Parse = Callable[[str], datetime | int | str]
_BY_TIME: tuple[_Parse, Callable[[Media], str]] = (cursor.parse_time, lambda media: media.created_at.isoformat())
_BY_TITLE: tuple[_Parse, Callable[[Media], str]] = (cursor.parse_text, lambda media: media.title)
_BY_SIZE: tuple[_Parse, Callable[[Media], str]] = (_parse_size, lambda media: str(media.size_bytes))
_BY_OPENING: tuple[_Parse, Callable[[Media], str]] = (
    lambda text: text if text == NEVER_OPENED else cursor.parse_time(text),
    lambda media: media.opened_at.isoformat() if media.opened_at else NEVER_OPENED,
)
_KEYS = {
    MediaSort.NEWEST: _BY_TIME,
    MediaSort.OLDEST: _BY_TIME,
    MediaSort.TITLE: _BY_TITLE,
    MediaSort.TITLE_REVERSED: _BY_TITLE,
    MediaSort.SMALLEST: _BY_SIZE,
    MediaSort.LARGEST: _BY_SIZE,
    MediaSort.LAST_OPENED: _BY_OPENING,
}
