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
from chalicelib.extraction.model import Reading
from chalicelib.inspection import examine, types
from chalicelib.inspection.antivirus import guardduty
from chalicelib.inspection.model import Note, Rejection, Report
from chalicelib.inspection.previews import thumbnail, view_copy
from chalicelib.library import quota, texts
from chalicelib.library.model import original_key, parse_incoming_key, thumbnail_key, view_key, withheld_key
from chalicelib.library.reject_after_acceptance import withdraw
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.storage import ObjectVersion
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.uploads import antivirus, scans, store
from chalicelib.uploads.model import Claim

WORK_S = 85  # of the function's 90; the rest is for settling
READ_AT_LEAST_S = 15  # 1,200 pages take 4 s; on a machine so slow that less is left, the queue tries again
LONGEST_UPLOAD_MS = 24 * 3_600_000  # it can be resumed for a day; what is older was brought over from elsewhere
LEASE_S = 95  # the function's time limit and a little: a claim never runs out under a living worker


class Verdict(StrEnum):
    READY = "ready"
    REJECTED = "rejected"
    NOT_OURS = "not_ours"  # a key the server never made
    SETTLED = "settled"  # an event that came again, or bytes that came too late
    HELD = "held"  # another worker has it
    GONE = "gone"  # the event was about an object that is not there any more
    AWAITED = "awaited"  # the virus scanner has said nothing yet; its event, or the sweep, comes back
    LOST = "lost"  # our lease ran out while we worked, another worker went on


def ingest(key: str) -> Verdict:
    """Handle the arrival of one object, as often as its event comes.

    A refusal is written down and answered; a failure (antivirus, storage or database down) is raised, so that the queue tries
    again while the object stays unreadable.
    """
    named = parse_incoming_key(key)
    if named is None:
        return Verdict.NOT_OURS
    owner_id, media_id = named
    with database.transaction(owner_id) as connection:
        held = store.claim(connection, media_id, lease_s=LEASE_S)
        status = None if held else store.find_status(connection, media_id)
    if held is None:
        if status == "inspecting":
            return Verdict.HELD
        storage.delete_incoming(key)
        return Verdict.SETTLED
    time, began = Deadline(WORK_S), monotonic()
    try:
        version = storage.find_incoming(key)
        verdict = _decide(owner_id, _with_real_size(owner_id, held, version), version, time)
    except (storage.ObjectGoneError, storage.ObjectChangedError):
        # Replaced or removed while we looked: what we saw must not be judged. The replacement has an event of its own.
        with database.transaction(owner_id) as connection:
            store.give_back(connection, held)
        return Verdict.GONE
    except Exception:
        # A failure of ours (antivirus, storage): the next delivery need not wait for the lease.
        with contextlib.suppress(Exception), database.transaction(owner_id) as connection:
            store.wait(connection, held)
        raise
    observability.measure({Metric.SCAN_MS: (monotonic() - began) * 1000})
    age_ms = observability.age_ms(media_id)
    if verdict is Verdict.READY and age_ms < LONGEST_UPLOAD_MS:
        observability.measure({Metric.TIME_TO_READY_MS: age_ms})
    if verdict not in {Verdict.LOST, Verdict.AWAITED}:
        storage.delete_incoming(key)
    return verdict


def _with_real_size(owner_id: UUID, held: Claim, version: ObjectVersion) -> Claim:
    """An upload without a declared size shrinks to what came. What is larger than the reservation is refused like any other."""
    if held.size_declared or version.size_bytes >= held.size_bytes:
        return held
    with database.transaction(owner_id) as connection:
        if store.shrink(connection, held, version.size_bytes):
            quota.shrink(connection, owner_id, held.size_bytes - version.size_bytes)
    return held.model_copy(update={"size_bytes": version.size_bytes})


def _decide(owner_id: UUID, held: Claim, version: ObjectVersion, time: Deadline) -> Verdict:
    if version.size_bytes > types.MAX_FILE_BYTES:  # not even fetched
        return _reject(owner_id, held, examine.too_large(version.size_bytes))
    if settings().av_engine == "guardduty":
        found = scans.ask(owner_id, held, version)
        if found is None:
            return Verdict.AWAITED
        if (refusal := guardduty.rejection(found)) is not None:
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
            wall_s=time.take(examine.WALL_S, at_least_s=examine.WALL_S),
        )
        rejection = report.rejection or antivirus.engine(within_s=time.left_s()).scan(source).rejection()
        if rejection is not None:
            return _reject(owner_id, held, rejection)
        return _accept(owner_id, held, version, report, source, time)


def _reject(owner_id: UUID, held: Claim, rejection: Rejection) -> Verdict:
    with database.transaction(owner_id) as connection:
        if not store.settle_rejected(connection, held, rejection):
            return Verdict.LOST
        quota.release(connection, owner_id, held.size_bytes)
        audit.write(connection, owner_id, Action.UPLOAD_REJECTED, held.id, code=rejection.code)
    logger.info("upload settled", media_id=held.id, verdict="rejected", code=rejection.code, size_bytes=held.size_bytes)
    observability.measure(
        {Metric.REJECTIONS: 1}, of=rejection.code.partition(":")[0]
    )  # the name behind it is anybody's
    return Verdict.REJECTED


def _accept(
    owner_id: UUID, held: Claim, version: ObjectVersion, report: Report, source: Path, time: Deadline
) -> Verdict:
    kind = types.ACCEPTED[report.media_type]
    notes = list(report.notes)
    view: Path | None = None
    if kind.view_copy:
        view = source.with_name("view")
        wall_s = time.take(view_copy.WALL_S, at_least_s=view_copy.WALL_S)
        refusal = view_copy.make_view(source, view, kind, wall_s=wall_s)
        if refusal is not None:
            return _reject(owner_id, held, refusal)
    # From the view copy when there is one: writing it mended what a reader would stumble over.
    text = _read(view or source, report.media_type, time) if kind.readable else None
    if text is not None and text.problem is not None:
        notes.append(Note(text.problem, extract.PROBLEMS[text.problem]))

    view_at = view_key(owner_id, held.id, report.media_type)
    view_etag = storage.put(view_at, view, media_type=kind.shown_as) if view else None
    small = source.with_name("thumbnail")
    wall_s = time.take(thumbnail.WALL_S, at_least_s=0)
    has_thumbnail = thumbnail.make_thumbnail(view or source, small, kind, wall_s=wall_s)
    if has_thumbnail:
        storage.put(thumbnail_key(owner_id, held.id), small, media_type="image/webp")
    keep_at = withheld_key if report.disarm else original_key
    etag = storage.promote(version, keep_at(owner_id, held.id), media_type=report.media_type)
    accepted = store.Accepted(
        media_type=report.media_type,
        etag=etag,
        original_withheld=report.disarm,
        view_etag=view_etag,
        view_bytes=view.stat().st_size if view else None,
        notes=notes,
        page_count=report.page_count,
        duration_ms=report.duration_ms,
        width=report.width,
        height=report.height,
        word_count=text.word_count if text else None,
        language=text.language if text and text.language != language.UNKNOWN else None,
        text_length=len(text.text) if text else None,
        has_thumbnail=has_thumbnail,
        chapters=[asdict(chapter) for chapter in text.chapters] if text else [],
    )
    verdict = _settle(owner_id, held, version, accepted, text)
    if verdict is not Verdict.LOST:
        logger.info(
            "upload settled", media_id=held.id, verdict=verdict, size_bytes=held.size_bytes, pages=report.page_count
        )
    return verdict


def _read(path: Path, media_type: str, time: Deadline) -> Reading:
    wall_s = time.take(extract.WALL_S, at_least_s=READ_AT_LEAST_S)
    return extract.read_safely(path, media_type, wall_s=wall_s)


def _settle(
    owner_id: UUID, held: Claim, version: ObjectVersion, accepted: store.Accepted, text: Reading | None
) -> Verdict:
    with database.transaction(owner_id) as connection:
        if not store.settle_ready(connection, held, accepted):
            return Verdict.LOST
        spoken, ends = (text.text, [page.end for page in text.pages]) if text is not None else ("", [])
        texts.save(connection, owner_id, held.id, spoken, ends)
        audit.write(
            connection,
            owner_id,
            Action.UPLOAD_ACCEPTED,
            held.id,
            media_type=accepted.media_type,
            disarmed=accepted.original_withheld,
        )
        # Something worse may have been said while we worked.
        refusal = scans.refusal(connection, held.id, version)
        if refusal is not None and withdraw(connection, owner_id, held.id, refusal):
            return Verdict.REJECTED
    return Verdict.READY
