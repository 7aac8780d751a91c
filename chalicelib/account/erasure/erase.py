"""Erase an account: rows, object versions, unfinished uploads; then verify and write a receipt.

Every step can be repeated, and a crash between two of them is followed by another run: an erasure ends with its receipt.
While the tombstone exists, late writes for the owner are rejected (`app.reject_erased_owner`); later they find no row to change.
The verification starts when every worker that was running has ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from graphlib import TopologicalSorter

from chalicelib import audit
from chalicelib.account import messages
from chalicelib.account.erasure import store
from chalicelib.account.erasure.model import (
    ErasureReceipt,
    ErasureStatus,
    RemainingCounts,
    RemovedCounts,
    list_prefixes,
)
from chalicelib.account.erasure.store import ErasureClaim
from chalicelib.account.messages import ErasureMessage
from chalicelib.audit import Action
from chalicelib.platform.aws import buckets
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, lease, owned_tables
from chalicelib.platform.db.database import Connection
from chalicelib.platform.deadline import Deadline, DeadlineExceededError
from chalicelib.platform.telemetry.observability import logger

LEASE_S = 305  # the function's time limit and a little: a lease never ends under a living worker
WORK_S = 200  # no batch is started after it
ROWS_PER_BATCH = 2_000  # ~100 ms
TOMBSTONE_TABLE = "erasures"  # has owners too, and outlives them


@dataclass
class ErasureRun:
    """One worker's turn. `removed` counts what all runs removed, `removed_count` what this one did."""

    claim: ErasureClaim
    removed: RemovedCounts
    deadline: Deadline
    removed_count: int = 0

    def record_removed(self, connection: Connection, counts: dict[str, int], name: str, number: int) -> None:
        """Add to one of the counts in `removed`. Raises LeaseLostError."""
        counts[name] = counts.get(name, 0) + number
        self.removed_count += number
        store.record_removed(connection, self.claim, self.removed)

    def check_time(self) -> None:
        if self.deadline.remaining_s() == 0:
            raise DeadlineExceededError("another run continues")


def erase(message: ErasureMessage, *, work_s: float = WORK_S) -> None:
    """Start or resume an erasure, and send its message again until it is done.

    Failures are raised, so that the queue retries.
    """
    with database.transaction(message.owner_id) as connection:
        claim = store.claim(connection, message.erasure_id, lease_s=LEASE_S)
        if claim is None:
            return
        store.record_trail_end(connection, claim)
    run = ErasureRun(claim, RemovedCounts.model_validate(claim.removed), Deadline(work_s))
    try:
        with lease.hold(claim, store.release):
            _delete_rows(run)
            _delete_objects(run)
            if claim.status == ErasureStatus.VERIFYING and run.removed_count == 0:
                _complete(run)
            else:
                _schedule_verification(message, run)
    except DeadlineExceededError:
        messages.send(message)


def order_children_first(tables: Iterable[str], foreign_keys: Iterable[tuple[str, str]]) -> list[str]:
    """Order tables for deletion: each before those that its rows reference."""
    names = sorted(tables)
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(names, ()))
    for child, parent in foreign_keys:
        if child in names and parent in names:
            sorter.add(parent, child)
    return list(sorter.static_order())


def _list_tables(connection: Connection) -> list[str]:
    tables = [table.name for table in owned_tables.list_owned_tables(connection) if table.name != TOMBSTONE_TABLE]
    return order_children_first(tables, owned_tables.list_foreign_keys(connection))


def _delete_rows(run: ErasureRun) -> None:
    with database.transaction(run.claim.owner_id) as connection:
        tables = _list_tables(connection)
    for table in tables:
        while True:
            with database.transaction(run.claim.owner_id) as connection:
                deleted = store.delete_rows(connection, table, limit=ROWS_PER_BATCH)
                if deleted:
                    run.record_removed(connection, run.removed.rows, table, deleted)
            if deleted:
                run.check_time()
            if deleted < ROWS_PER_BATCH:
                break


def _delete_objects(run: ErasureRun) -> None:
    for bucket, prefix in list_prefixes(run.claim.owner_id):
        for batches, counts in (
            (buckets.abort_uploads_under(bucket, prefix), run.removed.uploads),
            (buckets.delete_prefix(bucket, prefix), run.removed.versions),
        ):
            for removed in batches:
                with database.transaction(run.claim.owner_id) as connection:
                    run.record_removed(connection, counts, bucket.value, removed)
                run.check_time()


def _schedule_verification(message: ErasureMessage, run: ErasureRun) -> None:
    quiet_s = settings().erasure_quiet_s
    with database.transaction(message.owner_id) as connection:
        store.schedule_verification(connection, run.claim, quiet_s=quiet_s)
    messages.send(message, delay_s=quiet_s)
    logger.info("erasure verification scheduled", erasure_id=run.claim.id, removed=run.removed_count)


def _complete(run: ErasureRun) -> None:
    """Count once more. Anything that exists now was written during this run and needs another one."""
    claim = run.claim
    remaining = _count_remaining(claim)
    if remaining.rows or remaining.versions or remaining.uploads:
        with database.transaction(claim.owner_id) as connection:
            store.release(connection, claim)
        messages.send(ErasureMessage(owner_id=claim.owner_id, erasure_id=claim.id))
        return
    with database.transaction(claim.owner_id) as connection:
        receipt = ErasureReceipt(
            erasure_id=claim.id,
            account=claim.pseudonym,
            requested_at=claim.requested_at,
            finished_at=datetime.now(UTC),
            removed=run.removed,
            left=remaining,
            audit=store.get_trail_end(connection, claim),
        )
        receipt.sha256 = receipt.calculate_sha256()
        store.complete(connection, claim, receipt)
        database.set_current_owner(connection, audit.PLATFORM_ID)
        audit.record(connection, audit.PLATFORM_ID, Action.ACCOUNT_ERASED, claim.id, receipt_sha256=receipt.sha256)
    logger.info(
        "account erased",
        erasure_id=claim.id,
        rows=sum(run.removed.rows.values()),
        versions=sum(run.removed.versions.values()),
    )


def _count_remaining(claim: ErasureClaim) -> RemainingCounts:
    with database.transaction(claim.owner_id) as connection:
        rows = sum(store.count_rows(connection, table) for table in _list_tables(connection))
    counts = [buckets.count_prefix(bucket, prefix) for bucket, prefix in list_prefixes(claim.owner_id)]
    return RemainingCounts(
        rows=rows, versions=sum(versions for versions, _ in counts), uploads=sum(uploads for _, uploads in counts)
    )
