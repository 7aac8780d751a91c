"""Move media to the trash, restore them, and delete them permanently."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import media, quota
from chalicelib.library.model import Media, Status
from chalicelib.library.object_keys import media_prefixes
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, lease, object_deletions
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import stored_objects
from chalicelib.trash import store
from chalicelib.trash.store import TrashedMedia

MAX_PER_RUN = 200  # ~10 ms each; the next run continues
MAX_OBJECTS_PER_RUN = 20_000  # S3 deletes a thousand in ~0.5 s


def move_to_trash(owner_id: UUID, media_id: UUID) -> None:
    """Move a ready media to the trash; delete any other permanently, since it has nothing to restore.

    Raises NotFoundError, and ConflictError (`upload_unfinished`) while the upload is in progress.
    """
    with database.transaction(owner_id) as connection:
        match _lock_finished(connection, media_id):
            case Status.READY:
                store.move_to_trash(connection, media_id)
                audit.record(connection, owner_id, Action.MEDIA_TRASHED, media_id)
            case Status.TRASHED:
                pass
            case status:
                purge_locked(connection, owner_id, media_id, status)


def restore(owner_id: UUID, media_id: UUID) -> Media:
    """Restore a media from the trash. Raises NotFoundError, and ConflictError (`not_trashed`)."""
    with database.transaction(owner_id) as connection:
        status = _lock_finished(connection, media_id)
        if status is not Status.TRASHED:
            raise ConflictError(
                f"The media {media_id} is {status}. Only media in the trash can be restored.", code="not_trashed"
            )
        store.restore(connection, media_id)
        audit.record(connection, owner_id, Action.MEDIA_RESTORED, media_id)
        return media.load(connection, media_id)


def purge(owner_id: UUID, media_id: UUID) -> None:
    """Delete a media permanently, with its text and recordings, and release its quota.

    Raises NotFoundError, and ConflictError (`upload_unfinished`) while the upload is in progress.
    """
    with database.transaction(owner_id) as connection:
        purge_locked(connection, owner_id, media_id, _lock_finished(connection, media_id))


def purge_expired() -> int:
    """Delete media of all owners after `TRASH_DAYS` in the trash, at most MAX_PER_RUN. Runs as the sweep's database role.

    Returns the number of deleted media. `maintenance.object_deletions` deletes their objects.
    """
    days = settings().trash_days

    def purge_if_expired(trashed: TrashedMedia) -> bool:
        with database.transaction(trashed.owner_id) as connection:
            is_expired = store.lock_if_expired(connection, trashed.id, days=days)
            if is_expired:
                purge_locked(connection, trashed.owner_id, trashed.id, Status.TRASHED)
            return is_expired

    return sum(lease.for_each(partial(store.list_expired, days=days, limit=MAX_PER_RUN), purge_if_expired))


def _lock_finished(connection: Connection, media_id: UUID) -> Status:
    status = store.lock_status(connection, media_id)
    if status is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if status in {Status.PENDING, Status.INSPECTING}:
        raise ConflictError(
            f"The upload {media_id} is {status}. Wait until it has finished, or cancel it with DELETE /v1/uploads/{media_id}.",
            code="upload_unfinished",
        )
    return status


def purge_locked(connection: Connection, owner_id: UUID, media_id: UUID, status: Status) -> None:
    """Delete a media whose row the caller has locked."""
    object_deletions.enqueue(
        connection,
        owner_id,
        [*media_prefixes(owner_id, media_id), *stored_objects.list_media_keys(connection, owner_id, media_id)],
    )
    size_bytes = store.delete(connection, media_id)
    if status in {Status.READY, Status.TRASHED}:  # other uploads released it when they failed
        quota.release(connection, owner_id, size_bytes)
    audit.record(connection, owner_id, Action.MEDIA_PURGED, media_id, size_bytes=size_bytes)
    logger.info("media purged", media_id=media_id, status=status.value, size_bytes=size_bytes)
