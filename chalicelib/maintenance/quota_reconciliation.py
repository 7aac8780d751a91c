"""Reconciliation of quotas: count what accounts store, once a day, and correct the counters that differ."""

from __future__ import annotations

from uuid import UUID

from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import FIRST_ID
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

MAX_OWNERS_PER_RUN = 200  # ~5 ms each with 10,000 media
SCAN_INTERVAL_S = 86_400


def reconcile_quota() -> int:
    """Reconcile the next accounts of a scan over all; return the number corrected. Runs as the sweep's database role."""
    with sweep_cursors.resume("quota", every_s=SCAN_INTERVAL_S) as scan:
        if scan is None:
            return 0
        after = UUID(scan.position) if scan.position else FIRST_ID
        with database.transaction(None) as connection:
            owners = store.list_owners(connection, after, limit=MAX_OWNERS_PER_RUN)
        corrected = sum(_reconcile_owner(owner_id) for owner_id in owners)
        if owners:
            scan.save(str(owners[-1]))
        scan.is_finished = len(owners) < MAX_OWNERS_PER_RUN
    return corrected


def _reconcile_owner(owner_id: UUID) -> bool:
    with database.transaction(owner_id) as connection:
        recorded = store.lock_quota(connection)
        # Its own statement: it sees what was committed during the wait for the lock.
        stored = store.count_stored(connection)
        if recorded is None or recorded == stored:
            return False
        store.update_quota(connection, stored)
    logger.warning(
        "quota corrected",
        owner_id=owner_id,
        bytes_off=recorded.stored_bytes - stored.stored_bytes,
        items_off=recorded.stored_items - stored.stored_items,
    )
    return True
