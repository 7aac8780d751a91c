"""Requesting text recognition, and cancelling it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from uuid6 import uuid7

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.inspection import types
from chalicelib.library import access, media
from chalicelib.library.model import Media
from chalicelib.platform.aws import event_sources
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.recognition import store
from chalicelib.recognition.messages import RecognitionMessage
from chalicelib.recognition.model import MAX_IN_FLIGHT, MAX_PAGES, SCAN_CODES, Scan
from chalicelib.recognition.source_file import MEDIA_TYPE

PER_HOUR = 10  # requests of one owner: a document of 2,000 pages takes three quarters of an hour of processor time
HOUR_S = 3_600


def start_automatically(
    connection: Connection, owner_id: UUID, media_id: UUID, pages: Sequence[int]
) -> list[OutboxMessage]:
    """Start the recognition of a document that has just become ready, in the caller's transaction.

    Returns the messages to send after its commit; none without pages, or with more than a recognition may have.
    """
    if not 0 < len(pages) <= MAX_PAGES:
        return []
    return _start(connection, owner_id, media_id, uuid7(), pages=pages, languages=(), is_automatic=True)


def create(owner_id: UUID, media_id: UUID, languages: Sequence[str] | None, *, recognition_id: UUID) -> Media:
    """Start the recognition of a scan, again or in other languages, or of a picture.

    The text of a picture is recognised only on request. Raises NotFoundError, ConflictError (`not_ready`, `not_a_scan`,
    `too_many_pages`, `recognition_running`, `limit_reached`), and UnprocessableContentError for an unknown language.
    """
    tags = [_parse_language(tag) for tag in languages or ()]
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        scan = store.get_scan(connection, media_id)
        assert scan is not None  # noqa: S101 - it is open
        if scan.running_id == recognition_id:  # an earlier attempt at this request started it
            return media.load(connection, media_id)
        _require_recognizable(scan)
        if store.count_requested(connection, within_s=HOUR_S) >= PER_HOUR:
            raise ConflictError(
                f"At most {PER_HOUR} recognitions can be requested in an hour. Try again later.", code="limit_reached"
            )
        queued = _start(
            connection,
            owner_id,
            media_id,
            recognition_id,
            pages=(1,) if scan.is_picture else scan.pages or (),
            languages=list(dict.fromkeys(tags)),
            is_automatic=False,
        )
        started = media.load(connection, media_id)
    send(queued)
    return started


def send(queued: Sequence[OutboxMessage]) -> None:
    """Send the messages of recognitions that were started. Raises UnavailableError; the sweep sends what was not sent."""
    if queued:
        outbox.send(queued)
        event_sources.set_polled(Queue.RECOGNITION, is_polled=True)


def cancel(owner_id: UUID, media_id: UUID) -> None:
    """Cancel the recognition of a document, which keeps the text that it has. Raises NotFoundError without one."""
    with database.transaction(owner_id) as connection:
        media.load(connection, media_id)
        recognition_id = store.cancel(connection, media_id)
        if recognition_id is None:
            raise NotFoundError(f"No recognition of the media {media_id} is running.")
        store.set_progress(connection, media_id, None, None, None)
        audit.record(connection, owner_id, Action.RECOGNITION_CANCELLED, media_id)


def _start(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    recognition_id: UUID,
    *,
    pages: Sequence[int],
    languages: Sequence[str],
    is_automatic: bool,
) -> list[OutboxMessage]:
    store.insert(
        connection, owner_id, recognition_id, media_id, pages=pages, languages=languages, is_automatic=is_automatic
    )
    audit.record(
        connection,
        owner_id,
        Action.RECOGNITION_REQUESTED,
        media_id,
        pages=len(pages),
        languages=",".join(languages),
        automatic=is_automatic,
    )
    message = RecognitionMessage(owner_id=owner_id, recognition_id=recognition_id)
    count = min(max(len(pages), 1), MAX_IN_FLIGHT)
    return [outbox.enqueue(connection, owner_id, Queue.RECOGNITION, message) for _ in range(count)]


def _parse_language(tag: str) -> str:
    available = settings().recognition_languages
    primary = tag.replace("_", "-").partition("-")[0].lower()
    if primary not in available:
        raise UnprocessableContentError(
            f"Text in the language {tag!r} cannot be recognized here. Choose from: {', '.join(available)}.",
            code="unknown_language",
        )
    return primary


def _require_recognizable(scan: Scan) -> None:
    if scan.running_id is not None:
        raise ConflictError(
            f"The text of {scan.filename!r} is being recognized. Wait for it, or cancel it first.",
            code="recognition_running",
        )
    if scan.is_picture:
        return
    if scan.media_type != MEDIA_TYPE:
        label = types.ACCEPTED_TYPES[scan.media_type].label
        raise ConflictError(
            f"{scan.filename!r} is {label}. Text is recognized in scans and in pictures.", code="not_a_scan"
        )
    if not (scan.pages or set(SCAN_CODES) & set(scan.note_codes)):
        raise ConflictError(
            f"{scan.filename!r} is not a scan: its pages have text, which can be read as it is.", code="not_a_scan"
        )
    if scan.page_count is not None and scan.page_count > MAX_PAGES:
        raise ConflictError(
            f"{scan.filename!r} has {scan.page_count:,} pages, and at most {MAX_PAGES:,} can be recognized. Split it.",
            code="too_many_pages",
        )
