"""Looking at what one owns."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library import store
from chalicelib.library.model import Media
from chalicelib.platform import cursor, database
from chalicelib.platform.errors import NotFoundError


def get(owner_id: UUID, media_id: UUID) -> Media:
    """One media. Raises NotFoundError, also for someone else's."""
    with database.transaction(owner_id) as connection:
        media = store.find(connection, media_id)
    if media is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    return media


def page(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Media]:
    """A page of the owner's media, newest first; stable while others are added."""
    place = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.newest(connection, after=place, limit=limit + 1)
    return cursor.page(rows, limit)
