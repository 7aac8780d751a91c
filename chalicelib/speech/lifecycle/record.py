"""What became of a call: the segment is settled or waits again, the job goes on, and the free slot goes to whoever is next."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech import store
from chalicelib.speech.dispatch import advance
from chalicelib.speech.dispatch import store as calls
from chalicelib.speech.dispatch.breaker import CallResult
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.model import JobStatus, RecheckProviderMessage, SegmentResultMessage
from chalicelib.speech.playback import hls_segments
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import RetryDecision, decide_retry, next_voice, retry_delay_s
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import CallOutcome


def record(result: SegmentResultMessage) -> None:
    """Write down the end of a call. Results may come twice, late and in any order; what they cost is counted once."""
    provider = result.voice.partition(":")[0]
    cost = providers.get(provider).cost(result.billed_characters)
    turned_to: str | None = None
    letters: list[OutboxMessage] = []
    try:
        with database.transaction(result.owner_id) as connection:
            job = store.lock(connection, result.job_id)
            is_news = calls.complete_call(connection, result, cost=cost)
            if job is not None:
                turned_to, letters = _settle(connection, job, result)
    except AccountBeingErasedError:  # the job goes with the account; others wait for the slot
        with database.transaction(result.owner_id) as connection:
            is_news = calls.complete_call(connection, result, cost=cost)
    if is_news:
        observability.record_metrics(
            {Metric.CHARACTERS: result.billed_characters, Metric.COST_USD: float(cost)}, dimension_value=provider
        )
    if turned_to is not None:
        observability.record_metrics({Metric.FAILOVERS: 1}, dimension_value=provider)
    outbox.send(letters)
    heard = CallResult(result.outcome, result.probe, result.error, result.retry_after_s) if is_news else None
    dispatch(provider, heard)
    if turned_to is not None and turned_to != provider:
        dispatch(turned_to)


def recheck(order: RecheckProviderMessage) -> None:
    """A wait is over."""
    dispatch(order.wake)


def _settle(
    connection: Connection, job: JobRow, result: SegmentResultMessage
) -> tuple[str | None, list[OutboxMessage]]:
    """What the segment and its job do next; answers the provider that a segment was turned over to, and letters to send."""
    if job.status not in {JobStatus.SPEAKING, JobStatus.CANCELLED}:
        return None, []
    turned_to: str | None = None
    if result.outcome is CallOutcome.SPOKEN:
        moved = calls.complete_segment(connection, result)
    else:
        tries = calls.get_attempts(connection, result)
        moved = False
        if tries is not None:
            moved, turned_to = _after_failure(connection, job, result, tries)
    if not moved:
        return turned_to, []
    if job.status == JobStatus.CANCELLED:  # nothing more is bought, but what came in late can be heard
        return turned_to, hls_segments.enqueue(connection, job.owner_id, job.id)
    store.touch(connection, job.id, has_progressed=True)
    return turned_to, advance.advance_locked(connection, job)


def _after_failure(
    connection: Connection, job: JobRow, result: SegmentResultMessage, tries: int
) -> tuple[bool, str | None]:
    """Whether the segment was settled, and the provider it was turned over to."""
    error = result.error or result.outcome.value
    voices = advance.fallback_voices(job) if settings().tts_fallback_enabled else []
    other = next_voice(result.voice, voices)
    counted = tries + (result.outcome is CallOutcome.DOWN and not result.probe)
    match decide_retry(result.outcome, attempts=counted, probe=result.probe, has_next_voice=other is not None):
        case RetryDecision.NEXT_VOICE if other is not None:
            calls.requeue(connection, job.id, result.index, voice=other, attempts=0, delay=timedelta(0), error=error)
            logger.info("segment turned over", job_id=job.id, index=result.index, voice=other, instead_of=result.voice)
            return False, other.partition(":")[0]
        case RetryDecision.RETRY:
            rest = timedelta(seconds=retry_delay_s(counted - tries and counted))
            calls.requeue(
                connection, job.id, result.index, voice=result.voice, attempts=counted, delay=rest, error=error
            )
            return False, None
        case _:
            calls.mark_unspoken(connection, job.id, result.index, error)
            logger.warning("segment given up", job_id=job.id, index=result.index, reason=error)
            return True, None
