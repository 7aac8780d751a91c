"""Reading and replacing the play queue.

A queue is the state of a player, so its changes are not in the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from chalicelib.library.play_queue import store
from chalicelib.library.play_queue.model import MAX_ITEMS, PlayQueue
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError


def get(owner_id: UUID) -> PlayQueue:
    with database.transaction(owner_id) as connection:
        return _load(connection)


def replace(owner_id: UUID, media_ids: Sequence[UUID], precondition: Callable[[PlayQueue], None]) -> PlayQueue:
    """Replace the whole queue and return it.

    `precondition` gets the queue before the change, locked, and raises to prevent it. Raises ConflictError (`limit_reached`),
    and NotFoundError for a media that is not the owner's; then nothing changes.
    """
    unique_ids = list(dict.fromkeys(media_ids))
    if len(unique_ids) > MAX_ITEMS:
        raise ConflictError(
            f"The queue would have {len(unique_ids):,} media; it holds {MAX_ITEMS:,}. Leave some out.",
            code="limit_reached",
        )
    with database.transaction(owner_id) as connection:
        store.lock(connection, owner_id)
        precondition(_load(connection))
        unknown_id = store.first_unknown_media(connection, unique_ids)
        if unknown_id is not None:
            raise NotFoundError(f"There is no media with the id {unknown_id}.")
        store.delete_all(connection)
        store.insert(connection, owner_id, unique_ids)
        return _load(connection)


def _load(connection: Connection) -> PlayQueue:
    media = store.list_media(connection)
    return PlayQueue(media_ids=[item.id for item in media], media=media)
