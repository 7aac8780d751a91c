"""From a wish to segments on their way."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library import texts
from chalicelib.platform import database, outbox
from chalicelib.platform.errors import AppError
from chalicelib.platform.observability import logger
from chalicelib.reading import sentences
from chalicelib.speech import orders, segments, store
from chalicelib.speech.decide import WINDOW
from chalicelib.speech.model import JobStatus, PlanOrder
from chalicelib.speech.store import JobRow

LEASE_S = 65  # the function's time limit and a little


def plan(order: PlanOrder) -> None:
    """Cut the text and send the first window. Safe to repeat: cutting is deterministic, and a planned job is left alone."""
    with database.transaction(order.owner_id) as connection:
        job = store.claim_job(
            connection, order.job_id, waiting=JobStatus.QUEUED, working=JobStatus.PLANNING, lease_s=LEASE_S
        )
    if job is None:
        logger.info("speech plan skipped", job_id=order.job_id)
        return
    try:
        pieces = _cut(order.owner_id, job)
    except AppError as refusal:  # the media was trashed or purged meanwhile
        _fail(job, refusal.detail)
        return
    if not pieces:
        _fail(job, "There is nothing to say in this part of the text: no letter and no digit.")
        return
    with database.transaction(order.owner_id) as connection:
        if not store.move_job(connection, job.id, JobStatus.SPEAKING, fence=job.fence):
            return
        store.insert_segments(connection, job, pieces)
        sent = store.take_planned(connection, job.id, limit=WINDOW)
        letters = orders.write(connection, job, sent)
    outbox.send(letters)
    logger.info("speech planned", job_id=job.id, segments=len(pieces), characters=job.text_end - job.text_start)


def _cut(owner_id: UUID, job: JobRow) -> list[segments.Segment]:
    with database.transaction(owner_id) as connection:
        readable = texts.readable(connection, job.media_id)
        text = texts.between(connection, job.media_id, 0, readable.length)
    return segments.split(text, sentences.ends(text, job.language), start=job.text_start, end=job.text_end)


def _fail(job: JobRow, why: str) -> None:
    with database.transaction(job.owner_id) as connection:
        store.move_job(connection, job.id, JobStatus.FAILED, fence=job.fence, error=why)
    logger.info("speech settled", job_id=job.id, status="failed")
