"""From bytes that arrived to a verdict: claim, inspect, promote, settle, clean up. Every crash point can be replayed."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import asdict
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
from chalicelib.inspection.previews import thumbnail, view_copy
from chalicelib.library import quota, texts
from chalicelib.library.model import original_key, parse_incoming_key, thumbnail_key, view_key, withheld_key
from chalicelib.library.reject_after_acceptance import reject_after_acceptance
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.storage import ObjectVersion
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.uploads import antivirus, scans, store
from chalicelib.uploads.model import UploadClaim

WORK_S = 85  # of the function's 90; the rest is for settling
MIN_EXTRACTION_S = 15  # 1,200 pages take 4 s; on a machine so slow that less is left, the queue tries again
MAX_UPLOAD_AGE_MS = 24 * 3_600_000  # it can be resumed for a day; what is older was brought over from elsewhere
LEASE_S = 95  # the function's time limit and a little: a claim never runs out under a living worker


class IngestOutcome(StrEnum):
    READY = "ready"
    REJECTED = "rejected"
    FOREIGN_KEY = "not_ours"  # a key the server never made
    ALREADY_FINISHED = "settled"  # an event that came again, or bytes that came too late
    CLAIMED_ELSEWHERE = "held"  # another worker has it
    OBJECT_MISSING = "gone"  # the event was about an object that is not there any more
    SCAN_PENDING = "awaited"  # the virus scanner has said nothing yet; its event, or the sweep, comes back
    LEASE_LOST = "lost"  # our lease ran out while we worked, another worker went on


def ingest(key: str) -> IngestOutcome:
    """Handle the arrival of one object, as often as its event comes.

    A refusal is written down and answered; a failure (antivirus, storage or database down) is raised, so that the queue tries
    again while the object stays unreadable.
    """
    named = parse_incoming_key(key)
    if named is None:
        return IngestOutcome.FOREIGN_KEY
    owner_id, media_id = named
    with database.transaction(owner_id) as connection:
        held = store.claim(connection, media_id, lease_s=LEASE_S)
        status = None if held else store.get_status(connection, media_id)
    if held is None:
        if status == "inspecting":
            return IngestOutcome.CLAIMED_ELSEWHERE
        storage.delete_incoming(key)
        return IngestOutcome.ALREADY_FINISHED
    time, began = Deadline(WORK_S), monotonic()
    try:
        version = storage.get_incoming_version(key)
        verdict = _decide(owner_id, _with_real_size(owner_id, held, version), version, time)
    except (storage.ObjectNotFoundError, storage.PreconditionFailedError):
        # Replaced or removed while we looked: what we saw must not be judged. The replacement has an event of its own.
        with database.transaction(owner_id) as connection:
            store.return_to_pending(connection, held)
        return IngestOutcome.OBJECT_MISSING
    except Exception:
        # A failure of ours (antivirus, storage): the next delivery need not wait for the lease.
        with contextlib.suppress(Exception), database.transaction(owner_id) as connection:
            store.release(connection, held)
        raise
    observability.record_metrics({Metric.SCAN_MS: (monotonic() - began) * 1000})
    age_ms = observability.age_ms(media_id)
    if verdict is IngestOutcome.READY and age_ms < MAX_UPLOAD_AGE_MS:
        observability.record_metrics({Metric.TIME_TO_READY_MS: age_ms})
    if verdict not in {IngestOutcome.LEASE_LOST, IngestOutcome.SCAN_PENDING}:
        storage.delete_incoming(key)
    return verdict


def _with_real_size(owner_id: UUID, held: UploadClaim, version: ObjectVersion) -> UploadClaim:
    """An upload without a declared size shrinks to what came. What is larger than the reservation is refused like any other."""
    if held.size_declared or version.size_bytes >= held.size_bytes:
        return held
    with database.transaction(owner_id) as connection:
        if store.set_actual_size(connection, held, version.size_bytes):
            quota.reduce(connection, owner_id, held.size_bytes - version.size_bytes)
    return held.model_copy(update={"size_bytes": version.size_bytes})


def _decide(owner_id: UUID, held: UploadClaim, version: ObjectVersion, time: Deadline) -> IngestOutcome:
    if version.size_bytes > types.MAX_FILE_BYTES:  # not even fetched
        return _reject(owner_id, held, examine.too_large_rejection(version.size_bytes))
    if settings().av_engine == "guardduty":
        found = scans.worst_scan_result(owner_id, held, version)
        if found is None:
            return IngestOutcome.SCAN_PENDING
        if (refusal := guardduty.rejection_for(found)) is not None:
            return _reject(owner_id, held, refusal)
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        source = Path(folder) / "source"
        storage.download_incoming(version, source)
        report = examine.examine(
            source,
            declared_type=held.media_type,
            filename=held.filename,
            size_bytes=held.size_bytes,
            sha256=held.sha256,
            active_content=settings().pdf_active_content,
            wall_s=time.check(examine.WALL_S, min_s=examine.WALL_S),
        )
        rejection = report.rejection or antivirus.get_engine(timeout_s=time.remaining_s()).scan(source).rejection()
        if rejection is not None:
            return _reject(owner_id, held, rejection)
        return _accept(owner_id, held, version, report, source, time)


def _reject(owner_id: UUID, held: UploadClaim, rejection: Rejection) -> IngestOutcome:
    with database.transaction(owner_id) as connection:
        if not store.complete_rejected(connection, held, rejection):
            return IngestOutcome.LEASE_LOST
        quota.release(connection, owner_id, held.size_bytes)
        audit.record(connection, owner_id, Action.UPLOAD_REJECTED, held.id, code=rejection.code)
    logger.info("upload settled", media_id=held.id, verdict="rejected", code=rejection.code, size_bytes=held.size_bytes)
    observability.record_metrics(
        {Metric.REJECTIONS: 1}, dimension_value=rejection.code.partition(":")[0]
    )  # the name behind it is anybody's
    return IngestOutcome.REJECTED


def _accept(
    owner_id: UUID, held: UploadClaim, version: ObjectVersion, report: Report, source: Path, time: Deadline
) -> IngestOutcome:
    kind = types.ACCEPTED_TYPES[report.media_type]
    notes = list(report.warnings)
    view: Path | None = None
    if kind.has_view_copy:
        view = source.with_name("view")
        wall_s = time.check(view_copy.WALL_S, min_s=view_copy.WALL_S)
        refusal = view_copy.make_view_copy(source, view, kind, wall_s=wall_s)
        if refusal is not None:
            return _reject(owner_id, held, refusal)
    # From the view copy when there is one: writing it mended what a reader would stumble over.
    text = _read(view or source, report.media_type, time) if kind.has_text else None
    if text is not None and text.warning is not None:
        notes.append(InspectionWarning(text.warning, extract.EXTRACTION_WARNINGS[text.warning]))

    view_at = view_key(owner_id, held.id, report.media_type)
    view_etag = storage.put(view_at, view, media_type=kind.view_media_type) if view else None
    small = source.with_name("thumbnail")
    wall_s = time.check(thumbnail.WALL_S, min_s=0)
    has_thumbnail = thumbnail.make_thumbnail(view or source, small, kind, wall_s=wall_s)
    if has_thumbnail:
        storage.put(thumbnail_key(owner_id, held.id), small, media_type="image/webp")
    keep_at = withheld_key if report.withhold_original else original_key
    etag = storage.promote(version, keep_at(owner_id, held.id), media_type=report.media_type)
    accepted = store.AcceptedUpload(
        media_type=report.media_type,
        etag=etag,
        original_withheld=report.withhold_original,
        view_etag=view_etag,
        view_bytes=view.stat().st_size if view else None,
        notes=notes,
        page_count=report.page_count,
        duration_ms=report.duration_ms,
        width=report.width,
        height=report.height,
        word_count=text.word_count if text else None,
        language=text.language if text and text.language != language.UNDETERMINED else None,
        text_length=len(text.text) if text else None,
        has_thumbnail=has_thumbnail,
        chapters=[asdict(chapter) for chapter in text.chapters] if text else [],
    )
    verdict = _settle(owner_id, held, version, accepted, text)
    if verdict is not IngestOutcome.LEASE_LOST:
        logger.info(
            "upload settled", media_id=held.id, verdict=verdict, size_bytes=held.size_bytes, pages=report.page_count
        )
    return verdict


def _read(path: Path, media_type: str, time: Deadline) -> ExtractedText:
    wall_s = time.check(extract.WALL_S, min_s=MIN_EXTRACTION_S)
    return extract.extract_in_sandbox(path, media_type, wall_s=wall_s)


def _settle(
    owner_id: UUID,
    held: UploadClaim,
    version: ObjectVersion,
    accepted: store.AcceptedUpload,
    text: ExtractedText | None,
) -> IngestOutcome:
    with database.transaction(owner_id) as connection:
        if not store.complete_ready(connection, held, accepted):
            return IngestOutcome.LEASE_LOST
        spoken, ends = (text.text, [page.end for page in text.pages]) if text is not None else ("", [])
        texts.save(connection, owner_id, held.id, spoken, ends)
        audit.record(
            connection,
            owner_id,
            Action.UPLOAD_ACCEPTED,
            held.id,
            media_type=accepted.media_type,
            disarmed=accepted.original_withheld,
        )
        # Something worse may have been said while we worked.
        refusal = scans.rejection_for(connection, held.id, version)
        if refusal is not None and reject_after_acceptance(connection, owner_id, held.id, refusal):
            return IngestOutcome.REJECTED
    return IngestOutcome.READY
