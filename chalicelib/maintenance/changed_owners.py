"""Owners whose data changed since the last run of a step: their audit trail has new events, as every change records one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import ChangedOwner
from chalicelib.platform.db import cursor, database
from chalicelib.platform.errors import AccountBeingErasedError

OWNERS_PER_READ = 100
SETTLED_AFTER_S = 300  # no transaction is that long: none commits an older change later


@dataclass
class OwnerScan:
    """Result of one run: the faults that it has `found`. `unfinished` is 1 when the time was up, and the next run continues."""

    found: int = 0
    unfinished: int = 0


def for_each(step: str, act: Callable[[UUID], int], *, settled_after_s: int = SETTLED_AFTER_S) -> OwnerScan:
    """Act on the owners with changes since the last run, oldest change first, until the time is up.

    A change counts when it is `settled_after_s` old. `act` returns how many faults it found. Runs as the sweep's database role.
    """
    result = OwnerScan()
    with sweep_cursors.resume(f"changed: {step}", every_s=0) as scan:
        while scan is not None:
            after = cursor.decode(scan.position or None)
            with database.transaction(None) as connection:
                owners = store.list_changed_owners(
                    connection, after, settled_after_s=settled_after_s, limit=OWNERS_PER_READ
                )
            for owner in owners:
                with suppress(AccountBeingErasedError):
                    result.found += act(owner.owner_id)
                scan.save(_position(owner))
                if scan.is_out_of_time:
                    result.unfinished = 1
                    return result
            if len(owners) < OWNERS_PER_READ:
                break
    return result


def _position(owner: ChangedOwner) -> str:
    return cursor.encode(cursor.TimeCursor(owner.changed_at, owner.owner_id))
