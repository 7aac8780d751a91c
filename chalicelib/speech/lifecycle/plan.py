"""From a wish to segments that wait for their calls."""

from __future__ import annotations

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database
from chalicelib.platform.errors import AppError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.dispatch import advance
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.lifecycle.quote import plan_segments
from chalicelib.speech.model import JobStatus, PlanSpeechMessage
from chalicelib.speech.segment_store import PlannedSegment
from chalicelib.speech.store import JobRow

LEASE_S = 65  # the function's time limit and a little


def plan(order: PlanSpeechMessage) -> None:
    """Cut the text and hand out the first calls. Safe to repeat: cutting is deterministic, and a planned job only goes on."""
    with database.transaction(order.owner_id) as connection:
        job = store.claim(
            connection, order.job_id, from_status=JobStatus.QUEUED, to_status=JobStatus.PLANNING, lease_s=LEASE_S
        )
    if job is not None:
        _plan(job)
    else:
        advance.retry_after_lease(Queue.SPEECH_PLAN, order, status=JobStatus.PLANNING)
    advance.advance_job(order.owner_id, order.job_id)
    with database.transaction(order.owner_id) as connection:
        waiting_for = segment_store.list_pending_providers(connection, order.job_id)
    for provider in waiting_for:
        dispatch(provider)


def _plan(job: JobRow) -> None:
    try:
        pieces = _cut(job)
    except AppError as refusal:  # the media was trashed or purged meanwhile
        _fail(job, refusal.detail)
        return
    if not pieces:
        _fail(job, "There is nothing to say in this part of the text: no letter and no digit.")
        return
    with database.transaction(job.owner_id) as connection:
        if not store.complete(connection, job.id, JobStatus.SPEAKING, fence=job.fence):
            return
        segment_store.insert(connection, job, pieces)
    cached = sum(1 for piece in pieces if piece.cached)
    logger.info("speech planned", job_id=job.id, segments=len(pieces), cached=cached)


def _cut(job: JobRow) -> list[PlannedSegment]:
    with database.transaction(job.owner_id) as connection:
        return plan_segments(
            connection,
            job.owner_id,
            job.media_id,
            job.voice,
            job.language,
            text_start=job.text_start,
            text_end=job.text_end,
        )


def _fail(job: JobRow, why: str) -> None:
    with database.transaction(job.owner_id) as connection:
        store.complete(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
    logger.info("speech settled", job_id=job.id, status="failed")
