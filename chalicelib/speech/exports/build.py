"""Making an archive of a reading: part by part into storage, in as many visits as it takes. Every crash can be replayed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws import resumable_upload
from chalicelib.platform.aws.resumable_upload import Layout
from chalicelib.platform.aws.s3 import ObjectGoneError
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import AppError, UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.exports import content, epub, messages, store
from chalicelib.speech.exports.archive import lay_out
from chalicelib.speech.exports.messages import SpeechExportOrder
from chalicelib.speech.exports.model import ExportStatus, Format, export_key
from chalicelib.speech.exports.store import Claim

LEASE_S = 305  # the function's time limit and a little: a claim never runs out under a living worker
WORK_S = 120  # no part is begun after it; one of 16 MB takes a second or two
GIVE_UP_AFTER = timedelta(hours=24)  # storage throws the parts away then, and something is broken


class LostError(Exception):
    """Another worker went on with the export, or it was thrown away."""


def build(order: SpeechExportOrder, *, work_s: float = WORK_S) -> None:
    """Go on with an export, and ask to be called again when time is up. A failure is raised, so that the queue tries again."""
    with database.transaction(order.owner_id) as connection:
        held = store.claim(connection, order.export_id, lease_s=LEASE_S)
    if held is None:
        return
    try:
        if datetime.now(UTC) - held.created_at > GIVE_UP_AFTER:
            _fail(held, "The export could not be finished within a day; please ask for a new one.")
        elif not _go_on(held, work_s):
            messages.send(order)
    except LostError:
        logger.info("speech export lost", export_id=held.id)
    except UnavailableError:
        _give_back(held)
        raise
    except AppError as refusal:  # the media was trashed meanwhile, or the reading is too long for an archive
        _fail(held, refusal.detail)
    except Exception:
        _give_back(held)
        raise


def _go_on(held: Claim, work_s: float) -> bool:
    """Whether the export is settled now."""
    with database.transaction(held.owner_id) as connection:
        found = content.gather(connection, held.job_id, made_at=held.created_at)
    if found is None:
        _fail(held, "The reading is being spoken anew; ask again when it is finished.")
        return True
    archive = lay_out(epub.files(found) if held.format == Format.EPUB else content.by_chapters(found))
    progress = resumable_upload.Progress(held.upload_id, held.layout, held.etags)
    media_type = Format(held.format).media_type
    if not resumable_upload.go_on(_key(held), archive, progress, _Journal(held), media_type=media_type, work_s=work_s):
        _give_back(held)
        return False
    _settle(held, archive)
    return True


@dataclass(frozen=True, slots=True)
class _Journal:
    """How far the archive has come, in the export's row."""

    held: Claim

    def begin(self, upload_id: str, layout: Layout) -> None:
        with database.transaction(self.held.owner_id) as connection:
            if not store.begin(connection, self.held, upload_id=upload_id, layout=layout.digest, parts=layout.parts):
                raise LostError

    def advance(self, etag: str) -> None:
        with database.transaction(self.held.owner_id) as connection:
            if not store.advance(connection, self.held, etag):
                raise LostError


def _key(held: Claim) -> str:
    return export_key(held.owner_id, held.job_id, held.id, Format(held.format))


def _settle(held: Claim, archive: Layout) -> None:
    with database.transaction(held.owner_id) as connection:
        days = settings().export_days
        if not store.settle(connection, held, ExportStatus.DONE, days=days, size_bytes=archive.size):
            raise LostError
        audit.write(connection, held.owner_id, Action.EXPORT_FINISHED, held.id, format=held.format)
    logger.info("speech export finished", export_id=held.id, format=held.format, size_bytes=archive.size)


def _fail(held: Claim, why: str) -> None:
    if held.upload_id is not None:
        with contextlib.suppress(ObjectGoneError):
            resumable_upload.abort(_key(held), held.upload_id)
    with database.transaction(held.owner_id) as connection:
        if store.settle(connection, held, ExportStatus.FAILED, days=settings().export_days, error=why):
            audit.write(connection, held.owner_id, Action.EXPORT_FAILED, held.id, format=held.format)
    logger.warning("speech export failed", export_id=held.id, format=held.format)


def _give_back(held: Claim) -> None:
    with database.transaction(held.owner_id) as connection:
        store.give_back(connection, held)
