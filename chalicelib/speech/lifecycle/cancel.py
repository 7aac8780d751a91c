"""Stopping a reading: nothing more is bought; what is under way comes in and is kept."""

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
    """Again is once. At most the calls under way are paid after it; `retry` goes on from there.

    Raises NotFoundError, and ConflictError (`settled`) for a reading that has ended by itself.
    """
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        if job is None:
            raise NotFoundError(f"There is no speech job with the id {job_id}.")
        if job.status in UNFINISHED_STATUSES:
            store.force_status(connection, job_id, JobStatus.CANCELLED)
            audit.record(connection, owner_id, Action.SPEECH_CANCELLED, job_id)
            logger.info("speech settled", job_id=job_id, status="cancelled")
        elif job.status != JobStatus.CANCELLED:
            raise ConflictError(f"The speech job {job_id} is {job.status}; there is nothing to cancel.", code="settled")
    return jobs.get(owner_id, job_id)
