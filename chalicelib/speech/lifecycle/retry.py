"""Going on with a reading that was cancelled, failed, or has gaps: only what is missing is bought."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox, rate_limit
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.speech import jobs, segment_store, store
from chalicelib.speech.lifecycle import budget
from chalicelib.speech.lifecycle.quote import paid_characters
from chalicelib.speech.lifecycle.start import PER_MINUTE
from chalicelib.speech.model import Job, JobStatus, PlanOrder
from chalicelib.speech.playback import store as playback

ENDED_EARLY = (JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)


def retry(owner_id: UUID, job_id: UUID) -> Job:
    """Raises TooOftenError, NotFoundError, ConflictError (`nothing_missing`, `too_many_jobs`) and ForbiddenError
    (`budget_exceeded`)."""
    rate_limit.take(PER_MINUTE, str(owner_id))
    with database.transaction(owner_id) as connection:
        job = store.lock_job(connection, job_id)
        if job is None:
            raise NotFoundError(f"There is no speech job with the id {job_id}.")
        if job.status not in ENDED_EARLY:
            raise ConflictError(
                f"The speech job {job_id} is {job.status}; nothing of it is missing.", code="nothing_missing"
            )
        left, billed = segment_store.characters_left(connection, job_id)
        was_planned = segment_store.exist(connection, job_id)
        missing = paid_characters(job.voice, left) if was_planned else store.expected_to_pay(connection, job_id)
        budget.check(connection, owner_id, missing)
        store.expect_to_pay(connection, job_id, billed + missing)
        segment_store.plan_failed_again(connection, job_id, job.voice)
        playback.forget_after_first_missing(connection, job_id)
        store.interrupt(connection, job_id, JobStatus.SPEAKING if was_planned else JobStatus.QUEUED)
        letters = [outbox.write(connection, owner_id, Queue.SPEECH_PLAN, PlanOrder(owner_id=owner_id, job_id=job_id))]
        audit.write(connection, owner_id, Action.SPEECH_RETRIED, job_id)
    outbox.send(letters)
    return jobs.get(owner_id, job_id)
