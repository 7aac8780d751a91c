"""Jobs that should have moved by now: a message was lost, a worker died after its last try, or nobody answers any more."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.outbox import Letter
from chalicelib.platform.errors import AccountErasingError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.dispatch import advance
from chalicelib.speech.dispatch import store as calls
from chalicelib.speech.dispatch.dispatch import dispatch_all
from chalicelib.speech.model import FinishOrder, JobStatus, PlanOrder
from chalicelib.speech.store import JobRow

IDLE_AFTER_S = 300  # a call and its second try are over after 90 s, and what waits for a provider is woken
GIVE_UP_AFTER_S = 1_800  # without a single segment: whoever listens wants to know rather than wait
MOST_ATTEMPTS = 8  # to plan or to finish a job; each had five deliveries of its message
MOST_PER_RUN = 200


def reconcile() -> int:
    """One bounded pass over the jobs of all owners; answers how many were set going again. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        idle = store.stuck_jobs(connection, idle_s=IDLE_AFTER_S, limit=MOST_PER_RUN)
    moved = 0
    for job in idle:
        with suppress(AccountErasingError):
            moved += _move(job)
    dispatch_all()
    return moved


def _move(job: JobRow) -> bool:
    with database.transaction(job.owner_id) as connection:
        current = store.lock_job(connection, job.id)
        if current is None or current.status != job.status:
            return False
        letters = _next(connection, current)
        if letters is None:
            return False
        store.touch(connection, job.id)
    outbox.send(letters)
    return True


def _next(connection: database.Connection, job: JobRow) -> list[Letter] | None:
    """What sets a job going again; None when it needs nothing."""
    match job.status:
        case JobStatus.QUEUED | JobStatus.PLANNING | JobStatus.FINISHING if job.attempts >= MOST_ATTEMPTS:
            why = f"It could not be {'put together' if job.status == JobStatus.FINISHING else 'planned'}; this was logged."
            store.move_job(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
            logger.error("speech settled", job_id=job.id, status="failed", attempts=job.attempts)
            return []
        case JobStatus.QUEUED | JobStatus.PLANNING:
            order = PlanOrder(owner_id=job.owner_id, job_id=job.id)
            return [outbox.write(connection, job.owner_id, Queue.SPEECH_PLAN, order)]
        case JobStatus.FINISHING:
            last = FinishOrder(owner_id=job.owner_id, job_id=job.id)
            return [outbox.write(connection, job.owner_id, Queue.SPEECH_FINISH, last)]
        case _:
            given_up = 0
            if store.has_stood_still(connection, job.id, for_s=GIVE_UP_AFTER_S):
                why = f"No voice provider answered for {GIVE_UP_AFTER_S // 60} minutes."
                given_up = calls.give_up(connection, job.id, segment_store.first_error(connection, job.id) or why)
                logger.error("speech given up", job_id=job.id, segments=given_up)
            return advance.advance(connection, job) or ([] if given_up else None)
