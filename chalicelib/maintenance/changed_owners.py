"""Owners whose data changed since the last run of a step: their audit trail has new events, as every change records one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import ChangedOwner
from chalicelib.platform.db import cursor, database
from chalicelib.platform.errors import AccountBeingErasedError

OWNERS_PER_READ = 100
SETTLED_AFTER_S = 300  # no transaction is that long: none commits an older change later

Result = TypeVar("Result")


def for_each(step: str, act: Callable[[UUID], Result]) -> Iterator[Result]:
    """Act on the owners with changes since the last run, oldest change first; yield the results.

    Stops when the time is up, and the next run continues behind the last owner. Runs as the sweep's database role.
    """
    with sweep_cursors.resume(f"changed: {step}", every_s=0) as scan:
        while scan is not None:
            after = cursor.decode(scan.position or None)
            with database.transaction(None) as connection:
                owners = store.list_changed_owners(
                    connection, after, settled_after_s=SETTLED_AFTER_S, limit=OWNERS_PER_READ
                )
            for owner in owners:
                with suppress(AccountBeingErasedError):
                    yield act(owner.owner_id)
                scan.save(_position(owner))
                if scan.is_out_of_time:
                    return
            if len(owners) < OWNERS_PER_READ:
                return


def _position(owner: ChangedOwner) -> str:
    return cursor.encode(cursor.TimeCursor(owner.changed_at, owner.owner_id))
