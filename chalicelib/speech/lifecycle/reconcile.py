"""Reconciling stalled jobs, after a lost message, a crashed worker or an unresponsive provider."""

from __future__ import annotations

from functools import partial

from chalicelib.platform.aws import event_sources
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import BUILT_IN_VOICE
from chalicelib.platform.db import database, lease, outbox
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.dispatch import outcome_store, pending_store
from chalicelib.speech.dispatch.advance import advance_locked, announce_failure
from chalicelib.speech.dispatch.dispatch import dispatch_all
from chalicelib.speech.messages import FinishSpeechMessage, PlanSpeechMessage
from chalicelib.speech.model import JobStatus
from chalicelib.speech.store import JobRow

STALLED_AFTER_S = 300  # a call and its retry take at most 90 s, and a provider with pending segments is rechecked
FAIL_AFTER_S = 1_800  # without a single segment: the listener should learn of it rather than wait
MAX_ATTEMPTS = 8  # to plan or to finish a job; each had five deliveries of its message
MAX_PER_RUN = 200


def reconcile() -> int:
    """Run one bounded pass over all owners' stalled jobs and return how many resumed. Runs as the sweep's database role.

    Where it is polled on demand, the built-in voice's queue is polled while any job has segments for the voice.
    """
    list_stalled = partial(store.list_stalled, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    resumed = sum(lease.for_each(list_stalled, _resume))
    dispatch_all()
    with database.transaction(None) as connection:
        is_speaking = pending_store.has_jobs(connection, BUILT_IN_VOICE)
    event_sources.set_polled(Queue.SPEECH_BUILT_IN, is_polled=is_speaking)
    return resumed


def _resume(stalled: JobRow) -> bool:
    with database.transaction(stalled.owner_id) as connection:
        job = store.lock(connection, stalled.id)
        if job is None or job.status != stalled.status:
            return False
        messages = _next_messages(connection, job)
        if messages is None:
            return False
        store.touch(connection, job.id)
    outbox.send(messages)
    return True


def _next_messages(connection: database.Connection, job: JobRow) -> list[OutboxMessage] | None:
    """Return the messages that resume a job; None when it needs nothing."""
    match job.status:
        case JobStatus.QUEUED | JobStatus.PLANNING | JobStatus.FINISHING if job.attempts >= MAX_ATTEMPTS:
            failure = "assembled" if job.status == JobStatus.FINISHING else "planned"
            error = f"The recording could not be {failure} in {job.attempts} attempts; retry the job later."
            store.complete(connection, job, JobStatus.FAILED, error=error)
            logger.error("speech job finished", job_id=job.id, status="failed", attempts=job.attempts)
            return announce_failure(connection, job)
        case JobStatus.QUEUED | JobStatus.PLANNING:
            plan_message = PlanSpeechMessage(owner_id=job.owner_id, job_id=job.id)
            return [outbox.enqueue(connection, job.owner_id, Queue.SPEECH_JOBS, plan_message)]
        case JobStatus.FINISHING:
            finish_message = FinishSpeechMessage(owner_id=job.owner_id, job_id=job.id)
            return [outbox.enqueue(connection, job.owner_id, Queue.SPEECH_JOBS, finish_message)]
        case _:
            unspoken = 0
            if store.is_stalled(connection, job.id, for_s=FAIL_AFTER_S):
                error = f"No voice provider responded for {FAIL_AFTER_S // 60} minutes."
                unspoken = outcome_store.mark_pending_unspoken(
                    connection, job.id, segment_store.get_first_error(connection, job.id) or error
                )
                logger.error("stalled segments unspoken", job_id=job.id, segments=unspoken)
            return advance_locked(connection, job) or ([] if unspoken else None)
