"""From bytes that arrived to a verdict: claim, inspect, promote, settle, clean up. Every crash point can be replayed."""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from chalicelib.account import audit
from chalicelib.account.audit import Action
from chalicelib.inspection import examine, thumbnail, types, viewcopy
from chalicelib.inspection.model import Note, Rejection, Report
from chalicelib.library import quota, texts
from chalicelib.library.model import original_key, thumbnail_key, view_key, withheld_key
from chalicelib.platform import database, storage
from chalicelib.platform.config import settings
from chalicelib.platform.observability import logger
from chalicelib.platform.storage import ObjectVersion
from chalicelib.reading import language, read
from chalicelib.reading.model import Reading
from chalicelib.uploads import antivirus, store
from chalicelib.uploads.model import Claim

LEASE_S = 95  # the function's time limit and a little: a claim never runs out under a living worker
_KEY = re.compile(r"uploads/(?P<owner>[0-9a-f-]{36})/(?P<media>[0-9a-f-]{36})")


class Verdict(StrEnum):
    READY = "ready"
    REJECTED = "rejected"
    NOT_OURS = "not_ours"  # a key the server never made
    SETTLED = "settled"  # an event that came again, or bytes that came too late
    HELD = "held"  # another worker has it
    GONE = "gone"  # the event was about an object that is not there any more
    LOST = "lost"  # our lease ran out while we worked, another worker went on


def ingest(key: str) -> Verdict:
    """Handle the arrival of one object, as often as its event comes.

    A refusal is written down and answered; a failure (antivirus, storage or database down) is raised, so that the queue tries
    again while the object stays unreadable.
    """
    match = _KEY.fullmatch(key)
    if match is None:
        return Verdict.NOT_OURS
    owner_id, media_id = UUID(match["owner"]), UUID(match["media"])
    with database.transaction(owner_id) as connection:
        held = store.claim(connection, media_id, lease_s=LEASE_S)
        status = None if held else store.find_status(connection, media_id)
    if held is None:
        if status == "inspecting":
            return Verdict.HELD
        storage.delete_incoming(key)
        return Verdict.SETTLED
    try:
        version = storage.find_incoming(key)
        verdict = _decide(owner_id, _with_real_size(owner_id, held, version), version)
    except (storage.ObjectGoneError, storage.ObjectChangedError):
        # Replaced or removed while we looked: what we saw must not be judged. The replacement has an event of its own.
        with database.transaction(owner_id) as connection:
            store.give_back(connection, held)
        return Verdict.GONE
    if verdict is not Verdict.LOST:
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


def _decide(owner_id: UUID, held: Claim, version: ObjectVersion) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="ingest-") as folder:
        source = Path(folder) / "source"
        if version.size_bytes > types.MAX_FILE_BYTES:  # not even fetched
            report = examine.too_large(held.media_type, version.size_bytes)
        else:
            storage.download_incoming(version, source)
            report = examine.examine(
                source,
                declared_type=held.media_type,
                filename=held.filename,
                size_bytes=held.size_bytes,
                sha256=held.sha256,
                active_content=settings().pdf_active_content,
            )
        rejection = report.rejection or antivirus.engine().scan(source).rejection()
        if rejection is not None:
            return _reject(owner_id, held, rejection)
        return _accept(owner_id, held, version, report, source)


def _reject(owner_id: UUID, held: Claim, rejection: Rejection) -> Verdict:
    with database.transaction(owner_id) as connection:
        if not store.settle_rejected(connection, held, rejection):
            return Verdict.LOST
        quota.release(connection, owner_id, held.size_bytes)
        audit.write(connection, owner_id, Action.UPLOAD_REJECTED, held.id, code=rejection.code)
    logger.info("upload settled", media_id=held.id, verdict="rejected", code=rejection.code, size_bytes=held.size_bytes)
    return Verdict.REJECTED


def _accept(owner_id: UUID, held: Claim, version: ObjectVersion, report: Report, source: Path) -> Verdict:
    kind = types.ACCEPTED[report.media_type]
    notes = list(report.notes)
    view: Path | None = None
    if kind.view_copy:
        view = source.with_name("view")
        refusal = viewcopy.make_view(source, view, kind)
        if refusal is not None:
            return _reject(owner_id, held, refusal)
    # From the view copy when there is one: writing it mended what a reader would stumble over.
    text = read.read_safely(view or source, report.media_type) if kind.readable else None
    if text is not None and text.problem is not None:
        notes.append(Note(text.problem, read.PROBLEMS[text.problem]))

    view_at = view_key(owner_id, held.id, report.media_type)
    view_etag = storage.put(view_at, view, media_type=report.media_type) if view else None
    small = source.with_name("thumbnail")
    if thumbnail.make_thumbnail(view or source, small, kind):
        storage.put(thumbnail_key(owner_id, held.id), small, media_type="image/webp")
    keep_at = withheld_key if report.disarm else original_key
    etag = storage.promote(version, keep_at(owner_id, held.id), media_type=report.media_type)
    outcome = store.Outcome(
        media_type=report.media_type,
        etag=etag,
        original_withheld=report.disarm,
        view_etag=view_etag,
        view_bytes=view.stat().st_size if view else None,
        notes=notes,
        page_count=report.page_count,
        duration_ms=report.duration_ms,
        word_count=text.word_count if text else None,
        language=text.language if text and text.language != language.UNKNOWN else None,
        text_length=len(text.text) if text else None,
        chapters=[asdict(chapter) for chapter in text.chapters] if text else [],
    )
    if not _settle(owner_id, held, outcome, text):
        return Verdict.LOST
    logger.info(
        "upload settled", media_id=held.id, verdict="ready", size_bytes=held.size_bytes, pages=report.page_count
    )
    return Verdict.READY


def _settle(owner_id: UUID, held: Claim, outcome: store.Outcome, text: Reading | None) -> bool:
    with database.transaction(owner_id) as connection:
        if not store.settle_ready(connection, held, outcome):
            return False
        spoken, ends = (text.text, [page.end for page in text.pages]) if text is not None else ("", [])
        texts.save(connection, owner_id, held.id, spoken, ends)
        audit.write(
            connection,
            owner_id,
            Action.UPLOAD_ACCEPTED,
            held.id,
            media_type=outcome.media_type,
            disarmed=outcome.original_withheld,
        )
    return True
