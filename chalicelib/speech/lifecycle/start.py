"""Asking for a reading."""

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
from chalicelib.speech.model import Job, NewSpeech, PlanSpeechMessage

PER_MINUTE = Limit("speech", requests=10, per_s=60)  # each may cost dollars


def start(owner_id: UUID, media_id: UUID, request: NewSpeech, *, job_id: UUID) -> Job:
    """Write down a job with what it is expected to cost, and set it going.

    Raises TooOftenError, NotFoundError, ConflictError (`not_ready`, `no_text…`, `too_many_jobs`), InvalidError (voice, range),
    TooLargeError, ForbiddenError (`budget_exceeded`).
    """
    rate_limit.consume(PER_MINUTE, str(owner_id))
    letters = []
    with database.transaction(owner_id) as connection:
        if job_list_store.get(connection, job_id) is None:  # else a first try wrote it already
            wish = resolve(connection, media_id, request)
            language = wish.language
            pieces = plan_segments(
                connection, owner_id, media_id, wish.voice.id, language, wish.text_start, wish.text_end
            )
            quote = estimate(wish, pieces)
            paid = billable_characters(quote.voice, quote.characters - quote.cached_characters)
            budget.check(connection, owner_id, paid)
            store.insert(
                connection,
                owner_id,
                job_id,
                media_id,
                language=language,
                text_start=wish.text_start,
                text_end=wish.text_end,
                quote=quote,
                billable_characters=paid,
            )
            order = PlanSpeechMessage(owner_id=owner_id, job_id=job_id)
            letters = [outbox.enqueue(connection, owner_id, Queue.SPEECH_PLAN, order)]
            audit.record(
                connection,
                owner_id,
                Action.SPEECH_REQUESTED,
                job_id,
                voice=quote.voice,
                characters=quote.characters,
                estimated_cost=f"{quote.estimated_cost:.6f} {quote.currency}",
            )
    outbox.send(letters)
    return jobs.get(owner_id, job_id)
