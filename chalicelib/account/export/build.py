"""Making an export: file by file into one archive in storage, in as many visits as it takes. Every crash can be replayed."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib import audit
from chalicelib.account import messages
from chalicelib.account.export import contents, store
from chalicelib.account.export.archive import StreamedArchive
from chalicelib.account.export.model import (
    ArchiveEntry,
    ArchiveProgress,
    ExportStatus,
    Manifest,
    ManifestFile,
    export_key,
)
from chalicelib.account.export.store import ExportClaim
from chalicelib.account.messages import AccountExportMessage
from chalicelib.audit import Action
from chalicelib.platform.aws import resumable_upload, storage
from chalicelib.platform.aws.s3 import ObjectNotFoundError, StorageRejectedError
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

LEASE_S = 305  # the function's time limit and a little: a claim never runs out under a living worker
WORK_S = 120  # no file is begun after it; the largest, a recording of 80 hours, takes another two minutes
FAIL_AFTER = timedelta(hours=24)  # storage throws the parts away then, and something is broken
COMPLETE = "complete"  # the source behind the last: all parts are in storage


class LeaseLostError(Exception):
    """Another worker went on with the export, or the account is gone."""


def build(order: AccountExportMessage, *, work_s: float = WORK_S) -> None:
    """Go on with an export, and ask to be called again when time is up. A failure is raised, so that the queue tries again."""
    with database.transaction(order.owner_id) as connection:
        held = store.claim(connection, order.export_id, lease_s=LEASE_S)
    if held is None:
        return
    try:
        if datetime.now(UTC) - held.created_at > FAIL_AFTER:
            fail(held)
        elif not _go_on(held, work_s):
            messages.send(order)
    except LeaseLostError:
        logger.info("export lost", export_id=held.id)
    except Exception:
        with database.transaction(held.owner_id) as connection:
            store.release(connection, held)
        raise


def fail(held: ExportClaim) -> None:
    """Settle a claimed export as failed."""
    _abort(held)
    with database.transaction(held.owner_id) as connection:
        why = "The export could not be finished within a day; please ask for a new one."
        if store.complete(connection, held, ExportStatus.FAILED, days=settings().export_days, error=why):
            audit.record(connection, held.owner_id, Action.EXPORT_FAILED, held.id)
    logger.error("export given up", export_id=held.id)


def _go_on(held: ExportClaim, work_s: float) -> bool:
    """Whether the export is finished now."""
    try:
        if held.upload_id is None:
            held = _begin(held)
        if held.source != COMPLETE and not _write(held, work_s):
            return False
        _complete(held)
    except (ObjectNotFoundError, StorageRejectedError):
        # Either it was completed before the row could say so, or the parts are gone or not ours: then it begins anew.
        if not _is_there(held):
            _start_over(held)
            raise
    _settle(held)
    return True


def _begin(held: ExportClaim) -> ExportClaim:
    upload_id = resumable_upload.create(export_key(held.owner_id, held.id), media_type="application/zip")
    with database.transaction(held.owner_id) as connection:
        if not store.start_upload(connection, held, upload_id):
            raise LeaseLostError
    return dataclasses.replace(held, upload_id=upload_id)


def _write(held: ExportClaim, work_s: float) -> bool:
    """Write files until all are in storage, or time is up: False, with the claim given back."""
    assert held.upload_id is not None  # noqa: S101 - it was begun
    began = time.monotonic()
    with database.transaction(held.owner_id) as connection:
        parts = len(store.list_etags(connection, held.id))
    with StreamedArchive(
        export_key(held.owner_id, held.id),
        held.upload_id,
        offset=held.byte_count,
        first_part=parts + 1,
        made_at=held.created_at,
    ) as archive:

        def manifest() -> Iterator[bytes]:
            yield _manifest(held, [*_entries(held), *archive.unsaved])

        for file in contents.list_files(held.owner_id, source=held.source, place=held.place, manifest=manifest):
            archive.add(file.name, file.content, level=file.level, size_bytes=file.size_bytes)
            if progress := archive.pause():
                _advance(held, file.source, file.place(), progress)
                if time.monotonic() - began > work_s:
                    with database.transaction(held.owner_id) as connection:
                        store.release(connection, held)
                    return False
        _advance(held, COMPLETE, None, archive.finish(_entries(held)))
    return True


def _entries(held: ExportClaim) -> list[ArchiveEntry]:
    with database.transaction(held.owner_id) as connection:
        return store.list_entries(connection, held.id)


def _manifest(held: ExportClaim, entries: Sequence[ArchiveEntry]) -> bytes:
    files = [ManifestFile(name=entry.name, size_bytes=entry.size_bytes, sha256=entry.sha256) for entry in entries]
    manifest = Manifest(export_id=held.id, account_id=held.owner_id, requested_at=held.created_at, files=files)
    return manifest.model_dump_json(indent=1).encode()


def _advance(held: ExportClaim, source: str, place: contents.Place | None, progress: ArchiveProgress) -> None:
    with database.transaction(held.owner_id) as connection:
        if not store.advance(connection, held, source=source, place=place, progress=progress):
            raise LeaseLostError


def _complete(held: ExportClaim) -> None:
    assert held.upload_id is not None  # noqa: S101 - it was begun
    with database.transaction(held.owner_id) as connection:
        etags = store.list_etags(connection, held.id)
    resumable_upload.complete(export_key(held.owner_id, held.id), held.upload_id, etags)


def _is_there(held: ExportClaim) -> bool:
    try:
        storage.size(export_key(held.owner_id, held.id))
    except ObjectNotFoundError:
        return False
    return True


def _start_over(held: ExportClaim) -> None:
    _abort(held)
    with database.transaction(held.owner_id) as connection:
        store.start_upload(connection, held, None)
    logger.warning("export begins anew", export_id=held.id)


def _abort(held: ExportClaim) -> None:
    if held.upload_id is not None:
        with contextlib.suppress(ObjectNotFoundError):
            resumable_upload.abort(export_key(held.owner_id, held.id), held.upload_id)


def _settle(held: ExportClaim) -> None:
    with database.transaction(held.owner_id) as connection:
        if not store.complete(connection, held, ExportStatus.DONE, days=settings().export_days):
            raise LeaseLostError
        audit.record(connection, held.owner_id, Action.EXPORT_FINISHED, held.id)
    logger.info("export finished", export_id=held.id)
