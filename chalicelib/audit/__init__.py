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
FORGOTTEN_PER_OWNER = 5_000  # ~50 ms; the rest waits for the next run
OWNERS_PER_RUN = 100

Detail = str | int | bool | None


def write(
    connection: Connection, owner_id: UUID, action: Action, subject_id: UUID | None = None, **detail: Detail
) -> None:
    """Write an event down as the current caller's, in the caller's transaction, as late in it as possible.

    From here to the commit the owner's other writers wait. `detail` holds a few short words and numbers; never a name, a text
    or an address.
    """
    store.insert(connection, owner_id, caller.current(), action, subject_id, detail)


def note(owner_id: UUID, action: Action, subject_id: UUID | None = None, **detail: Detail) -> None:
    """`write` in a transaction of its own, for what changes nothing in the database."""
    with database.transaction(owner_id) as connection:
        write(connection, owner_id, action, subject_id, **detail)


def page(owner_id: UUID, *, after: str | None, limit: int) -> cursor.Page[AuditEvent]:
    """A page of the owner's trail, newest first."""
    place = cursor.decode_key(after, "audit", int)
    with database.transaction(owner_id) as connection:
        events = store.newest(connection, before=place and place.key, limit=limit + 1)
    return cursor.page_by(events, limit, lambda last: cursor.encode_key("audit", str(last.number), owner_id))


def check(owner_id: UUID) -> ChainCheck:
    """Calculate the owner's whole chain again."""
    with database.transaction(owner_id) as connection:
        return store.check(connection)


def forget_old() -> int:
    """One bounded pass over the trails of all owners: what is older than `AUDIT_DAYS` goes. Runs as the sweep's database role."""
    days = settings().audit_days
    with database.transaction(None) as connection:
        owners = store.owners_before(connection, days=days, limit=OWNERS_PER_RUN)
    forgotten = 0
    for owner_id in owners:
        with database.transaction(owner_id) as connection:
            forgotten += store.forget(connection, days=days, limit=FORGOTTEN_PER_OWNER)
    return forgotten
