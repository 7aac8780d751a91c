"""Jobs that should have moved by now: a message was lost, or a worker died after its last try."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.platform import database, outbox
from chalicelib.platform.errors import AccountErasingError
from chalicelib.platform.outbox import Letter
from chalicelib.platform.queues import Queue
from chalicelib.speech import orders, record, store
from chalicelib.speech.model import FinishOrder, JobStatus, PlanOrder
from chalicelib.speech.store import JobRow

IDLE_AFTER_S = 300  # a provider call takes 30 s at most, and a message comes back after 45 s
MOST_PER_RUN = 200


def reconcile() -> int:
    """One bounded pass over the jobs of all owners; answers how many were set going again. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        idle = store.stuck_jobs(connection, idle_s=IDLE_AFTER_S, limit=MOST_PER_RUN)
    moved = 0
    for job in idle:
        with suppress(AccountErasingError):
            moved += _move(job)
    return moved


def _move(job: JobRow) -> bool:
    with database.transaction(job.owner_id) as connection:
        current = store.lock_job(connection, job.id)
        if current is None or current.status != job.status:
            return False
        letters = _next(connection, current)
        store.touch(connection, job.id)
    outbox.send(letters)
    return bool(letters)


def _next(connection: database.Connection, job: JobRow) -> list[Letter]:
    match job.status:
        case JobStatus.QUEUED | JobStatus.PLANNING:
            order = PlanOrder(owner_id=job.owner_id, job_id=job.id)
            return [outbox.write(connection, job.owner_id, Queue.SPEECH_PLAN, order)]
        case JobStatus.FINISHING:
            last = FinishOrder(owner_id=job.owner_id, job_id=job.id)
            return [outbox.write(connection, job.owner_id, Queue.SPEECH_FINISH, last)]
        case _:
            late = store.late_segments(connection, job.id, older_than_s=IDLE_AFTER_S)
            return orders.write(connection, job, late) or record.go_on(connection, job)
