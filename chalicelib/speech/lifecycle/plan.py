"""From a wish to segments that wait for their calls."""

from __future__ import annotations

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database
from chalicelib.platform.errors import AppError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store, store
from chalicelib.speech.dispatch import advance
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.lifecycle.quote import cut
from chalicelib.speech.model import JobStatus, PlanOrder
from chalicelib.speech.segment_store import Piece
from chalicelib.speech.store import JobRow

LEASE_S = 65  # the function's time limit and a little


def plan(order: PlanOrder) -> None:
    """Cut the text and hand out the first calls. Safe to repeat: cutting is deterministic, and a planned job only goes on."""
    with database.transaction(order.owner_id) as connection:
        job = store.claim_job(
            connection, order.job_id, waiting=JobStatus.QUEUED, working=JobStatus.PLANNING, lease_s=LEASE_S
        )
    if job is not None:
        _plan(job)
    else:
        advance.look_again_after_lease(Queue.SPEECH_PLAN, order, working=JobStatus.PLANNING)
    advance.go_on(order.owner_id, order.job_id)
    with database.transaction(order.owner_id) as connection:
        waiting_for = segment_store.providers_waited_for(connection, order.job_id)
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
        if not store.move_job(connection, job.id, JobStatus.SPEAKING, fence=job.fence):
            return
        segment_store.insert(connection, job, pieces)
    cached = sum(1 for piece in pieces if piece.cached)
    logger.info("speech planned", job_id=job.id, segments=len(pieces), cached=cached)


def _cut(job: JobRow) -> list[Piece]:
    with database.transaction(job.owner_id) as connection:
        return cut(
            connection, job.owner_id, job.media_id, job.voice, job.language, begin=job.text_start, end=job.text_end
        )


def _fail(job: JobRow, why: str) -> None:
    with database.transaction(job.owner_id) as connection:
        store.move_job(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
    logger.info("speech settled", job_id=job.id, status="failed")
