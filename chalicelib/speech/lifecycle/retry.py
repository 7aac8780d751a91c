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
from chalicelib.speech.lifecycle.quote import billable_characters
from chalicelib.speech.lifecycle.start import PER_MINUTE
from chalicelib.speech.model import Job, JobStatus, PlanSpeechMessage
from chalicelib.speech.playback import store as playback

RETRYABLE_STATUSES = (JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)


def retry(owner_id: UUID, job_id: UUID) -> Job:
    """Raises TooOftenError, NotFoundError, ConflictError (`nothing_missing`, `too_many_jobs`) and ForbiddenError
    (`budget_exceeded`)."""
    rate_limit.consume(PER_MINUTE, str(owner_id))
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        if job is None:
            raise NotFoundError(f"There is no speech job with the id {job_id}.")
        if job.status not in RETRYABLE_STATUSES:
            raise ConflictError(
                f"The speech job {job_id} is {job.status}; nothing of it is missing.", code="nothing_missing"
            )
        left, billed = segment_store.count_characters(connection, job_id)
        was_planned = segment_store.is_planned(connection, job_id)
        missing = (
            billable_characters(job.voice, left) if was_planned else store.get_billable_characters(connection, job_id)
        )
        budget.check(connection, owner_id, missing)
        store.set_billable_characters(connection, job_id, billed + missing)
        segment_store.requeue_unspoken(connection, job_id, job.voice)
        playback.delete_after_first_missing(connection, job_id)
        store.force_status(connection, job_id, JobStatus.SPEAKING if was_planned else JobStatus.QUEUED)
        letters = [
            outbox.enqueue(connection, owner_id, Queue.SPEECH_PLAN, PlanSpeechMessage(owner_id=owner_id, job_id=job_id))
        ]
        audit.record(connection, owner_id, Action.SPEECH_RETRIED, job_id)
    outbox.send(letters)
    return jobs.get(owner_id, job_id)
