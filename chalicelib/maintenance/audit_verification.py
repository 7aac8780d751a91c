"""Verification of audit trails: the new events of trails that changed, at each run; all trails against their anchors, once a
day; all events of all trails, once a month.

At 1,000 registered users ~100 trails change in a day: 0.2 s, and all of them take 5 s. At a million 100,000 change: four
minutes; all of them take 80, in as many runs as it takes. A broken trail is reported when it changes, and every month.
"""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit.model import VerifiedEvent
from chalicelib.maintenance import audit_anchors, changed_owners, store, sweep_cursors
from chalicelib.maintenance.changed_owners import OwnerScan
from chalicelib.maintenance.store import FIRST_ID
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

OWNERS_PER_READ = 50
EVENTS_PER_READ = 20_000  # ~0.3 s; failed sign-ins alone may be five million in a year
SCAN_INTERVAL_S = 30 * 86_400


def check() -> OwnerScan:
    """Verify the trails that are due; return how many are broken. Runs as the sweep's database role."""
    changed = changed_owners.for_each("audit trails", _check_new_events)
    unlike_anchor, every = audit_anchors.update(), _check_all_events()
    return OwnerScan(changed.found + unlike_anchor + every.found, changed.unfinished or every.unfinished)


def _check_new_events(owner_id: UUID) -> bool:
    with database.transaction(owner_id) as connection:
        verified = store.get_verified_event(connection) or VerifiedEvent()
    while True:
        with database.transaction(owner_id) as connection:
            result = audit.verify_after(connection, verified, limit=EVENTS_PER_READ)
            if result.fault is None:
                store.upsert_verified_event(connection, owner_id, result.last)
        if result.fault is not None or result.is_end:
            return _report(owner_id, result)
        verified = result.last


def _check_all_events() -> OwnerScan:
    """Verify the next trails of a scan over all. Its position is an owner and, in a long trail, the last verified event."""
    result = OwnerScan()
    with sweep_cursors.resume("audit trails", every_s=SCAN_INTERVAL_S) as scan:
        if scan is None:
            return result
        owner, _, event = scan.position.partition(" ")
        after = UUID(owner) if owner else FIRST_ID
        result.unfinished = 1
        if not owner or event:  # the platform's own trail is the first, and a long one is continued
            result.found += _check_trail(scan, after, VerifiedEvent.parse(event))
            if scan.is_out_of_time:
                return result
        while True:
            with database.transaction(None) as connection:
                owners = store.list_audited_owners(connection, after, limit=OWNERS_PER_READ)
            if not owners:
                scan.is_finished, result.unfinished = True, 0
                return result
            for after in owners:
                result.found += _check_trail(scan, after, VerifiedEvent())
                if scan.is_out_of_time:
                    return result


def _check_trail(scan: sweep_cursors.SweepCursor, owner_id: UUID, verified: VerifiedEvent) -> bool:
    """Verify one trail, or as much of it as there is time for."""
    while True:
        with database.transaction(owner_id) as connection:
            result = audit.verify_after(connection, verified, limit=EVENTS_PER_READ)
        is_done = result.is_end or result.fault is not None
        scan.save(str(owner_id) if is_done else f"{owner_id} {result.last}")
        if is_done or scan.is_out_of_time:
            return _report(owner_id, result)
        verified = result.last


def _report(owner_id: UUID, result: audit.ChainVerification) -> bool:
    if result.fault is not None:
        logger.error("audit trail broken", owner_id=owner_id, number=result.fault.number, fault=result.fault.fault)
    return result.fault is not None
