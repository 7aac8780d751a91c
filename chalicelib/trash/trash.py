"""Throwing media away: to the trash, back from it, and for good."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import media, quota
from chalicelib.library.model import Media, Status, media_prefixes
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, object_deletions
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import AccountBeingErasedError, ConflictError, NotFoundError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import stored_objects
from chalicelib.trash import store

MAX_PER_RUN = 200  # ~10 ms each; the rest waits for the next run
MAX_OBJECTS_PER_RUN = 20_000  # S3 deletes a thousand in ~0.5 s


def move_to_trash(owner_id: UUID, media_id: UUID) -> None:
    """Put a media into the trash; again is once. What was never ready has nothing to be restored and goes for good.

    Raises NotFoundError, and ConflictError (`upload_unfinished`) while the upload is under way.
    """
    with database.transaction(owner_id) as connection:
        match _settled_status(connection, media_id):
            case Status.READY:
                store.move_to_trash(connection, media_id)
                audit.record(connection, owner_id, Action.MEDIA_TRASHED, media_id)
            case Status.TRASHED:
                pass
            case status:
                _purge(connection, owner_id, media_id, status)


def restore(owner_id: UUID, media_id: UUID) -> Media:
    """Take a media out of the trash. Raises NotFoundError, and ConflictError (`not_trashed`)."""
    with database.transaction(owner_id) as connection:
        status = _settled_status(connection, media_id)
        if status is not Status.TRASHED:
            raise ConflictError(f"The media {media_id} is {status}, not in the trash.", code="not_trashed")
        store.restore(connection, media_id)
        audit.record(connection, owner_id, Action.MEDIA_RESTORED, media_id)
        return media.load(connection, media_id)


def purge(owner_id: UUID, media_id: UUID) -> None:
    """Remove a media for good, with its text, its readings and its place in collections; its quota is free at once.

    Raises NotFoundError, and ConflictError (`upload_unfinished`) while the upload is under way.
    """
    with database.transaction(owner_id) as connection:
        _purge(connection, owner_id, media_id, _settled_status(connection, media_id))


def purge_expired() -> int:
    """One bounded pass over the trash of all owners: what lay in it for `TRASH_DAYS` goes. Runs as the sweep's database role.

    Answers how many went. Their objects follow with `maintenance.object_deletions.carry_out`.
    """
    days = settings().trash_days
    with database.transaction(None) as connection:
        overdue = store.list_expired(connection, days=days, limit=MAX_PER_RUN)
    purged = 0
    for trashed in overdue:
        with suppress(AccountBeingErasedError), database.transaction(trashed.owner_id) as connection:
            if store.lock_if_expired(connection, trashed.id, days=days):
                _purge(connection, trashed.owner_id, trashed.id, Status.TRASHED)
                purged += 1
    return purged


def _settled_status(connection: Connection, media_id: UUID) -> Status:
    status = store.lock_status(connection, media_id)
    if status is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if status in {Status.PENDING, Status.INSPECTING}:
        raise ConflictError(
            f"The upload of {media_id} is {status}. Give it up with DELETE /v1/uploads/{media_id}, or wait until it is settled.",
            code="upload_unfinished",
        )
    return status


def _purge(connection: Connection, owner_id: UUID, media_id: UUID, status: Status) -> None:
    object_deletions.enqueue(
        connection,
        owner_id,
        [*media_prefixes(owner_id, media_id), *stored_objects.list_media_keys(connection, owner_id, media_id)],
    )
    size_bytes = store.delete(connection, media_id)
    if status in {Status.READY, Status.TRASHED}:  # of what never became ready, it was given back when that was settled
        quota.release(connection, owner_id, size_bytes)
    audit.record(connection, owner_id, Action.MEDIA_PURGED, media_id, size_bytes=size_bytes)
    logger.info("media purged", media_id=media_id, status=status.value, size_bytes=size_bytes)
