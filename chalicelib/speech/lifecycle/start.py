"""Starting a speech job."""

from __future__ import annotations

from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.speech import job_list_store, jobs, store
from chalicelib.speech.lifecycle import budget
from chalicelib.speech.lifecycle.quote import billable_characters, estimate, plan_segments, resolve
from chalicelib.speech.messages import PlanSpeechMessage
from chalicelib.speech.model import Job, NewSpeech

PER_MINUTE = Limit("speech", requests=10, per_s=60)  # each may cost dollars


def start(owner_id: UUID, media_id: UUID, request: NewSpeech, *, job_id: UUID) -> Job:
    """Create a job with its expected cost, and enqueue its planning. Idempotent for one `job_id`.

    Raises TooManyRequestsError, NotFoundError, ConflictError (`not_ready`, `no_text…`, `too_many_jobs`),
    UnprocessableContentError (voice, range), ContentTooLargeError, ForbiddenError (`budget_exceeded`).
    """
    rate_limit.consume(PER_MINUTE, str(owner_id))
    messages = []
    with database.transaction(owner_id) as connection:
        if job_list_store.get(connection, job_id) is None:  # else an earlier attempt of the client created it
            resolved = resolve(connection, media_id, request)
            plan = plan_segments(
                connection,
                owner_id,
                media_id,
                resolved.voice.id,
                resolved.language,
                resolved.text_start,
                resolved.text_end,
            )
            quote = estimate(resolved, plan)
            billable = billable_characters(quote.voice, quote.characters - quote.cached_characters)
            budget.check(connection, owner_id, billable)
            store.insert(
                connection,
                owner_id,
                job_id,
                media_id,
                language=resolved.language,
                text_start=resolved.text_start,
                text_end=resolved.text_end,
                quote=quote,
                billable_characters=billable,
            )
            message = PlanSpeechMessage(owner_id=owner_id, job_id=job_id)
            messages = [outbox.enqueue(connection, owner_id, Queue.SPEECH_PLAN, message)]
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
    return jobs.get(owner_id, job_id)
