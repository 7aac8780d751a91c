"""Access to the contents of a media: its bytes, its text and its recordings are open and closed together."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library import store
from chalicelib.library.model import Status
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError


def require_open(connection: Connection, media_id: UUID) -> None:
    """Raise unless the contents of a media may be read now.

    Raises NotFoundError, ConflictError (`not_ready`) before the media is ready and while it is in the trash, and
    AccountBeingErasedError from the request of an erasure on.
    """
    media = store.get_access(connection, media_id)
    if media is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if media.is_being_erased:
        raise database.being_erased_error()
    if media.status is Status.TRASHED:
        raise ConflictError(f"{media.filename!r} is in the trash. Restore it to open it.", code="not_ready")
    if media.status is not Status.READY:
        raise ConflictError(f"{media.filename!r} is {media.status}. Only ready media can be opened.", code="not_ready")


def record_opening(connection: Connection, media_id: UUID) -> None:
    """Store that the owner opens a media. Readers of a share are not the owner."""
    if caller.current().actor is not Actor.SHARE_LINK:
        store.update_opened(connection, media_id)
