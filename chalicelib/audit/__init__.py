"""The audit trail: actor, action, subject, time and origin, recorded in the transaction of the change and never rewritten.

Each owner has a chain: an event's hash covers the event before it, so that `check` finds a changed or deleted one.
Only retention shortens a chain, at its old end, and only the erasure of an account ends it.
"""

from __future__ import annotations

from uuid import UUID

from chalicelib.audit import store
from chalicelib.audit.model import DOWNLOADS, AuditEvent, ChainCheck, VerifiedEvent
from chalicelib.audit.model import Action as Action
from chalicelib.audit.model import ChainVerification as ChainVerification
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.deadline import Deadline

PLATFORM_ID = UUID(int=0)  # owner of events without a user: failed sign-ins, erased accounts
MAX_DELETED_PER_OWNER = 5_000  # in one statement, ~50 ms
MAX_CHECKED = 20_000  # events in one request, ~0.3 s
BEFORE_FIRST = VerifiedEvent()
OWNERS_PER_READ = 100
DELETE_S = 20  # no owners are read later; at a million users 100,000 of them have events that expire today

Detail = str | int | bool | None


def record(
    connection: Connection, owner_id: UUID, action: Action, subject_id: UUID | None = None, **detail: Detail
) -> None:
    """Record an event of the current caller. Call it as late in the transaction as possible: the owner's other writers wait.

    `detail` holds a few short words and numbers; never a name, a text or an address. HEAD downloads nothing. What an API key does
    has the key's id as `api_key`. What readers of a share fetch is not recorded one by one: `share.opened` counts them.
    """
    if action in DOWNLOADS and (caller.current().is_head or caller.current().actor is Actor.SHARE_LINK):
        return
    key_id = caller.current().api_key_id
    if key_id is not None:
        detail["api_key"] = str(key_id)
    store.insert(connection, owner_id, caller.current(), action, subject_id, detail)


def record_in_own_transaction(owner_id: UUID, action: Action, subject_id: UUID | None = None, **detail: Detail) -> None:
    """Record an event without another change in the database."""
    with database.transaction(owner_id) as connection:
        record(connection, owner_id, action, subject_id, **detail)


def list_events(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[AuditEvent]:
    """Return a page of the owner's trail, newest first."""
    position = cursor.decode_key(after, "audit", cursor.parse_bigint)
    with database.transaction(owner_id) as connection:
        events = store.list_newest(connection, before=position and position.key, limit=limit + 1)
    return cursor.keyset_page(events, limit, lambda last: cursor.encode_key("audit", str(last.number), owner_id))


def check(owner_id: UUID, *, after: VerifiedEvent = BEFORE_FIRST, limit: int = MAX_CHECKED) -> ChainCheck:
    """Recompute the owner's chain from behind an event on, which must still be the same, up to `limit` events."""
    with database.transaction(owner_id) as connection:
        first = max(store.get_deleted_number(connection), after.number) + 1
        result = store.verify_after(connection, after, limit=limit)
    is_done = result.is_end or result.fault is not None
    return ChainCheck(
        intact=result.fault is None,
        first=first,
        last=result.last.number,
        hash=result.last.hash.hex(),
        fault=result.fault,
        next=None if is_done else str(result.last),
    )


def verify_after(connection: Connection, verified: VerifiedEvent, *, limit: int) -> ChainVerification:
    """Verify up to `limit` of the owner's events after one that was verified before."""
    return store.verify_after(connection, verified, limit=limit)


def delete_old() -> int:
    """Delete events older than `AUDIT_DAYS`, of all owners, until the time is up. Runs as the sweep's database role."""
    days, deadline, deleted = settings().audit_days, Deadline(DELETE_S), 0
    while deadline.remaining_s():
        with database.transaction(None) as connection:
            owners = store.list_owners_with_old_events(connection, days=days, limit=OWNERS_PER_READ)
        before = deleted
        for owner_id in owners:
            with database.transaction(owner_id) as connection:
                deleted += store.delete_old(connection, days=days, limit=MAX_DELETED_PER_OWNER)
        if deleted == before:
            break
    return deleted
