"""Retrying a cancelled, failed or partial speech job: it buys only missing audio."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox, rate_limit
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.speech import jobs, segment_store, store
from chalicelib.speech.lifecycle import budget, respeaking
from chalicelib.speech.lifecycle.start import START_RATE_LIMIT
from chalicelib.speech.messages import PlanSpeechMessage
from chalicelib.speech.model import Job, JobStatus
from chalicelib.speech.playback import store as playback_store
from chalicelib.speech.segment_store import SegmentLength, UnspokenSegment
from chalicelib.speech.store import JobRow
from chalicelib.speech.voices import providers

RETRYABLE_STATUSES = (JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELLED)


def retry(owner_id: UUID, job_id: UUID) -> Job:
    """Resume a job that ended early.

    Raises TooManyRequestsError, NotFoundError, ConflictError (`already_complete`, `too_many_jobs`) and ForbiddenError
    (`budget_exceeded`).
    """
    rate_limit.consume(START_RATE_LIMIT, str(owner_id))
    with database.transaction(owner_id) as connection:
        job = store.lock(connection, job_id)
        if job is None:
            raise NotFoundError(f"There is no speech job with the id {job_id}.")
        if job.status not in RETRYABLE_STATUSES:
            raise ConflictError(
                f"The speech job {job_id} is {job.status}; there is nothing to retry.", code="already_complete"
            )
        segments = segment_store.list_lengths(connection, job_id)
        billable = _missing_characters(job, segments) if segments else store.get_billable_characters(connection, job_id)
        budget.check(connection, owner_id, billable)
        billed = sum(segment.billed for segment in segments)
        store.set_billable_characters(connection, job_id, billed + billable)
        segment_store.requeue_unspoken(connection, job)
        playback_store.delete_after_first_missing(connection, job_id)
        store.force_status(connection, job_id, JobStatus.SPEAKING if segments else JobStatus.QUEUED)
        message = PlanSpeechMessage(owner_id=owner_id, job_id=job_id)
        messages = [outbox.enqueue(connection, owner_id, Queue.SPEECH_JOBS, message)]
        audit.record(connection, owner_id, Action.SPEECH_RETRIED, job_id)
    outbox.send(messages)
    return jobs.get(owner_id, job_id)


def _missing_characters(job: JobRow, segments: Sequence[SegmentLength]) -> int:
    """Return the most characters that providers may bill for a job's missing audio."""
    unspoken = [
        UnspokenSegment(job.voice_for(segment.language).partition(":")[0], segment.characters)
        for segment in segments
        if not segment.is_spoken
    ]
    missing = sum(providers.get(segment.provider).billable_characters(segment.characters) for segment in unspoken)
    return missing + respeaking.max_characters(unspoken, len(segments))
