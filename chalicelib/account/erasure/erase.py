"""Erasing an account: rows, objects with all their versions, begun uploads; then, when every worker has ended, the proof.

Each step may be repeated, and a crash between any two of them is followed by another visit: an erasure ends with its receipt.
What is late with something new for the owner meets the tombstone (`app.refuse_erased`) while the erasure lasts and, afterwards,
finds nothing that it could add to.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from graphlib import TopologicalSorter

from chalicelib import audit
from chalicelib.account import messages
from chalicelib.account import store as accounts
from chalicelib.account.erasure import store
from chalicelib.account.erasure.model import ErasureStatus, Left, Receipt, Removed, list_prefixes
from chalicelib.account.erasure.store import ErasureClaim
from chalicelib.account.messages import ErasureMessage
from chalicelib.audit import Action
from chalicelib.platform.aws import buckets
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.telemetry.observability import logger

LEASE_S = 305  # the function's time limit and a little: a claim never runs out under a living worker
WORK_S = 200  # nothing is begun after it
ROWS_PER_BATCH = 2_000  # ~100 ms
TOMBSTONE_TABLE = "erasures"  # belongs to owners too, and outlives them


class LeaseLostError(Exception):
    """Another worker went on with the erasure."""


class OutOfTimeError(Exception):
    """The rest is for another visit."""


@dataclass
class ErasureRun:
    claim: ErasureClaim
    removed: Removed
    work_s: float
    removed_count: int = 0
    started: float = field(default_factory=time.monotonic)

    def record_removed(self, connection: Connection, kind: dict[str, int], name: str, number: int) -> None:
        kind[name] = kind.get(name, 0) + number
        self.removed_count += number
        if not store.record_removed(connection, self.claim, self.removed):
            raise LeaseLostError

    def check_time(self) -> None:
        if time.monotonic() - self.started > self.work_s:
            raise OutOfTimeError


def erase(order: ErasureMessage, *, work_s: float = WORK_S) -> None:
    """Go on with an erasure, and ask to be called again while it is not done. A failure is raised: the queue tries again."""
    with database.transaction(order.owner_id) as connection:
        held = store.claim(connection, order.erasure_id, lease_s=LEASE_S)
        if held is None:
            return
        store.record_trail_end(connection, held)
    visit = ErasureRun(held, Removed.model_validate(held.removed), work_s)
    try:
        _remove_rows(visit)
        _remove_objects(visit)
        if held.status == ErasureStatus.VERIFYING and visit.removed_count == 0:
            _settle(visit)
        else:
            _wait(order, visit)
    except OutOfTimeError:
        _give_back(held)
        messages.send(order)
    except LeaseLostError:
        logger.info("erasure lost", erasure_id=held.id)
    except Exception:
        _give_back(held)
        raise


def order_children_first(tables: Iterable[str], references: Iterable[tuple[str, str]]) -> list[str]:
    """Tables so that each stands before those that its rows name: in this order rows can go."""
    wanted = sorted(tables)
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(wanted, ()))
    for child, parent in references:
        if child in wanted and parent in wanted:
            sorter.add(parent, child)
    return list(sorter.static_order())


def _tables(connection: Connection) -> list[str]:
    owned = [table.name for table in accounts.list_owned_tables(connection) if table.name != TOMBSTONE_TABLE]
    return order_children_first(owned, accounts.list_foreign_keys(connection))


def _remove_rows(visit: ErasureRun) -> None:
    with database.transaction(visit.claim.owner_id) as connection:
        tables = _tables(connection)
    for table in tables:
        while True:
            with database.transaction(visit.claim.owner_id) as connection:
                gone = store.delete_rows(connection, table, limit=ROWS_PER_BATCH)
                if gone:
                    visit.record_removed(connection, visit.removed.rows, table, gone)
            if gone:
                visit.check_time()
            if gone < ROWS_PER_BATCH:
                break


def _remove_objects(visit: ErasureRun) -> None:
    for bucket, prefix in list_prefixes(visit.claim.owner_id):
        for steps, kind in (
            (buckets.abort_uploads_under(bucket, prefix), visit.removed.uploads),
            (buckets.delete_prefix(bucket, prefix), visit.removed.versions),
        ):
            for gone in steps:
                with database.transaction(visit.claim.owner_id) as connection:
                    visit.record_removed(connection, kind, bucket.value, gone)
                visit.check_time()


def _wait(order: ErasureMessage, visit: ErasureRun) -> None:
    quiet_s = settings().erasure_quiet_s
    with database.transaction(order.owner_id) as connection:
        store.schedule_verification(connection, visit.claim, quiet_s=quiet_s)
    messages.send(order, delay_s=quiet_s)
    logger.info("erasure waits for its proof", erasure_id=visit.claim.id, found=visit.removed_count)


def _settle(visit: ErasureRun) -> None:
    """Look once more at everything; what is there now came during this visit, and calls for another."""
    held = visit.claim
    left = _count_left(visit)
    if left.rows or left.versions or left.uploads:
        _give_back(held)
        messages.send(ErasureMessage(owner_id=held.owner_id, erasure_id=held.id))
        return
    with database.transaction(held.owner_id) as connection:
        receipt = Receipt(
            erasure_id=held.id,
            account=held.pseudonym,
            requested_at=held.requested_at,
            finished_at=datetime.now(UTC),
            removed=visit.removed,
            left=left,
            audit=store.get_trail_end(connection, held),
        )
        receipt.sha256 = receipt.calculate_sha256()
        if not store.complete(connection, held, receipt):
            raise LeaseLostError
        database.set_current_owner(connection, audit.PLATFORM_ID)
        audit.record(connection, audit.PLATFORM_ID, Action.ACCOUNT_ERASED, held.id, receipt_sha256=receipt.sha256)
    logger.info(
        "account erased",
        erasure_id=held.id,
        rows=sum(visit.removed.rows.values()),
        versions=sum(visit.removed.versions.values()),
    )


def _count_left(visit: ErasureRun) -> Left:
    owner_id = visit.claim.owner_id
    with database.transaction(owner_id) as connection:
        rows = sum(store.count_rows(connection, table) for table in _tables(connection))
    found: Sequence[tuple[int, int]] = [
        buckets.count_prefix(bucket, prefix) for bucket, prefix in list_prefixes(owner_id)
    ]
    return Left(rows=rows, versions=sum(each[0] for each in found), uploads=sum(each[1] for each in found))


def _give_back(held: ErasureClaim) -> None:
    with database.transaction(held.owner_id) as connection:
        store.release(connection, held)
