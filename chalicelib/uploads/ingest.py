"""Inspect uploaded objects: claim, examine, promote, complete, clean up. Every step can be repeated after a crash."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from time import monotonic
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.extraction import extract, language
from chalicelib.extraction.model import ExtractedText
from chalicelib.inspection import examine, types
from chalicelib.inspection.antivirus import guardduty
from chalicelib.inspection.model import InspectionWarning, Rejection, Report
from chalicelib.inspection.previews import view_copy
from chalicelib.library import display_forms as library_display_forms
from chalicelib.library import quota, texts
from chalicelib.library.display_store import DisplayForm
from chalicelib.library.object_keys import original_key, parse_incoming_key, view_key, withheld_key
from chalicelib.library.reject_after_acceptance import reject_after_acceptance
from chalicelib.metadata import read as metadata
from chalicelib.metadata import recording_chapters
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.storage import ObjectVersion
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, lease, outbox
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.recognition import request as recognitions
from chalicelib.recognition.model import SCAN_CODES
from chalicelib.uploads import discard, display_forms, pictures, scans, store, turn_store, turns
from chalicelib.uploads.model import UploadClaim
from chalicelib.webhooks.announce import announce
from chalicelib.webhooks.model import EventType

WORK_S = 85  # of the function's 90; 5 s remain to record the outcome
MIN_EXTRACTION_S = 15  # 1,200 pages take 4 s; if a slow machine has less time left, the queue retries
MAX_UPLOAD_AGE_MS = 24 * 3_600_000  # an upload can be resumed for a day; older ones were imported
LEASE_S = 95  # the function's time limit and a little: a lease never expires while its worker lives


class IngestOutcome(StrEnum):
    READY = "ready"
    REJECTED = "rejected"
    FOREIGN_KEY = "foreign_key"  # the server never made this key
    ALREADY_FINISHED = "already_finished"  # a repeated event, or bytes that arrived too late
    CLAIMED_ELSEWHERE = "claimed_elsewhere"  # another worker is inspecting it
    OBJECT_MISSING = "object_missing"  # the object was replaced or deleted since the event
    SCAN_PENDING = "scan_pending"  # GuardDuty has no result yet; its event, or the sweep, continues
    WAITING = "waiting"  # as many files of its owner are inspected as may be; its turn will come
    LEASE_LOST = "lease_lost"  # the lease expired during the work and another worker took over


def ingest(key: str) -> IngestOutcome:
    """Inspect an uploaded object and record the outcome; safe to repeat.

    A rejection is recorded and returned. A failure of ours (antivirus, storage or database down) is raised, so that the queue
    retries while the object stays unreadable.
    """
    ids = parse_incoming_key(key)
    if ids is None:
        return IngestOutcome.FOREIGN_KEY
    owner_id, media_id = ids
    try:
        outcome = _take_turn(owner_id, media_id, key)
    except Exception:
        turns.call_next(owner_id)  # this upload is retried later, and the owner's others need not wait for it
        raise
    if outcome is not IngestOutcome.WAITING:
        turns.call_next(owner_id)
    return outcome


def _take_turn(owner_id: UUID, media_id: UUID, key: str) -> IngestOutcome:
    with database.transaction(owner_id) as connection:
        is_free = turns.lock_free(connection, owner_id) > 0
        claim = store.claim(connection, media_id, lease_s=LEASE_S) if is_free else None
        if not is_free and turn_store.mark_waiting(connection, media_id):
            return IngestOutcome.WAITING
        status = None if claim else store.get_status(connection, media_id)
    if claim is not None:
        return _inspect_claimed(claim, key)
    if status == "inspecting":
        return IngestOutcome.CLAIMED_ELSEWHERE
    discard.discard(owner_id, media_id)
    return IngestOutcome.ALREADY_FINISHED


def _inspect_claimed(claim: UploadClaim, key: str) -> IngestOutcome:
    deadline, started_at = Deadline(WORK_S), monotonic()
    outcome = IngestOutcome.LEASE_LOST
    with lease.hold(claim, store.release):
        try:
            version = storage.get_incoming_version(key)
            claim = _with_actual_size(_with_fetched_name(claim, version), version)
            outcome = _inspect(claim, version, deadline)
        except (storage.ObjectNotFoundError, storage.PreconditionFailedError):
            # Replaced or deleted during the inspection: its result must not count. A replacement has an event of its own.
            with database.transaction(claim.owner_id) as connection:
                store.return_to_pending(connection, claim)
            return IngestOutcome.OBJECT_MISSING
    observability.record_metrics({Metric.SCAN_MS: (monotonic() - started_at) * 1000})
    age_ms = observability.age_ms(claim.id)
    if outcome is IngestOutcome.READY and age_ms < MAX_UPLOAD_AGE_MS:
        observability.record_metrics({Metric.TIME_TO_READY_MS: age_ms})
    if outcome not in {IngestOutcome.LEASE_LOST, IngestOutcome.SCAN_PENDING}:
        discard.discard(claim.owner_id, claim.id, inspected_etag=version.etag)
    return outcome


def _with_fetched_name(claim: UploadClaim, version: ObjectVersion) -> UploadClaim:
    """Give a fetched file the name and type that its object has; only the fetcher knows them."""
    if not claim.is_fetched:
        return claim
    media_type, filename = storage.get_incoming_declaration(version)
    filename = filename or claim.filename
    with database.transaction(claim.owner_id) as connection:
        store.set_declaration(connection, claim, filename=filename, media_type=media_type)
    return replace(claim, filename=filename, media_type=media_type)


def _with_actual_size(claim: UploadClaim, version: ObjectVersion) -> UploadClaim:
    """Reduce the reservation of an undeclared size to the actual one. A larger file is rejected like any other."""
    if claim.size_declared or version.size_bytes >= claim.size_bytes:
        return claim
    with database.transaction(claim.owner_id) as connection:
        store.set_actual_size(connection, claim, version.size_bytes)
        quota.reduce(connection, claim.owner_id, claim.size_bytes - version.size_bytes)
    return replace(claim, size_bytes=version.size_bytes)


def _inspect(claim: UploadClaim, version: ObjectVersion, deadline: Deadline) -> IngestOutcome:
    if version.size_bytes > types.MAX_FILE_BYTES:  # not even downloaded
        return _reject(claim, version, examine.too_large_rejection(version.size_bytes))
    if settings().av_engine == "guardduty":
        result = scans.worst_scan_result(claim, version)
        if result is None:
            return IngestOutcome.SCAN_PENDING
        if (rejection := guardduty.rejection_for(result)) is not None:
            return _reject(claim, version, rejection)
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        source = Path(folder) / "source"
        storage.download_incoming(version, source)
        report = examine.examine(
            source,
            declared_type=claim.media_type,
            filename=claim.filename,
            size_bytes=claim.size_bytes,
            sha256=claim.sha256,
            active_content=settings().pdf_active_content,
            wall_s=deadline.check(examine.WALL_S, min_s=examine.WALL_S),
        )
        rejection = report.rejection or scans.get_engine(timeout_s=deadline.remaining_s()).scan(source).rejection()
        if rejection is not None:
            return _reject(claim, version, rejection)
        return _accept(claim, version, report, source, deadline)


def _reject(claim: UploadClaim, version: ObjectVersion, rejection: Rejection) -> IngestOutcome:
    with database.transaction(claim.owner_id) as connection:
        store.complete_rejected(connection, claim, rejection, inspected_etag=version.etag)
        quota.release(connection, claim.owner_id, claim.size_bytes)
        announced = announce(connection, claim.owner_id, EventType.MEDIA_REJECTED, media_id=claim.id)
        audit.record(connection, claim.owner_id, Action.UPLOAD_REJECTED, claim.id, code=rejection.code)
    outbox.send(announced)
    outcome = IngestOutcome.REJECTED
    logger.info("upload finished", media_id=claim.id, outcome=outcome, code=rejection.code, size_bytes=claim.size_bytes)
    # Without the malware's name after the colon: a dimension needs a bounded set of values.
    observability.record_metrics({Metric.REJECTIONS: 1}, dimension_value=rejection.code.partition(":")[0])
    return outcome


def _accept(
    claim: UploadClaim, version: ObjectVersion, report: Report, source: Path, deadline: Deadline
) -> IngestOutcome:
    kind = types.ACCEPTED_TYPES[report.media_type]
    warnings = list(report.warnings)
    view: Path | None = None
    if kind.is_shown_as_copy(report):
        view = source.with_name("view")
        wall_s = deadline.check(view_copy.WALL_S, min_s=view_copy.WALL_S)
        rejection = view_copy.make_view_copy(source, view, kind, encoding=report.encoding, wall_s=wall_s)
        if rejection is not None:
            return _reject(claim, version, rejection)
    # From the view copy if there is one: writing it repaired the file.
    structure = source.with_name("structure")
    text = _extract(view or source, report.media_type, structure, deadline) if kind.has_text else None
    if text is not None and text.warning is not None:
        warnings.append(InspectionWarning(text.warning, extract.EXTRACTION_WARNINGS[text.warning]))

    wall_s = deadline.check(metadata.WALL_S, min_s=0)
    described = view if view is not None and report.encoding is not None else source  # copies may lack the metadata
    file_metadata = metadata.read_in_sandbox(described, report.media_type, wall_s=wall_s)
    in_recording = recording_chapters.read_in_sandbox(source, report.media_type, report.duration_ms, wall_s=wall_s)

    view_etag: str | None = None
    if view is not None:
        key = view_key(claim.owner_id, claim.id, report.media_type)
        view_etag = storage.put(key, view, media_type=kind.view_media_type)
    has_thumbnail = pictures.store_previews(claim.owner_id, claim.id, view or source, kind, deadline)
    display = (
        display_forms.store(claim.owner_id, claim.id, view or source, kind, text, structure, deadline) if text else None
    )
    final_key = (withheld_key if report.withhold_original else original_key)(claim.owner_id, claim.id)
    etag = storage.promote(version, final_key, media_type=report.media_type)
    row = store.AcceptedUpload(
        media_type=report.media_type,
        sha256=claim.sha256 or examine.file_sha256(source),  # a declared one has been checked
        inspected_etag=version.etag,
        etag=etag,
        original_withheld=report.withhold_original,
        view_etag=view_etag,
        view_bytes=view.stat().st_size if view else None,
        warnings=warnings,
        page_count=report.page_count,
        duration_ms=report.duration_ms,
        width=report.width,
        height=report.height,
        word_count=text.word_count if text else None,
        language=text.language if text and text.language != language.UNDETERMINED else None,
        text_length=len(text.text) if text else None,
        has_thumbnail=has_thumbnail,
        metadata=file_metadata,
        chapters=[asdict(chapter) for chapter in (text.chapters if text else in_recording)],
    )
    outcome = _complete(claim, version, row, text, display)
    logger.info(
        "upload finished", media_id=claim.id, outcome=outcome, size_bytes=claim.size_bytes, pages=report.page_count
    )
    return outcome


def _extract(path: Path, media_type: str, structure: Path, deadline: Deadline) -> ExtractedText:
    wall_s = deadline.check(extract.WALL_S, min_s=MIN_EXTRACTION_S)
    return extract.extract_in_sandbox(path, media_type, wall_s=wall_s, structure=structure)


def _complete(
    claim: UploadClaim,
    version: ObjectVersion,
    row: store.AcceptedUpload,
    text: ExtractedText | None,
    display: DisplayForm | None,
) -> IngestOutcome:
    recognition: list[OutboxMessage] = []
    with database.transaction(claim.owner_id) as connection:
        store.complete_ready(connection, claim, row)
        texts.save(connection, claim.owner_id, claim.id, text)
        library_display_forms.save(connection, claim.owner_id, claim.id, display)
        # A worse scan result may have arrived during the inspection.
        rejection = scans.rejection_for(connection, claim.id, version)
        announced = (
            announce(connection, claim.owner_id, EventType.MEDIA_READY, media_id=claim.id) if rejection is None else []
        )
        audit.record(
            connection,
            claim.owner_id,
            Action.UPLOAD_ACCEPTED,
            claim.id,
            media_type=row.media_type,
            disarmed=row.original_withheld,
        )
        if rejection is not None:
            announced = reject_after_acceptance(connection, claim.owner_id, claim.id, rejection) or []
        elif text is not None and text.warning in SCAN_CODES:
            recognition = recognitions.start_automatically(connection, claim.owner_id, claim.id, text.unreadable_pages)
    outbox.send(announced)
    recognitions.send(recognition)
    return IngestOutcome.READY if rejection is None else IngestOutcome.REJECTED
