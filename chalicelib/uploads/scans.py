"""Virus scans of uploads: the engine of this deployment, and GuardDuty's results.

GuardDuty scans objects on its own and reports each result in an event, sooner or later; the tag it puts on the object makes up
for a lost event. All results for a version are kept: the worst one counts, also when it arrives last.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from chalicelib.inspection.antivirus import guardduty
from chalicelib.inspection.antivirus.clamd import ClamdClient
from chalicelib.inspection.antivirus.engine import AntivirusEngine, NoEngine
from chalicelib.inspection.antivirus.guardduty import ScanResult
from chalicelib.inspection.model import Rejection
from chalicelib.library.object_keys import parse_incoming_key
from chalicelib.library.reject_after_acceptance import reject_after_acceptance
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.storage import ObjectVersion
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.telemetry.observability import logger
from chalicelib.uploads import scan_store, store
from chalicelib.uploads.model import UploadClaim


def get_engine(*, timeout_s: float | None = None) -> AntivirusEngine:
    """Return the engine that scans the bytes. GuardDuty is none: its result is read before an object is downloaded."""
    if settings().av_engine == "clamd":
        max_s = settings().clamd_timeout_s
        return ClamdClient(
            settings().require("clamd_address"), scan_timeout_s=max_s if timeout_s is None else min(max_s, timeout_s)
        )
    return NoEngine()


@cache
def log_engine() -> None:
    """Log once per process which engine is configured; warn if there is none."""
    name = settings().av_engine
    if name == "none":
        logger.warning("no virus scanner", av_engine=name)
    else:
        logger.info("virus scanner", av_engine=name)


def record_scan_result(event: Mapping[str, Any]) -> str | None:
    """Record the result in a GuardDuty event and return its object's key; None for other events.

    Malware in a file that was accepted as clean rejects it after all.
    """
    result = guardduty.parse_event(event)
    if result is None:
        return None
    ids = parse_incoming_key(result.key)
    if ids is not None:
        _record(*ids, result)
    return result.key


def _record(owner_id: UUID, media_id: UUID, result: ScanResult) -> None:
    if result.outcome is guardduty.ScanOutcome.UNSCANNED:
        logger.error("object not scanned", media_id=media_id, word=result.word)  # often a missing permission
    announced: list[OutboxMessage] = []
    with database.transaction(owner_id) as connection:
        # Accepting the media locks this row, too: either it sees this result, or this sees the accepted media.
        if store.lock_status(connection, media_id) is None:
            return
        scan_store.insert(connection, owner_id, media_id, result)
        rejection = guardduty.rejection_for(result)
        if rejection is not None and guardduty.overturns_clean_result(
            scan_store.list_by_media(connection, media_id), result
        ):
            announced = reject_after_acceptance(connection, owner_id, media_id, rejection) or []
    outbox.send(announced)


def worst_scan_result(claim: UploadClaim, version: ObjectVersion) -> ScanResult | None:
    """Return the worst result for this version. If there is none yet, release the claim: the event will continue."""
    tags = storage.get_incoming_tags(version)
    tagged = guardduty.parse_tags(tags, key=version.key, version_id=version.version_id, etag=version.etag)
    with database.transaction(claim.owner_id) as connection:
        store.lock_status(connection, claim.id)
        if tagged is not None:
            scan_store.insert(connection, claim.owner_id, claim.id, tagged)
        result = _worst(connection, claim.id, version)
        if result is None:
            store.release(connection, claim)
    return result


def rejection_for(connection: Connection, media_id: UUID, version: ObjectVersion) -> Rejection | None:
    """Return why this version must be rejected after all; for the transaction that accepts it."""
    result = _worst(connection, media_id, version)
    return guardduty.rejection_for(result) if result is not None else None


def _worst(connection: Connection, media_id: UUID, version: ObjectVersion) -> ScanResult | None:
    results = scan_store.list_by_media(connection, media_id)
    return guardduty.worst_result(results, key=version.key, version_id=version.version_id, etag=version.etag)
