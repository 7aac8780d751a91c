"""Requesting exports, downloading and deleting them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.exports import store
from chalicelib.exports.messages import AccountExportMessage, SpeechExportMessage
from chalicelib.exports.model import (
    READY_MADE_FORMATS,
    Export,
    ExportStatus,
    Format,
    ReadyExport,
    ReadySpeechExport,
    SpeechExport,
    account_export_key,
    encoded_ranges_prefix,
    speech_export_key,
)
from chalicelib.library import access, media
from chalicelib.library.delivery import URL_VALID_S
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database, object_deletions, outbox, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import jobs

ACCOUNT_EXPORTS_PER_DAY = Limit("export", requests=3, per_s=86_400)  # each copies everything in an account
SPEECH_EXPORTS_PER_HOUR = Limit("speech export", requests=60, per_s=3_600)  # each copies a recording


# ---- of an account -----------------------------------------------------------------------------------------------------


def create_account_export(owner_id: UUID, *, export_id: UUID) -> Export:
    """Start an export of the account, or return the unfinished one.

    Raises TooManyRequestsError, and AccountBeingErasedError.
    """
    with database.transaction(owner_id) as connection:
        existing = store.get_unfinished_account_export(connection) or store.get_account_export(connection, export_id)
    if existing is not None:
        return existing
    rate_limit.consume(ACCOUNT_EXPORTS_PER_DAY, str(owner_id))
    with database.transaction(owner_id) as connection:
        queued = []
        if store.insert_account_export(connection, owner_id, export_id):
            message = AccountExportMessage(owner_id=owner_id, export_id=export_id)
            queued = [outbox.enqueue(connection, owner_id, Queue.ACCOUNT, message)]
            audit.record(connection, owner_id, Action.EXPORT_REQUESTED, export_id)
        export = store.get_unfinished_account_export(connection) or store.get_account_export(connection, export_id)
    outbox.send(queued)
    if export is None:
        raise _not_found_error(export_id)
    return export


def list_account_exports(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[Export]:
    """Return a page of the account's exports, newest first."""
    position = cursor.decode(after)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest_account_exports(connection, after=position, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def get_account_export(owner_id: UUID, export_id: UUID) -> ReadyExport:
    """Return an export and, once it is done, its URL. Raises NotFoundError, also once it has expired."""
    with database.transaction(owner_id) as connection:
        export = store.get_account_export(connection, export_id)
        if export is None:
            raise _not_found_error(export_id)
        if export.status is ExportStatus.DONE:
            audit.record(connection, owner_id, Action.EXPORT_DOWNLOADED, export_id)
    if export.status is not ExportStatus.DONE:
        return ReadyExport(**export.model_dump(), url=None, url_expires_at=None)
    filename = f"visionary-{export.created_at:%Y-%m-%d}.zip"
    url, expires_at = _presign(account_export_key(owner_id, export_id), filename, Format.ZIP)
    return ReadyExport(**export.model_dump(), url=url, url_expires_at=expires_at)


# ---- of a recording ----------------------------------------------------------------------------------------------------


def create_speech_export(owner_id: UUID, job_id: UUID, file_format: Format, *, export_id: UUID) -> ReadySpeechExport:
    """Start an export of a recording, or return the unfinished one of the same format. A format that is ready has its URL.

    Raises NotFoundError, TooManyRequestsError, and ConflictError (`not_finished`) until the recording is finished.
    """
    jobs.get_finished(owner_id, job_id)
    rate_limit.consume(SPEECH_EXPORTS_PER_HOUR, str(owner_id))
    is_ready_made = file_format in READY_MADE_FORMATS
    size_bytes = storage.size(speech_export_key(owner_id, job_id, export_id, file_format)) if is_ready_made else 0
    with database.transaction(owner_id) as connection:
        queued = []
        if store.insert_speech_export(connection, owner_id, job_id, export_id, file_format):
            audit.record(connection, owner_id, Action.EXPORT_REQUESTED, export_id, format=file_format.value)
            if is_ready_made:
                days = settings().export_days
                store.complete_ready_made(connection, export_id, size_bytes=size_bytes, days=days)
            else:
                message = SpeechExportMessage(owner_id=owner_id, export_id=export_id)
                queued = [outbox.enqueue(connection, owner_id, Queue.ACCOUNT, message)]
        export = store.get_speech_export(connection, job_id, export_id) or store.get_unfinished_speech_export(
            connection, job_id, file_format
        )
    outbox.send(queued)
    if export is None:
        raise _not_found_error(export_id)
    return get_speech_export(owner_id, job_id, export.id)


def list_speech_exports(owner_id: UUID, job_id: UUID, *, after: str | None, limit: int) -> cursor.Page[SpeechExport]:
    """Return a page of the exports of a recording, newest first. Raises NotFoundError."""
    position = cursor.decode(after)
    jobs.get(owner_id, job_id)
    with database.transaction(owner_id) as connection:
        rows = store.list_newest_speech_exports(connection, job_id, after=position, limit=limit + 1)
    return cursor.newest_page(rows, limit)


def get_speech_export(owner_id: UUID, job_id: UUID | None, export_id: UUID) -> ReadySpeechExport:
    """Return an export of a recording, or with None of any, and its URL once it is done.

    Raises NotFoundError, also once it has expired.
    """
    with database.transaction(owner_id) as connection:
        export = store.get_speech_export(connection, job_id, export_id)
        if export is None:
            raise _not_found_error(export_id)
    if export.status is not ExportStatus.DONE:
        return ReadySpeechExport(**export.model_dump(), url=None, url_expires_at=None)
    media_id = jobs.get(owner_id, export.job_id).media_id
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        title = media.load(connection, media_id).title
        audit.record(connection, owner_id, Action.EXPORT_DOWNLOADED, export_id, format=export.format.value)
    key = speech_export_key(owner_id, export.job_id, export_id, export.format)
    url, expires_at = _presign(key, f"{title}.{export.format}", export.format)
    return ReadySpeechExport(**export.model_dump(), url=url, url_expires_at=expires_at)


def delete_speech_export(owner_id: UUID, job_id: UUID, export_id: UUID) -> None:
    """Delete an export. The recording and its captions stay. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        if delete_with_object(connection, owner_id, export_id, job_id=job_id) is None:
            raise _not_found_error(export_id)


def delete_with_object(
    connection: database.Connection, owner_id: UUID, export_id: UUID, *, job_id: UUID | None = None
) -> Format | None:
    """Delete a recording's export and enqueue the deletion of its object. Returns its format, None if there was none."""
    deleted = store.delete_speech_export(connection, export_id, job_id=job_id)
    if deleted is None:
        return None
    deleted_job_id, file_format = deleted
    if file_format not in READY_MADE_FORMATS:
        key = speech_export_key(owner_id, deleted_job_id, export_id, file_format)
        object_deletions.enqueue(connection, owner_id, [key])
    if file_format is Format.M4B:
        object_deletions.enqueue(connection, owner_id, [encoded_ranges_prefix(owner_id, deleted_job_id, export_id)])
    return file_format


def _presign(key: str, filename: str, file_format: Format) -> tuple[str, datetime]:
    url = storage.presign_get(
        key, filename=filename, media_type=file_format.media_type, inline=False, valid_s=URL_VALID_S
    )
    return url, datetime.now(UTC) + timedelta(seconds=URL_VALID_S)


def _not_found_error(export_id: UUID) -> NotFoundError:
    return NotFoundError(f"There is no export with the id {export_id}. Exports are deleted when they expire.")
