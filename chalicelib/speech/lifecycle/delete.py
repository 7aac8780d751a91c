"""Deleting a speech job with its recording. Audio and texts that another job needs stay."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import texts
from chalicelib.platform.db import database, object_deletions
from chalicelib.platform.errors import NotFoundError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import store, stored_objects


def delete(owner_id: UUID, job_id: UUID) -> None:
    """Delete a job; an unfinished one stops, as after `cancel`. Its objects follow within minutes. Raises NotFoundError."""
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        if job is None:
            raise NotFoundError(f"There is no speech job with the id {job_id}.")
        object_deletions.enqueue(connection, owner_id, stored_objects.list_job_keys(connection, owner_id, job_id))
        store.delete(connection, job_id)
        texts.delete_unused(connection, job.media_id)
        audit.record(connection, owner_id, Action.SPEECH_DELETED, job_id)
    logger.info("speech deleted", job_id=job_id, status=job.status)
