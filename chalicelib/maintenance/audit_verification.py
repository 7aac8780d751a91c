"""Verification of audit trails: recompute every chain, a few at each run, and report those that were tampered with."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import FIRST_ID
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

MAX_CHAINS_PER_RUN = 50  # ~15 ms per thousand events
SCAN_INTERVAL_S = 86_400


def check() -> int:
    """Verify the next trails of a scan over all; return the number of broken ones. Runs as the sweep's database role."""
    broken = 0
    with sweep_cursors.resume("audit trails", every_s=SCAN_INTERVAL_S) as scan:
        if scan is None:
            return 0
        is_start = not scan.position
        after = UUID(scan.position) if scan.position else FIRST_ID
        with database.transaction(None) as connection:
            owners = store.list_audited_owners(connection, after, limit=MAX_CHAINS_PER_RUN)
        if is_start:
            broken += _is_broken(audit.PLATFORM_ID)
        for owner_id in owners:
            broken += _is_broken(owner_id)
            scan.save(str(owner_id))
            if scan.is_out_of_time:
                return broken
        scan.is_finished = len(owners) < MAX_CHAINS_PER_RUN
    return broken


def _is_broken(owner_id: UUID) -> bool:
    fault = audit.check(owner_id).fault
    if fault is not None:
        logger.error("audit trail broken", owner_id=owner_id, number=fault.number, fault=fault.fault)
    return fault is not None
