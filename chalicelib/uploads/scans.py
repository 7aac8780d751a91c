"""What GuardDuty says about uploads: written down whenever it comes, asked for when an upload is to be inspected.

It looks at the object by itself and tells with an event, sooner or later; an event that is lost is made up for by the tag that
it leaves on the object. All that was said about a version is kept: the worst of it counts, also when it comes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chalicelib.inspection.antivirus import guardduty
from chalicelib.inspection.antivirus.guardduty import ScanResult
from chalicelib.inspection.model import Rejection
from chalicelib.library.model import parse_incoming_key
from chalicelib.library.reject_after_acceptance import reject_after_acceptance
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.storage import ObjectVersion
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.telemetry.observability import logger
from chalicelib.uploads import store
from chalicelib.uploads.model import UploadClaim


def record_scan_result(event: Mapping[str, Any]) -> str | None:
    """Write down what an event says. Answers the key of the upload that it is about; None when it is no such event.

    Malware in what was accepted as clean takes that back.
    """
    found = guardduty.parse_event(event)
    if found is None:
        return None
    named = parse_incoming_key(found.key)
    if named is not None:
        _write(*named, found)
    return found.key


def _write(owner_id: UUID, media_id: UUID, found: ScanResult) -> None:
    if found.outcome is guardduty.ScanOutcome.UNSCANNED:
        logger.error("object not scanned", media_id=media_id, word=found.word)  # often a right that is missing
    with database.transaction(owner_id) as connection:
        # Whoever settles the media holds this row, too: it sees this statement, or this sees what it settled.
        if store.lock_status(connection, media_id) is None:
            return
        store.insert_scan(connection, owner_id, media_id, found)
        refusal = guardduty.rejection_for(found)
        if refusal is not None and guardduty.overturns_clean_result(store.list_scans(connection, media_id), found):
            reject_after_acceptance(connection, owner_id, media_id, refusal)


def worst_scan_result(owner_id: UUID, held: UploadClaim, version: ObjectVersion) -> ScanResult | None:
    """The worst that was said about this version. None: nothing yet; the claim is given back, and the event goes on with it."""
    tags = storage.get_incoming_tags(version)
    tagged = guardduty.parse_tags(tags, key=version.key, version_id=version.version_id, etag=version.etag)
    with database.transaction(owner_id) as connection:
        store.lock_status(connection, held.id)
        if tagged is not None:
            store.insert_scan(connection, owner_id, held.id, tagged)
        found = _worst(connection, held.id, version)
        if found is None:
            store.release(connection, held)
    return found


def rejection_for(connection: Connection, media_id: UUID, version: ObjectVersion) -> Rejection | None:
    """Why this version must not be accepted after all; for the transaction that accepts it."""
    found = _worst(connection, media_id, version)
    return guardduty.rejection_for(found) if found is not None else None


def _worst(connection: Connection, media_id: UUID, version: ObjectVersion) -> ScanResult | None:
    said = store.list_scans(connection, media_id)
    return guardduty.worst_result(said, key=version.key, version_id=version.version_id, etag=version.etag)
