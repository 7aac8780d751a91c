"""The sweep: it resumes stalled work, deletes expired data, and checks consistency.

It runs once a day by the clock, and when a message in the account queue wakes it (chalicelib/platform/db/sweep_schedule.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from chalice.app import Blueprint

from chalicelib import audit
from chalicelib.account.erasure import reconcile as erasures
from chalicelib.auth import api_key_proof
from chalicelib.changes import feed as changes
from chalicelib.exports import reconcile as exports
from chalicelib.imports import results as imports
from chalicelib.library import search_index
from chalicelib.maintenance import (
    audit_verification,
    object_deletions,
    orphans,
    partitions,
    quota_reconciliation,
    retention,
    sweep_runs,
)
from chalicelib.maintenance.changed_owners import OwnerScan
from chalicelib.platform import deadline, startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, idempotency, outbox, rate_limit
from chalicelib.platform.db.sweep_schedule import SweepMessage
from chalicelib.platform.deadline import Deadline, limit_invocation
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.recognition import reconcile as recognitions
from chalicelib.sharing import shares
from chalicelib.speech.lifecycle import reconcile as speech
from chalicelib.trash import trash
from chalicelib.uploads import reconcile as uploads
from chalicelib.uploads import text_reconcile
from chalicelib.webhooks import results as webhooks

WORK_S = 180  # no step starts later; each takes some seconds at most, and the function has 240
ROWS_PER_BATCH = 5_000  # deleted in one statement, ~50 ms
DELETE_S = 20  # no batch of a table starts later; 1.5 million rows of a million users' day take as long

events = Blueprint(__name__)

# Each step returns counts of its work, no others: all zero means that nothing was left to do. Steps that users wait for come
# first. The names of steps and counts are metrics and log fields.
STEPS: Mapping[str, Callable[[], Mapping[str, int]]] = {
    "outbox": lambda: {"sent": outbox.send_overdue()},
    "uploads": lambda: asdict(uploads.reconcile()),
    "imports": imports.reconcile,
    "recognitions": lambda: {"resent": recognitions.reconcile()},
    "webhooks": lambda: {"resent": webhooks.reconcile()},
    "speech": lambda: {"moved": speech.reconcile()},
    "erasures": lambda: {"resent": erasures.reconcile()},
    "exports": lambda: asdict(exports.reconcile_account_exports()),
    "speech_exports": lambda: asdict(exports.reconcile_speech_exports()),
    "trash": lambda: {"purged": trash.purge_expired()},
    "removals": lambda: {"carried_out": object_deletions.process(limit=trash.MAX_OBJECTS_PER_RUN)},
    "texts": lambda: asdict(text_reconcile.reconcile()),
    "search": lambda: {"indexed": search_index.reindex_outdated()},
    "refused": lambda: {"forgotten": retention.purge_rejected_uploads()},
    "old_recognitions": lambda: {"forgotten": _delete_all(recognitions.delete_old)},
    "idempotency": lambda: {"forgotten": _delete_all(idempotency.delete_old)},
    "api_keys": lambda: {"forgotten": _delete_all(api_key_proof.delete_old)},
    "shares": lambda: {"forgotten": _delete_all(shares.delete_expired)},
    "webhook_deliveries": lambda: {"forgotten": _delete_all(webhooks.delete_old)},
    "changes": lambda: {"forgotten": _delete_all(changes.delete_old)},
    "rate_limits": lambda: {"forgotten": _delete_all(rate_limit.delete_old)},
    "partitions": lambda: {"changed": partitions.maintain()},
    "audit": lambda: {"forgotten": audit.delete_old()},
    "quota": lambda: _counts("corrected", quota_reconciliation.reconcile_quota()),
    "incoming": lambda: _delete_orphans(Bucket.INCOMING),
    "library": lambda: _delete_orphans(Bucket.LIBRARY),
    "changed_objects": lambda: _counts("removed", orphans.delete_orphans_of_changed_owners()),
    "objects": lambda: {"missing": orphans.count_missing()},
    "chains": lambda: _counts("broken", audit_verification.check()),
}


def _delete_all(delete_batch: Callable[..., int]) -> int:
    """Delete batches until nothing is left, or the time is up; return the number of rows."""
    deadline, deleted = Deadline(DELETE_S), 0
    while deadline.remaining_s():
        batch = delete_batch(limit=ROWS_PER_BATCH)
        deleted += batch
        if batch < ROWS_PER_BATCH:
            break
    return deleted


def _counts(found: str, result: OwnerScan) -> Mapping[str, int]:
    return {found: result.found, "unfinished": result.unfinished}


def _delete_orphans(bucket: Bucket) -> Mapping[str, int]:
    result = orphans.delete_orphans(bucket)
    return {"removed": result.removed, "unknown": result.unknown}


class SweepError(Exception):
    """Some steps failed; all others ran."""


@events.lambda_function(name="sweep")
@limit_invocation
def sweep(event: Mapping[str, Any], _context: object) -> dict[str, int]:
    """Run every step, even if others fail, unless another run is in progress. Raises SweepError at the end when one failed."""
    if not sweep_runs.start(is_woken=event == SweepMessage().model_dump()):
        logger.info("sweep not due")
        return {}
    counts, failed = _run_steps()
    _report(counts, failed)
    # A step may have reached its limit, and one that failed has work left.
    sweep_runs.finish(is_behind=any(counts.values()) or bool(failed))
    if failed:
        raise SweepError(f"These steps failed: {', '.join(failed)}")
    return counts


def _run_steps() -> tuple[dict[str, int], list[str]]:
    """Return the counts of all steps, and the names of those that failed."""
    started, counts, failed = time.monotonic(), dict[str, int](), list[str]()
    for name, step in STEPS.items():
        if time.monotonic() - started > WORK_S or not deadline.remaining_s():
            failed.append(f"{name} (no time)")
            continue
        try:
            counts |= {f"{name}_{count}": number for count, number in step().items()}
        except Exception:  # noqa: BLE001 - any failure is logged, counted and raised at the end
            logger.exception("sweep step failed", step=name)
            failed.append(name)
    return counts, failed


def _report(counts: Mapping[str, int], failed: list[str]) -> None:
    """Log the run, and publish what is not zero: a series costs money for every hour in which it is written."""
    totals = {**counts, Metric.SWEEP_STEPS_FAILED.value: len(failed)}
    findings = {Metric(name): number for name, number in totals.items() if number and name in set(Metric)}
    if findings:
        observability.record_metrics(findings)
    work = {name: number for name, number in counts.items() if number}
    for name, number in work.items():
        observability.record_metrics({Metric.SWEPT: number}, dimension_value=name)
    logger.info("swept", outcome=work, failed=failed)


startup.prepare(settings, s3.client, queues.client, database.prepare)
