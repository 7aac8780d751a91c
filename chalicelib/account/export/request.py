"""Asking for an export, and fetching it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib import audit
from chalicelib.account.export import store
from chalicelib.account.export.model import Export, ExportStatus, ReadyExport, export_key
from chalicelib.account.messages import AccountExportMessage
from chalicelib.audit import Action
from chalicelib.library.delivery import URL_VALID_S
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import cursor, database, outbox, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import NotFoundError

PER_DAY = Limit("export", requests=3, per_s=86_400)  # each copies all that an account holds


def create(owner_id: UUID, *, export_id: UUID) -> Export:
    """Set an export going; while one is under way, that one. Raises TooOftenError, and ConflictError (`account_erasing`)."""
    with database.transaction(owner_id) as connection:
        known = store.get_unfinished(connection) or store.get(connection, export_id)
    if known is not None:
        return known
    rate_limit.consume(PER_DAY, str(owner_id))
    with database.transaction(owner_id) as connection:
        letters = []
        if store.insert(connection, owner_id, export_id):
            order = AccountExportMessage(owner_id=owner_id, export_id=export_id)
            letters = [outbox.enqueue(connection, owner_id, Queue.ACCOUNT, order)]
            audit.record(connection, owner_id, Action.EXPORT_REQUESTED, export_id)
        begun = store.get_unfinished(connection) or store.get(connection, export_id)
    outbox.send(letters)
    if begun is None:
        raise not_found_error(export_id)
    return begun


def list_page(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Export]:
    """A page of the owner's exports, newest first."""
    place = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest(connection, after=place, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def get(owner_id: UUID, export_id: UUID) -> ReadyExport:
    """How far an export is and, when it is done, where to fetch it. Raises NotFoundError, also once it has expired."""
    with database.transaction(owner_id) as connection:
        found = store.get(connection, export_id)
        if found is None:
            raise not_found_error(export_id)
        if found.status is ExportStatus.DONE:
            audit.record(connection, owner_id, Action.EXPORT_DOWNLOADED, export_id)
    if found.status is not ExportStatus.DONE:
        return ReadyExport(**found.model_dump(), url=None, url_expires_at=None)
    url = storage.presign_get(
        export_key(owner_id, export_id),
        filename=f"visionary-{found.created_at:%Y-%m-%d}.zip",
        media_type="application/zip",
        inline=False,
        valid_s=URL_VALID_S,
    )
    return ReadyExport(**found.model_dump(), url=url, url_expires_at=datetime.now(UTC) + timedelta(seconds=URL_VALID_S))


def not_found_error(export_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no export with the id {export_id}; they are removed when they expire.")
