"""The audit trail: who did what, when, from where. Written with what it is about, in one transaction, and never changed.

Each owner has a chain: an event's hash covers the event before it, so that one that was changed or removed shows (`check`).
Only retention shortens a chain, at its old end, and only the erasure of an account ends it.
"""

from __future__ import annotations

from uuid import UUID

from chalicelib.audit import store
from chalicelib.audit.model import Action as Action
from chalicelib.audit.model import AuditEvent, ChainCheck
from chalicelib.platform import caller
from chalicelib.platform.config import settings
from chalicelib.platform.db import cursor, database
from chalicelib.platform.db.database import Connection

PLATFORM_ID = UUID(int=0)  # owns what belongs to nobody: failed sign-ins, accounts that were erased
MAX_DELETED_PER_OWNER = 5_000  # ~50 ms; the rest waits for the next run
MAX_OWNERS_PER_RUN = 100

Detail = str | int | bool | None


def record(
    connection: Connection, owner_id: UUID, action: Action, subject_id: UUID | None = None, **detail: Detail
) -> None:
    """Write an event down as the current caller's, in the caller's transaction, as late in it as possible.

    From here to the commit the owner's other writers wait. `detail` holds a few short words and numbers; never a name, a text
    or an address.
    """
    store.insert(connection, owner_id, caller.current(), action, subject_id, detail)


def record_in_own_transaction(owner_id: UUID, action: Action, subject_id: UUID | None = None, **detail: Detail) -> None:
    """`record` in a transaction of its own, for what changes nothing in the database."""
    with database.transaction(owner_id) as connection:
        record(connection, owner_id, action, subject_id, **detail)


def list_events(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[AuditEvent]:
    """A page of the owner's trail, newest first."""
    place = cursor.decode_key(after, "audit", int)
    with database.transaction(owner_id) as connection:
        events = store.list_newest(connection, before=place and place.key, limit=limit + 1)
    return cursor.keyset_page(events, limit, lambda last: cursor.encode_key("audit", str(last.number), owner_id))


def check(owner_id: UUID) -> ChainCheck:
    """Calculate the owner's whole chain again."""
    with database.transaction(owner_id) as connection:
        return store.check(connection)


def delete_old() -> int:
    """One bounded pass over the trails of all owners: what is older than `AUDIT_DAYS` goes. Runs as the sweep's database role."""
    days = settings().audit_days
    with database.transaction(None) as connection:
        owners = store.list_owners_with_old_events(connection, days=days, limit=MAX_OWNERS_PER_RUN)
    forgotten = 0
    for owner_id in owners:
        with database.transaction(owner_id) as connection:
            forgotten += store.delete_old(connection, days=days, limit=MAX_DELETED_PER_OWNER)
    return forgotten
