"""The sweep: every five minutes it resumes stalled work, deletes expired data, and checks consistency."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import audit
from chalicelib.account.erasure import reconcile as erasures
from chalicelib.exports import reconcile as exports
from chalicelib.maintenance import audit_verification, object_deletions, orphans, quota_reconciliation, retention
from chalicelib.platform import startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, idempotency, outbox, rate_limit
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech.dispatch import store as dispatch_store
from chalicelib.speech.lifecycle import reconcile as speech
from chalicelib.trash import trash
from chalicelib.uploads import reconcile as uploads

WORK_S = 180  # no step starts later; each takes some seconds at most, and the function has 240
ROWS_PER_RUN = 5_000  # deleted per table and run, ~50 ms

events = Blueprint(__name__)

# Each step returns its counts. Steps that users wait for come first. The names of steps and counts are metrics and log fields.
STEPS: Mapping[str, Callable[[], Mapping[str, int]]] = {
    "outbox": lambda: {"sent": outbox.send_overdue()},
    "uploads": lambda: asdict(uploads.reconcile()),
    "speech": lambda: {"moved": speech.reconcile()},
    "erasures": lambda: {"resent": erasures.reconcile()},
    "exports": lambda: asdict(exports.reconcile_account_exports()),
    "speech_exports": lambda: asdict(exports.reconcile_speech_exports()),
    "trash": lambda: {"purged": trash.purge_expired()},
    "removals": lambda: {"carried_out": object_deletions.process(limit=trash.MAX_OBJECTS_PER_RUN)},
    "refused": lambda: {"forgotten": retention.purge_rejected_uploads()},
    "idempotency": lambda: {"forgotten": idempotency.delete_old(limit=ROWS_PER_RUN)},
    "speech_calls": lambda: {"forgotten": dispatch_store.delete_old(limit=ROWS_PER_RUN)},
    "rate_limits": lambda: {"forgotten": rate_limit.delete_old(limit=ROWS_PER_RUN)},
    "audit": lambda: {"forgotten": audit.delete_old()},
    "quota": lambda: {"corrected": quota_reconciliation.reconcile_quota()},
    "incoming": lambda: asdict(orphans.delete_orphans(Bucket.INCOMING)),
    "library": lambda: asdict(orphans.delete_orphans(Bucket.LIBRARY)),
    "objects": lambda: {"missing": orphans.count_missing()},
    "chains": lambda: {"broken": audit_verification.check()},
}


class SweepError(Exception):
    """Some steps failed; all others ran."""


@events.schedule(Rate(5, unit=Rate.MINUTES), name="sweep")
def sweep(_event: CloudWatchEvent) -> dict[str, int]:
    """Run every step, even if others fail. Raises SweepError at the end when one failed."""
    started, counts, failed = time.monotonic(), dict[str, int](), list[str]()
    for name, step in STEPS.items():
        if time.monotonic() - started > WORK_S:
            failed.append(f"{name} (no time)")
            continue
        try:
            counts |= {f"{name}_{count}": number for count, number in step().items()}
        except Exception:  # noqa: BLE001 - any failure is logged, counted and raised at the end
            logger.exception("sweep step failed", step=name)
            failed.append(name)
    _report(counts, failed)
    if failed:
        raise SweepError(f"These steps failed: {', '.join(failed)}")
    return counts


def _report(counts: Mapping[str, int], failed: list[str]) -> None:
    metrics = {Metric(name): number for name, number in counts.items() if name in set(Metric)}
    observability.record_metrics({**metrics, Metric.SWEEP_STEPS_FAILED: len(failed)})
    for name, number in counts.items():
        if number:
            observability.record_metrics({Metric.SWEPT: number}, dimension_value=name)
    logger.info("swept", outcome={name: number for name, number in counts.items() if number}, failed=failed)


startup.prepare(settings, s3.client, queues.client, database.prepare)
