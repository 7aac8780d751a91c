"""Reconciliation of recognitions: stalled ones are resumed."""

from __future__ import annotations

from functools import partial

from chalicelib.platform.aws import event_sources
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, lease
from chalicelib.recognition import messages, store
from chalicelib.recognition.messages import RecognitionMessage
from chalicelib.recognition.model import StalledRecognition

STALLED_AFTER_S = 600  # a message is delivered again after 315 s
RETENTION_DAYS = 30  # of finished recognitions: for the limit of an hour, and for support
MAX_PER_RUN = 100


def reconcile() -> int:
    """Send a message to each recognition that has stalled; return their number. Runs as the sweep's database role.

    The queue is polled while any recognition is unfinished.
    """
    with database.transaction(None) as connection:
        is_unfinished = store.is_any_unfinished(connection)
    event_sources.set_polled(Queue.RECOGNITION, is_polled=is_unfinished)
    stalled = partial(store.list_stalled, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    return len(lease.for_each(stalled, _resend))


def _resend(recognition: StalledRecognition) -> None:
    messages.send(RecognitionMessage(owner_id=recognition.owner_id, recognition_id=recognition.id))


def delete_old(*, limit: int) -> int:
    """Delete old recognitions; return their number. Runs as the sweep's database role."""
    return store.delete_old(limit=limit, days=RETENTION_DAYS)
