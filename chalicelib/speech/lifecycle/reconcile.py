"""Jobs that should have moved by now: a message was lost, a worker died after its last try, or nobody answers any more."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.dispatch import advance
from chalicelib.speech.dispatch import store as calls
from chalicelib.speech.dispatch.dispatch import dispatch_all
from chalicelib.speech.model import FinishSpeechMessage, JobStatus, PlanSpeechMessage
from chalicelib.speech.store import JobRow

STALLED_AFTER_S = 300  # a call and its second try are over after 90 s, and what waits for a provider is woken
FAIL_AFTER_S = 1_800  # without a single segment: whoever listens wants to know rather than wait
MAX_ATTEMPTS = 8  # to plan or to finish a job; each had five deliveries of its message
MAX_PER_RUN = 200


def reconcile() -> int:
    """One bounded pass over the jobs of all owners; answers how many were set going again. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        idle = store.list_stalled(connection, idle_s=STALLED_AFTER_S, limit=MAX_PER_RUN)
    moved = 0
    for job in idle:
        with suppress(AccountBeingErasedError):
            moved += _move(job)
    dispatch_all()
    return moved


def _move(job: JobRow) -> bool:
    with database.transaction(job.owner_id) as connection:
        current = store.lock(connection, job.id)
        if current is None or current.status != job.status:
            return False
        letters = _next(connection, current)
        if letters is None:
            return False
        store.touch(connection, job.id)
    outbox.send(letters)
    return True


def _next(connection: database.Connection, job: JobRow) -> list[OutboxMessage] | None:
    """What sets a job going again; None when it needs nothing."""
    match job.status:
        case JobStatus.QUEUED | JobStatus.PLANNING | JobStatus.FINISHING if job.attempts >= MAX_ATTEMPTS:
            why = f"It could not be {'put together' if job.status == JobStatus.FINISHING else 'planned'}; this was logged."
            store.complete(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
            logger.error("speech settled", job_id=job.id, status="failed", attempts=job.attempts)
            return []
        case JobStatus.QUEUED | JobStatus.PLANNING:
            order = PlanSpeechMessage(owner_id=job.owner_id, job_id=job.id)
            return [outbox.enqueue(connection, job.owner_id, Queue.SPEECH_PLAN, order)]
        case JobStatus.FINISHING:
            last = FinishSpeechMessage(owner_id=job.owner_id, job_id=job.id)
            return [outbox.enqueue(connection, job.owner_id, Queue.SPEECH_FINISH, last)]
        case _:
            given_up = 0
            if store.is_stalled(connection, job.id, for_s=FAIL_AFTER_S):
                why = f"No voice provider answered for {FAIL_AFTER_S // 60} minutes."
                given_up = calls.mark_pending_unspoken(
                    connection, job.id, segment_store.get_first_error(connection, job.id) or why
                )
                logger.error("speech given up", job_id=job.id, segments=given_up)
            return advance.advance_locked(connection, job) or ([] if given_up else None)
