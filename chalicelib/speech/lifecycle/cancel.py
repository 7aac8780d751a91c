"""Cancelling a speech job: it buys nothing more; calls in flight still arrive and are kept."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import jobs, store
from chalicelib.speech.model import UNFINISHED_STATUSES, Job, JobStatus


def cancel(owner_id: UUID, job_id: UUID) -> Job:
    """Cancel a job. Idempotent. Only calls already in flight are still billed; `retry` resumes.

    Raises NotFoundError, and ConflictError (`already_finished`) for a job that has ended otherwise.
    """
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        if job is None:
            raise NotFoundError(f"There is no speech job with the id {job_id}.")
        if job.status in UNFINISHED_STATUSES:
            store.force_status(connection, job_id, JobStatus.CANCELLED)
            audit.record(connection, owner_id, Action.SPEECH_CANCELLED, job_id)
            logger.info("speech job finished", job_id=job_id, status="cancelled")
        elif job.status != JobStatus.CANCELLED:
            raise ConflictError(
                f"The speech job {job_id} is already {job.status}; it cannot be cancelled.", code="already_finished"
            )
    return jobs.get(owner_id, job_id)
