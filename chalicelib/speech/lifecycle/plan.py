"""Planning a speech job: from its text to segments that wait for their calls."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database
from chalicelib.platform.db.lease import LeaseLostError
from chalicelib.platform.errors import AppError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.dispatch.advance import advance_job, retry_after_lease
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.lifecycle.quote import plan_segments
from chalicelib.speech.messages import PlanSpeechMessage
from chalicelib.speech.model import JobStatus
from chalicelib.speech.segment_store import PlannedSegment
from chalicelib.speech.store import JobRow

LEASE_S = 65  # the function's time limit and a little more


def plan(message: PlanSpeechMessage) -> None:
    """Plan a job's segments and start its first calls. Idempotent: planning is deterministic, and a planned job resumes."""
    with database.transaction(message.owner_id) as connection:
        job = store.claim(
            connection,
            message.job_id,
            from_status=JobStatus.QUEUED,
            to_status=JobStatus.PLANNING,
            lease_s=LEASE_S,
        )
    if job is not None:
        with suppress(LeaseLostError):  # another worker continues, or the job was cancelled or deleted
            _plan(job)
    else:
        retry_after_lease(Queue.SPEECH_PLAN, message, status=JobStatus.PLANNING)
    advance_job(message.owner_id, message.job_id)
    with database.transaction(message.owner_id) as connection:
        providers = segment_store.list_pending_providers(connection, message.job_id)
    for provider in providers:
        dispatch(provider)


def _plan(job: JobRow) -> None:
    try:
        plan = _plan_segments(job)
    except AppError as error:  # the media was moved to the trash, or purged, in the meantime
        _fail(job, error.detail)
        return
    if not plan:
        _fail(job, "This part of the text contains nothing to read aloud: no letters and no digits.")
        return
    with database.transaction(job.owner_id) as connection:
        store.complete(connection, job, JobStatus.SPEAKING)
        segment_store.insert(connection, job, plan)
    cached = sum(1 for planned in plan if planned.cached)
    logger.info("speech planned", job_id=job.id, segments=len(plan), cached=cached)


def _plan_segments(job: JobRow) -> list[PlannedSegment]:
    with database.transaction(job.owner_id) as connection:
        return plan_segments(
            connection, job.owner_id, job.media_id, job.voice, job.language, job.text_start, job.text_end
        )


def _fail(job: JobRow, error: str) -> None:
    with database.transaction(job.owner_id) as connection:
        store.complete(connection, job, JobStatus.FAILED, error=error)
    logger.info("speech job finished", job_id=job.id, status="failed")
