"""Create, list and revoke shares, as their owner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import access, media
from chalicelib.library.collections import collections
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, FieldError, NotFoundError, UnprocessableContentError
from chalicelib.sharing import password, store
from chalicelib.sharing import token as tokens
from chalicelib.sharing.model import MAX_SHARES, MAX_VALID_DAYS, NewShare, Share
from chalicelib.sharing.store import ShareRow

RETENTION_DAYS = 30  # an expired share is listed as long, so that its owner sees why it no longer works


def create_for_media(owner_id: UUID, media_id: UUID, request: NewShare, *, new_id: UUID) -> Share:
    """Raises NotFoundError, ConflictError (`not_ready`, `limit_reached`), and UnprocessableContentError (`expires_at`)."""
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        return _create(connection, owner_id, request, new_id, media_id=media_id, collection_id=None)


def create_for_collection(owner_id: UUID, collection_id: UUID, request: NewShare, *, new_id: UUID) -> Share:
    """Raises NotFoundError, ConflictError (`limit_reached`), and UnprocessableContentError (`expires_at`)."""
    with database.transaction(owner_id) as connection:
        collections.load(connection, collection_id)
        return _create(connection, owner_id, request, new_id, media_id=None, collection_id=collection_id)


def get(owner_id: UUID, share_id: UUID) -> Share:
    """Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        return _to_share(_load(connection, share_id))


def list_of_media(owner_id: UUID, media_id: UUID, *, after: str | None, limit: int) -> Page[Share]:
    """List the shares of a media, newest first. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        media.load(connection, media_id)
        return _list(connection, media_id=media_id, after=after, limit=limit)


def list_of_collection(owner_id: UUID, collection_id: UUID, *, after: str | None, limit: int) -> Page[Share]:
    """List the shares of a collection, newest first. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        collections.load(connection, collection_id)
        return _list(connection, collection_id=collection_id, after=after, limit=limit)


def list_all(owner_id: UUID, *, after: str | None, limit: int) -> Page[Share]:
    """List all shares of an owner, newest first."""
    with database.transaction(owner_id) as connection:
        return _list(connection, after=after, limit=limit)


def revoke(owner_id: UUID, share_id: UUID) -> None:
    """Delete a share: its address stops working at once. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        row = _load(connection, share_id)
        store.delete(connection, share_id)
        audit.record(connection, owner_id, Action.SHARE_REVOKED, row.subject_id, share=str(share_id))


def delete_expired(*, limit: int) -> int:
    """Delete shares that expired long ago; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        return store.delete_expired(connection, days=RETENTION_DAYS, limit=limit)


def check_expiry(expires_at: datetime | None, *, now: datetime) -> None:
    """Raise UnprocessableContentError for a time in the past, or too far in the future."""
    if expires_at is None or now < expires_at <= now + timedelta(days=MAX_VALID_DAYS):
        return
    problem = (
        f"The time {expires_at.isoformat()} is in the past. Send one in the future"
        if expires_at <= now
        else f"The time {expires_at.isoformat()} is more than {MAX_VALID_DAYS:,} days away. Send an earlier one"
    )
    detail = f"{problem}, or leave `expires_at` out for a share that does not expire."
    raise UnprocessableContentError(detail, errors=[FieldError("expires_at", detail)])


def _create(
    connection: Connection,
    owner_id: UUID,
    request: NewShare,
    share_id: UUID,
    *,
    media_id: UUID | None,
    collection_id: UUID | None,
) -> Share:
    if (existing := store.get(connection, share_id)) is not None:  # the first attempt was interrupted after its commit
        return _to_share(existing)
    check_expiry(request.expires_at, now=datetime.now(UTC))
    if store.count_live(connection) >= MAX_SHARES:
        raise ConflictError(
            f"You have {MAX_SHARES} share links, which is the limit. Revoke one that is no longer needed.",
            code="limit_reached",
        )
    store.insert(
        connection,
        owner_id,
        share_id,
        media_id=media_id,
        collection_id=collection_id,
        password_hash=None if request.password is None else password.hash_password(request.password),
        allows_download=request.download,
        expires_at=request.expires_at,
    )
    audit.record(
        connection,
        owner_id,
        Action.SHARE_CREATED,
        media_id or collection_id,
        share=str(share_id),
        password=request.password is not None,
        download=request.download,
        expires=request.expires_at is not None,
    )
    return _to_share(_load(connection, share_id))


def _list(
    connection: Connection,
    *,
    after: str | None,
    limit: int,
    media_id: UUID | None = None,
    collection_id: UUID | None = None,
) -> Page[Share]:
    start = cursor.decode(after)
    rows = store.list_newest(connection, media_id=media_id, collection_id=collection_id, after=start, limit=limit + 1)
    return cursor.newest_page([_to_share(row) for row in rows], limit)


def _load(connection: Connection, share_id: UUID) -> ShareRow:
    row = store.get(connection, share_id)
    if row is None:
        raise NotFoundError(f"There is no share with the id {share_id}.")
    return row


def _to_share(row: ShareRow) -> Share:
    token = tokens.issue(row.owner_id, row.id)
    page = settings().page_url
    path = f"/v1/shared/{token}"
    return Share(
        id=row.id,
        created_at=row.created_at,
        media_id=row.media_id,
        collection_id=row.collection_id,
        title=row.title,
        url=f"{page}/#/shared/{token}" if page else path,
        path=path,
        download=row.allows_download,
        has_password=row.password_hash is not None,
        expires_at=row.expires_at,
        open_count=row.open_count,
        opened_at=row.opened_at,
    )
