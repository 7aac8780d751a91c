"""Making an archive of a reading: part by part into storage, in as many visits as it takes. Every crash can be replayed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws import resumable_upload
from chalicelib.platform.aws.resumable_upload import ObjectPlan
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import AppError, UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.exports import content, epub, messages, store
from chalicelib.speech.exports.archive import plan_archive
from chalicelib.speech.exports.messages import SpeechExportMessage
from chalicelib.speech.exports.model import ExportStatus, Format, export_key
from chalicelib.speech.exports.store import ExportClaim

LEASE_S = 305  # the function's time limit and a little: a claim never runs out under a living worker
WORK_S = 120  # no part is begun after it; one of 16 MB takes a second or two
FAIL_AFTER = timedelta(hours=24)  # storage throws the parts away then, and something is broken


class LeaseLostError(Exception):
    """Another worker went on with the export, or it was thrown away."""


def build(order: SpeechExportMessage, *, work_s: float = WORK_S) -> None:
    """Go on with an export, and ask to be called again when time is up. A failure is raised, so that the queue tries again."""
    with database.transaction(order.owner_id) as connection:
        held = store.claim(connection, order.export_id, lease_s=LEASE_S)
    if held is None:
        return
    try:
        if datetime.now(UTC) - held.created_at > FAIL_AFTER:
            _fail(held, "The export could not be finished within a day; please ask for a new one.")
        elif not _go_on(held, work_s):
            messages.send(order)
    except LeaseLostError:
        logger.info("speech export lost", export_id=held.id)
    except UnavailableError:
        _give_back(held)
        raise
    except AppError as refusal:  # the media was trashed meanwhile, or the reading is too long for an archive
        _fail(held, refusal.detail)
    except Exception:
        _give_back(held)
        raise


def _go_on(held: ExportClaim, work_s: float) -> bool:
    """Whether the export is settled now."""
    with database.transaction(held.owner_id) as connection:
        found = content.load(connection, held.job_id, made_at=held.created_at)
    if found is None:
        _fail(held, "The reading is being spoken anew; ask again when it is finished.")
        return True
    archive = plan_archive(epub.list_files(found) if held.format == Format.EPUB else content.list_chapter_files(found))
    progress = resumable_upload.UploadProgress(held.upload_id, held.layout, held.etags)
    media_type = Format(held.format).media_type
    if not resumable_upload.resume(
        _key(held), archive, progress, _Checkpoint(held), media_type=media_type, work_s=work_s
    ):
        _give_back(held)
        return False
    _settle(held, archive)
    return True


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """How far the archive has come, in the export's row."""

    held: ExportClaim

    def start(self, upload_id: str, layout: ObjectPlan) -> None:
        with database.transaction(self.held.owner_id) as connection:
            if not store.start_upload(
                connection, self.held, upload_id=upload_id, layout=layout.digest, parts=layout.part_count
            ):
                raise LeaseLostError

    def record_part(self, etag: str) -> None:
        with database.transaction(self.held.owner_id) as connection:
            if not store.add_part(connection, self.held, etag):
                raise LeaseLostError


def _key(held: ExportClaim) -> str:
    return export_key(held.owner_id, held.job_id, held.id, Format(held.format))


def _settle(held: ExportClaim, archive: ObjectPlan) -> None:
    with database.transaction(held.owner_id) as connection:
        days = settings().export_days
        if not store.complete(connection, held, ExportStatus.DONE, days=days, size_bytes=archive.size):
            raise LeaseLostError
        audit.record(connection, held.owner_id, Action.EXPORT_FINISHED, held.id, format=held.format)
    logger.info("speech export finished", export_id=held.id, format=held.format, size_bytes=archive.size)


def _fail(held: ExportClaim, why: str) -> None:
    if held.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            resumable_upload.abort(_key(held), held.upload_id)
    with database.transaction(held.owner_id) as connection:
        if store.complete(connection, held, ExportStatus.FAILED, days=settings().export_days, error=why):
            audit.record(connection, held.owner_id, Action.EXPORT_FAILED, held.id, format=held.format)
    logger.warning("speech export failed", export_id=held.id, format=held.format)


def _give_back(held: ExportClaim) -> None:
    with database.transaction(held.owner_id) as connection:
        store.release(connection, held)
