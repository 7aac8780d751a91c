"""Calculating every audit trail again, a few at each run: one that was changed behind our back is reported."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import ZERO
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

MAX_CHAINS_PER_RUN = 50  # ~15 ms per thousand events
SCAN_INTERVAL_S = 86_400


def check() -> int:
    """One bounded part of a round over all trails; answers how many are broken. Runs as the sweep's database role."""
    broken = 0
    with sweep_cursors.resume("audit trails", every_s=SCAN_INTERVAL_S) as this:
        if this is None:
            return 0
        begin = not this.position
        with database.transaction(None) as connection:
            owners = store.list_audited_owners(
                connection, UUID(this.position) if this.position else ZERO, limit=MAX_CHAINS_PER_RUN
            )
        if begin:
            broken += _is_broken(audit.PLATFORM_ID)
        for owner_id in owners:
            broken += _is_broken(owner_id)
            this.save(str(owner_id))
            if this.is_out_of_time:
                return broken
        this.is_finished = len(owners) < MAX_CHAINS_PER_RUN
    return broken


def _is_broken(owner_id: UUID) -> bool:
    fault = audit.check(owner_id).fault
    if fault is not None:
        logger.error("audit trail broken", owner_id=owner_id, number=fault.number, fault=fault.fault)
    return fault is not None
