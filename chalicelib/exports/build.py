"""Build exports part by part, in as many runs as it takes; a crash loses no part."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime, timedelta

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.exports import claim_store, messages
from chalicelib.exports.claim_store import AccountExportClaim, ExportClaim, SpeechExportClaim
from chalicelib.exports.content import Content
from chalicelib.exports.content.account import AccountContent
from chalicelib.exports.content.speech import SpeechContent
from chalicelib.exports.messages import AccountExportMessage, ExportMessage
from chalicelib.exports.model import ExportStatus, Format, encoded_ranges_prefix
from chalicelib.platform.aws import multipart, resumable_upload
from chalicelib.platform.aws.s3 import Bucket, ObjectNotFoundError
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, lease, object_deletions, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import AppError, UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType

LEASE_S = 305  # the function's time limit and a little: a lease never ends under a living worker
WORK_S = 120  # no part or file is started after it; the largest, a recording of 80 hours, takes two more minutes
FAIL_AFTER = timedelta(hours=24)  # storage deletes the parts then, and something is broken


def build(message: ExportMessage, *, work_s: float = WORK_S) -> None:
    """Start or resume an export, and send its message again when time is up.

    Failures are raised, so that the queue retries.
    """
    claim = _claim(message)
    if claim is None:
        return
    with lease.hold(claim, claim_store.release):
        if datetime.now(UTC) - claim.created_at > FAIL_AFTER:
            logger.error("export not finished in a day", export_id=claim.id, table=claim.TABLE)
            _fail(claim, "The export could not be finished within a day. Request a new one.")
            return
        try:
            content = _write(claim, work_s)
        except UnavailableError:
            raise
        except AppError as error:  # the media was trashed in the meantime, or the recording is too long for an archive
            _fail(claim, error.detail)
            return
        if content is not None:
            _complete(claim, content)
            return
        with database.transaction(claim.owner_id) as connection:
            claim_store.release(connection, claim)
        messages.send(message)


def _claim(message: ExportMessage) -> ExportClaim | None:
    with database.transaction(message.owner_id) as connection:
        if isinstance(message, AccountExportMessage):
            return claim_store.claim(connection, AccountExportClaim, message.export_id, lease_s=LEASE_S)
        return claim_store.claim(connection, SpeechExportClaim, message.export_id, lease_s=LEASE_S)


def _write(claim: ExportClaim, work_s: float) -> Content | None:
    """Write what time allows. Return the content once all of it is written."""
    started = time.monotonic()
    content = _open(claim, work_s)
    if content is None:
        return None
    remaining_s = work_s - (time.monotonic() - started)
    is_complete = resumable_upload.resume(
        claim.key, content, content.progress, content, media_type=claim.media_type, work_s=remaining_s
    )
    return content if is_complete else None


def _open(claim: ExportClaim, work_s: float) -> Content | None:
    """Return the content; None when time is up before its parts are made."""
    if isinstance(claim, AccountExportClaim):
        with database.transaction(claim.owner_id) as connection:
            return AccountContent.load(connection, claim)
    return SpeechContent.prepare(claim, work_s=work_s)


def _complete(claim: ExportClaim, content: Content) -> None:
    with database.transaction(claim.owner_id) as connection:
        days = settings().export_days
        claim_store.complete(connection, claim, ExportStatus.DONE, days=days, size_bytes=content.size)
        _delete_encoded_ranges(connection, claim)
        announced = announce(connection, claim.owner_id, EventType.EXPORT_DONE, export_id=claim.id, **claim.event_data)
        audit.record(connection, claim.owner_id, Action.EXPORT_FINISHED, claim.id, **claim.audit_detail)
    outbox.send(announced)
    logger.info("export finished", export_id=claim.id, table=claim.TABLE, size_bytes=content.size)


def _fail(claim: ExportClaim, reason: str) -> None:
    if claim.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            multipart.abort(claim.key, claim.upload_id, bucket=Bucket.LIBRARY)
    with database.transaction(claim.owner_id) as connection:
        days = settings().export_days
        claim_store.complete(connection, claim, ExportStatus.FAILED, days=days, error=reason)
        _delete_encoded_ranges(connection, claim)
        audit.record(connection, claim.owner_id, Action.EXPORT_FAILED, claim.id, **claim.audit_detail)
    logger.warning("export failed", export_id=claim.id, table=claim.TABLE)


def _delete_encoded_ranges(connection: Connection, claim: ExportClaim) -> None:
    """Delete what an audio book was joined from."""
    if isinstance(claim, SpeechExportClaim) and claim.format == Format.M4B:
        prefix = encoded_ranges_prefix(claim.owner_id, claim.job_id, claim.id)
        object_deletions.enqueue(connection, claim.owner_id, [prefix])
