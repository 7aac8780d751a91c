"""Starting a speech job: a request creates it, then a worker plans its segments."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.library import texts
from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import BUILT_IN_VOICE
from chalicelib.platform.db import database, lease, outbox, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import AppError, UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import job_list_store, jobs, segment_store, store
from chalicelib.speech.dispatch.advance import advance_job, announce_failure, retry_after_lease
from chalicelib.speech.dispatch.dispatch import start_job
from chalicelib.speech.lexicon.entries import lexicon_for
from chalicelib.speech.lifecycle import budget
from chalicelib.speech.lifecycle.quote import estimate, plan_billable_characters, plan_segments, resolve
from chalicelib.speech.messages import PlanSpeechMessage, PrepareVoiceMessage
from chalicelib.speech.model import Job, JobStatus, NewSpeech
from chalicelib.speech.segment_store import PlannedSegment
from chalicelib.speech.store import JobRow

START_RATE_LIMIT = Limit("speech", requests=10, per_s=60)  # each may cost dollars
PREPARED_COPIES = 2  # with one, the first segment could start another copy, which is slower than the first one
PLAN_LEASE_S = 125  # the function's time limit and a little more


def start(owner_id: UUID, media_id: UUID, request: NewSpeech, *, job_id: UUID) -> Job:
    """Create a job with its expected cost, and enqueue its planning. Idempotent for one `job_id`.

    Raises TooManyRequestsError, NotFoundError, ConflictError (`not_ready`, `no_text…`, `too_many_jobs`),
    UnprocessableContentError (voice, range), ContentTooLargeError, ForbiddenError (`budget_exceeded`).
    """
    rate_limit.consume(START_RATE_LIMIT, str(owner_id))
    messages = []
    with database.transaction(owner_id) as connection:
        if job_list_store.get(connection, job_id) is None:  # else an earlier attempt of the client created it
            texts.lock_version(connection, media_id)
            resolved = resolve(connection, media_id, request)
            lexicon = lexicon_for(connection, media_id, text_version=resolved.text_version)
            planned = plan_segments(
                connection,
                owner_id,
                media_id,
                resolved.voice.id,
                resolved.language,
                resolved.text_start,
                resolved.text_end,
                resolved.skip,
                lexicon,
                pause_scale=resolved.pause_scale,
                text_version=resolved.text_version,
                passage_voices=resolved.passage_voices,
            )
            quote = estimate(resolved, planned)
            billable = plan_billable_characters(planned)
            budget.check(connection, owner_id, billable)
            store.insert(
                connection,
                owner_id,
                job_id,
                media_id,
                language=resolved.language,
                text_start=resolved.text_start,
                text_end=resolved.text_end,
                skip=resolved.skip,
                pause_scale=resolved.pause_scale,
                lexicon=lexicon,
                quote=quote,
                billable_characters=billable,
            )
            message = PlanSpeechMessage(owner_id=owner_id, job_id=job_id)
            messages = [outbox.enqueue(connection, owner_id, Queue.SPEECH_JOBS, message)]
            audit.record(
                connection,
                owner_id,
                Action.SPEECH_REQUESTED,
                job_id,
                voice=quote.voice,
                characters=quote.characters,
                estimated_cost=f"{quote.estimated_cost:.6f} {quote.currency}",
            )
    outbox.send(messages)
    if messages and quote.voice.partition(":")[0] == BUILT_IN_VOICE:
        _prepare_voice(owner_id)
    return jobs.get(owner_id, job_id)


def _prepare_voice(owner_id: UUID) -> None:
    """Have copies of the built-in voice's function start while the job is planned: loading the voice takes them a second."""
    with suppress(UnavailableError):
        for _ in range(PREPARED_COPIES):
            queues.send(Queue.SPEECH_BUILT_IN, PrepareVoiceMessage().model_dump_json(), group=str(owner_id))


def plan(message: PlanSpeechMessage) -> None:
    """Plan a job's segments and start its first calls. Idempotent: planning is deterministic, and a planned job resumes."""
    with database.transaction(message.owner_id) as connection:
        job = store.claim(
            connection,
            message.job_id,
            from_status=JobStatus.QUEUED,
            to_status=JobStatus.PLANNING,
            lease_s=PLAN_LEASE_S,
        )
    if job is not None:
        with lease.hold(job, store.release):
            _plan(job)
    else:
        retry_after_lease(Queue.SPEECH_JOBS, message, status=JobStatus.PLANNING)
    advance_job(message.owner_id, message.job_id)
    start_job(message.owner_id, message.job_id)


def _plan(job: JobRow) -> None:
    try:
        planned = _plan_segments(job)
    except AppError as error:  # the media was moved to the trash, or purged, in the meantime
        _fail(job, error.detail)
        return
    if not planned:
        skipped = f", apart from what is skipped ({', '.join(job.skip)})" if job.skip else ""
        _fail(job, f"This part of the text contains nothing to read aloud: no letters and no digits{skipped}.")
        return
    with database.transaction(job.owner_id) as connection:
        store.complete(connection, job, JobStatus.SPEAKING)
        segment_store.insert(connection, job, planned)
    cached = sum(1 for segment in planned if segment.cached)
    logger.info("speech planned", job_id=job.id, segments=len(planned), cached=cached)


def _plan_segments(job: JobRow) -> list[PlannedSegment]:
    with database.transaction(job.owner_id) as connection:
        return plan_segments(
            connection,
            job.owner_id,
            job.media_id,
            job.voice,
            job.language,
            job.text_start,
            job.text_end,
            job.skip,
            store.get_lexicon(connection, job.id),
            pause_scale=job.pause_scale,
            text_version=job.text_version,
            passage_voices=job.passage_voices,
        )


def _fail(job: JobRow, error: str) -> None:
    with database.transaction(job.owner_id) as connection:
        store.complete(connection, job, JobStatus.FAILED, error=error)
        announced = announce_failure(connection, job)
    outbox.send(announced)
    logger.info("speech job finished", job_id=job.id, status="failed")
