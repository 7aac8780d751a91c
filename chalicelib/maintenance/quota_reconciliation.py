"""What accounts count is what is there: counted again, once a day, and corrected where a mistake of ours left a difference."""

from __future__ import annotations

from uuid import UUID

from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import ZERO
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

MAX_OWNERS_PER_RUN = 200  # ~5 ms each with 10,000 media
SCAN_INTERVAL_S = 86_400


def reconcile_quota() -> int:
    """One bounded part of a round over all accounts; answers how many were corrected. Runs as the sweep's database role."""
    with sweep_cursors.resume("quota", every_s=SCAN_INTERVAL_S) as this:
        if this is None:
            return 0
        with database.transaction(None) as connection:
            owners = store.list_owners(
                connection, UUID(this.position) if this.position else ZERO, limit=MAX_OWNERS_PER_RUN
            )
        corrected = sum(_recount(owner_id) for owner_id in owners)
        if owners:
            this.save(str(owners[-1]))
        this.is_finished = len(owners) < MAX_OWNERS_PER_RUN
    return corrected


def _recount(owner_id: UUID) -> bool:
    with database.transaction(owner_id) as connection:
        counted = store.lock_quota(connection)
        right = store.count_stored(connection)  # a statement of its own: it sees what was committed while we waited
        if counted is None or counted == right:
            return False
        store.update_quota(connection, right)
    logger.warning(
        "quota corrected",
        owner_id=owner_id,
        bytes_off=counted.stored_bytes - right.stored_bytes,
        items_off=counted.stored_items - right.stored_items,
    )
    return True
