"""Asking for an export of a reading, fetching it, throwing it away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import media
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database, object_deletions, outbox, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import jobs
from chalicelib.speech.exports import store
from chalicelib.speech.exports.messages import SpeechExportMessage
from chalicelib.speech.exports.model import ExportStatus, Format, ReadySpeechExport, SpeechExport, export_key

PER_HOUR = Limit("speech export", requests=60, per_s=3_600)  # each copies a recording
READY_MADE_FORMATS = frozenset({Format.MP3, Format.VTT})  # the reading has them


def create(owner_id: UUID, job_id: UUID, kind: Format, *, export_id: UUID) -> SpeechExport:
    """Set an export going; while one of the same kind is under way, that one.

    Raises NotFoundError, TooOftenError, and ConflictError (`not_finished`) until the reading is.
    """
    jobs.get_finished(owner_id, job_id)
    rate_limit.consume(PER_HOUR, str(owner_id))
    size_bytes = storage.size(export_key(owner_id, job_id, export_id, kind)) if kind in READY_MADE_FORMATS else 0
    with database.transaction(owner_id) as connection:
        letters = []
        if store.insert(connection, owner_id, job_id, export_id, kind):
            audit.record(connection, owner_id, Action.EXPORT_REQUESTED, export_id, format=kind.value)
            if kind in READY_MADE_FORMATS:
                store.complete_ready_made(connection, export_id, size_bytes=size_bytes, days=settings().export_days)
            else:
                order = SpeechExportMessage(owner_id=owner_id, export_id=export_id)
                letters = [outbox.enqueue(connection, owner_id, Queue.ACCOUNT, order)]
        begun = store.get(connection, job_id, export_id) or store.get_unfinished(connection, job_id, kind)
    outbox.send(letters)
    if begun is None:
        raise _unknown(export_id)
    return begun


def list_page(owner_id: UUID, job_id: UUID, *, after: str | None, limit: int) -> cursor.Page[SpeechExport]:
    """A page of the exports of a reading, newest first. Raises NotFoundError."""
    place = cursor.decode(after)
    jobs.get(owner_id, job_id)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest(connection, job_id, after=place, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def get(owner_id: UUID, job_id: UUID, export_id: UUID) -> ReadySpeechExport:
    """How far an export is and, when it is done, where to fetch it. Raises NotFoundError, also once it has expired."""
    with database.transaction(owner_id) as connection:
        found = store.get(connection, job_id, export_id)
        if found is None:
            raise _unknown(export_id)
        if found.status is ExportStatus.DONE:
            audit.record(connection, owner_id, Action.EXPORT_DOWNLOADED, export_id, format=found.format.value)
    if found.status is not ExportStatus.DONE:
        return ReadySpeechExport(**found.model_dump(), url=None, url_expires_at=None)
    title = media.get(owner_id, jobs.get(owner_id, job_id).media_id).title
    url = storage.presign_get(
        export_key(owner_id, job_id, export_id, found.format),
        filename=f"{title}.{found.format}",
        media_type=found.format.media_type,
        inline=False,
        valid_s=jobs.URL_VALID_S,
    )
    expires_at = datetime.now(UTC) + timedelta(seconds=jobs.URL_VALID_S)
    return ReadySpeechExport(**found.model_dump(), url=url, url_expires_at=expires_at)


def delete(owner_id: UUID, job_id: UUID, export_id: UUID) -> None:
    """Throw an export away; what the reading itself has stays. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        if not delete_with_object(connection, owner_id, job_id, export_id):
            raise _unknown(export_id)


def delete_with_object(connection: database.Connection, owner_id: UUID, job_id: UUID, export_id: UUID) -> bool:
    """Forget an export and have its object deleted. False when there was none."""
    kind = store.delete(connection, job_id, export_id)
    if kind is not None and kind not in READY_MADE_FORMATS:
        object_deletions.enqueue(connection, owner_id, [export_key(owner_id, job_id, export_id, kind)])
    return kind is not None


def _unknown(export_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no export with the id {export_id}; they are removed when they expire.")
