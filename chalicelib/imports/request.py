"""Requesting imports. A text goes to the inspection at once, a page is fetched first, outside of the database's network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_never
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.imports.model import MAX_BYTES, PER_HOUR, FetchMessage, NewImport
from chalicelib.library import media, media_metadata, quota
from chalicelib.library.model import Media
from chalicelib.library.object_keys import incoming_key
from chalicelib.platform import file_names, outbound
from chalicelib.platform.aws import event_sources, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ConflictError, FieldError, TooManyRequestsError, UnprocessableContentError
from chalicelib.platform.outbound import WebAddress, WebAddressError
from chalicelib.uploads import store
from chalicelib.uploads.model import Declaration, Method

HOURLY = Limit("import", requests=PER_HOUR, per_s=3_600)
EXPIRES_AFTER = timedelta(hours=1)  # the sweep rejects an import without result earlier
MAX_TITLE_CHARACTERS = 80  # of a text without one, from its first line
PAGE, TEXT = "text/html", "text/plain"


def create(owner_id: UUID, request: NewImport, *, media_id: UUID) -> Media:
    """Start an import and return its media.

    Raises UnprocessableContentError for an address that is not called, ForbiddenError (`quota_exceeded`), and ConflictError
    (`limit_reached`).
    """
    match request:
        case NewImport(url=str(url)):
            return _import_page(owner_id, _parse(url), media_id)
        case NewImport(text=str(text)):
            return _import_text(owner_id, text, request.title, media_id)
    assert_never(request)  # type: ignore[arg-type]  # the model has one of both


def _parse(url: str) -> WebAddress:
    try:
        return outbound.parse(url.strip(), allow_loopback=settings().imports_reach_loopback)
    except WebAddressError as error:
        raise UnprocessableContentError(str(error), errors=[FieldError("url", str(error))]) from None


def _import_page(owner_id: UUID, target: WebAddress, media_id: UUID) -> Media:
    last = target.path.partition("?")[0].rstrip("/").rpartition("/")[2]
    declaration = Declaration(
        file_names.safe(f"{target.host} {last}".strip()), PAGE, None, None, Method.PUT, source_url=target.url
    )
    _count(owner_id)
    with database.transaction(owner_id) as connection:
        queued = []
        if store.get(connection, media_id) is None:  # otherwise an attempt that crashed later has started it
            _insert(connection, owner_id, media_id, declaration, title=declaration.filename, size_bytes=MAX_BYTES)
            audit.record(connection, owner_id, Action.IMPORT_REQUESTED, media_id, source="url", host=target.host)
            message = FetchMessage(owner_id=owner_id, media_id=media_id, url=target.url)
            queued = [outbox.enqueue(connection, owner_id, Queue.IMPORTS, message)]
        started = media.load(connection, media_id)
    outbox.send(queued)
    event_sources.set_polled(Queue.IMPORTS, is_polled=True)
    return started


def _import_text(owner_id: UUID, text: str, title: str | None, media_id: UUID) -> Media:
    content = text.encode()
    title = title or _first_line(text)
    declaration = Declaration(file_names.safe(f"{title}.txt"), TEXT, len(content), None, Method.PUT)
    _count(owner_id)
    with database.transaction(owner_id) as connection:
        if store.get(connection, media_id) is None:
            _insert(connection, owner_id, media_id, declaration, title=title, size_bytes=len(content))
            audit.record(
                connection, owner_id, Action.IMPORT_REQUESTED, media_id, source="text", size_bytes=len(content)
            )
        started = media.load(connection, media_id)
    storage.put_incoming(incoming_key(owner_id, media_id), content, media_type=TEXT)
    return started


def _first_line(text: str) -> str:
    line = " ".join(next(filter(str.strip, text.splitlines())).split())
    return line if len(line) <= MAX_TITLE_CHARACTERS else line[:MAX_TITLE_CHARACTERS].rpartition(" ")[0] or line[:40]


def _count(owner_id: UUID) -> None:
    """Count an import. Raises ConflictError (`limit_reached`)."""
    try:
        rate_limit.consume(HOURLY, str(owner_id))
    except TooManyRequestsError as error:
        raise ConflictError(
            f"At most {PER_HOUR} pages and texts can be imported in an hour. Try again later.",
            code="limit_reached",
            headers=error.headers,
        ) from None


def _insert(
    connection: Connection, owner_id: UUID, media_id: UUID, declaration: Declaration, *, title: str, size_bytes: int
) -> None:
    quota.reserve(connection, owner_id, size_bytes)
    store.insert_pending(
        connection,
        owner_id,
        media_id,
        declaration,
        title=title or media_metadata.title_from_filename(declaration.filename),
        reserved_bytes=size_bytes,
        expires_at=datetime.now(UTC) + EXPIRES_AFTER,
    )
