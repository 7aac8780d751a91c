"""Recording the result of a call.

The segment finishes or is requeued, and its job advances. A provider without limits gets the job's next wave at once; for the
others, the freed slots are assigned once per batch of results.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeAlias

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.speech import store
from chalicelib.speech.checks import pace, pace_store
from chalicelib.speech.dispatch import call_store, doubt_store, failover, outcome_store, waves
from chalicelib.speech.dispatch.advance import advance_locked, candidate_voices
from chalicelib.speech.dispatch.breaker import CallResult
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.dispatch.outcome_store import FailedSegment
from chalicelib.speech.messages import CallAnsweredMessage, RecheckProviderMessage, SegmentResultMessage
from chalicelib.speech.model import JobStatus
from chalicelib.speech.playback import hls_segments
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import RetryDecision, decide_retry, next_voice, retry_delay_s, voice_for_respeaking
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import CallOutcome

# Providers to dispatch, each with the results of calls that its breaker must know.
DueDispatches: TypeAlias = dict[str, list[CallResult]]


def record(result: SegmentResultMessage) -> DueDispatches:
    """Record the end of a call, and return what to dispatch after it.

    Results may arrive twice, late and in any order; their cost is counted once.
    """
    provider = result.voice.partition(":")[0]
    cost = providers.get(provider).cost(result.billed_characters)
    ended = CallResult(result.outcome, result.probe, result.error, result.retry_after_s)
    failover_provider: str | None = None
    messages: list[OutboxMessage] = []
    due: DueDispatches = {} if providers.get(provider).is_unlimited else {provider: []}
    try:
        with database.transaction(result.owner_id) as connection:
            job = store.lock(connection, result.job_id)
            is_new = call_store.complete_call(connection, result, cost=cost)
            if job is not None:
                failover_provider, messages = _apply(connection, job, result)
                if job.status == JobStatus.SPEAKING:
                    messages += _send_waves(connection, job, [provider, failover_provider], due)
            if is_new and waves.needs_dispatch(connection, provider, ended):
                due.setdefault(provider, []).append(ended)
    except AccountBeingErasedError:  # the job is deleted with the account; release the slot for others
        messages = []
        with database.transaction(result.owner_id) as connection:
            is_new = call_store.complete_call(connection, result, cost=cost)
        due[provider] = [ended] if is_new else []
    if is_new:
        observability.record_metrics(
            {Metric.CHARACTERS: result.billed_characters, Metric.COST_USD: float(cost)}, dimension_value=provider
        )
    if failover_provider is not None:
        observability.record_metrics({Metric.FAILOVERS: 1}, dimension_value=provider)
    outbox.send(messages)
    failover.start_polling([failover_provider] if failover_provider else [])
    return due


def record_answer(message: CallAnsweredMessage) -> DueDispatches:
    """Record that a provider has answered a call, and return what to dispatch after it. The call's result follows."""
    try:
        with database.transaction(message.owner_id) as connection:
            is_released = call_store.mark_answered(connection, message.call_id)
    except AccountBeingErasedError:  # its result releases the slot
        return {}
    return {message.provider: []} if is_released else {}


def dispatch_due(due: DueDispatches, deadline: Deadline) -> None:
    """Dispatch each provider once, with the results of a whole batch; after the deadline, leave it to another worker."""
    for provider, results in due.items():
        if deadline.remaining_s():
            dispatch(provider, results)
        else:
            queues.send(
                Queue.SPEECH_RESULTS, RecheckProviderMessage(provider=provider).model_dump_json(), group=provider
            )


def _send_waves(
    connection: Connection, job: JobRow, names: Sequence[str | None], due: DueDispatches
) -> list[OutboxMessage]:
    """Enqueue a job's next waves at these providers. Those that need a dispatch instead are added to `due`."""
    messages: list[OutboxMessage] = []
    for name in dict.fromkeys(name for name in names if name is not None):
        wave = waves.send_next(connection, job, name)
        if wave is None:
            due.setdefault(name, [])
        else:
            messages += wave
    return messages


def _apply(connection: Connection, job: JobRow, result: SegmentResultMessage) -> tuple[str | None, list[OutboxMessage]]:
    """Apply a result to its segment and job. Return the fallback provider, if any, and messages to send."""
    if job.status not in {JobStatus.SPEAKING, JobStatus.CANCELLED}:
        return None, []
    failover_provider: str | None = None
    if result.outcome is CallOutcome.SPOKEN and result.checks is not None and result.checks.faults:
        is_finished, failover_provider = _after_doubt(connection, job, result)
    elif result.outcome is CallOutcome.SPOKEN:
        _update_pace(connection, result)
        is_finished = outcome_store.complete_segment(connection, result)
    else:
        failed = outcome_store.get_failed(connection, result)
        is_finished = False
        if failed is not None:
            is_finished, failover_provider = _after_failure(connection, job, result, failed)
    if not is_finished:
        return failover_provider, []
    if job.status == JobStatus.CANCELLED:  # it buys nothing more, but late audio can be played
        return failover_provider, hls_segments.enqueue(connection, job.owner_id, job.id)
    store.touch(connection, job.id, has_progressed=True)
    return failover_provider, advance_locked(connection, job)


def _update_pace(connection: Connection, result: SegmentResultMessage) -> None:
    if result.checks is None or result.checks.ms_per_letter is None:
        return
    usual = pace_store.get(connection, result.voice)
    if pace.counts(usual, result.index):
        pace_store.update(connection, result.voice, pace.updated(usual, result.checks.ms_per_letter))


def _after_doubt(connection: Connection, job: JobRow, result: SegmentResultMessage) -> tuple[bool, str | None]:
    """Have a segment spoken again, or accept the best of its tries. Return like `_after_failure`."""
    segment = doubt_store.get(connection, result)
    if segment is None:
        return False, None
    faults = [fault.value for fault in result.checks.faults] if result.checks else []
    is_best = segment.fault_count is None or len(faults) < segment.fault_count
    doubt_store.keep(connection, result, is_best=is_best)
    voices = candidate_voices(job, segment.language) if settings().tts_fallback_enabled else []
    voice = voice_for_respeaking(
        result.voice,
        next_voice(result.voice, voices),
        respoken=segment.respoken,
        job_respoken=segment.job_respoken,
        segment_count=segment.job_segments,
    )
    if voice is None or job.status == JobStatus.CANCELLED:
        doubt_store.accept_candidates(connection, job.id, index=result.index)
        logger.warning("segment accepted in doubt", job_id=job.id, index=result.index, faults=faults)
        return True, None
    doubt_store.respeak(connection, job.id, result.index, voice)
    logger.info("segment spoken again", job_id=job.id, index=result.index, voice=voice, faults=faults)
    return False, None if voice == result.voice else voice.partition(":")[0]


def _after_failure(
    connection: Connection, job: JobRow, result: SegmentResultMessage, failed: FailedSegment
) -> tuple[bool, str | None]:
    """Requeue a segment or mark it unspoken. Return whether it is finished, and the fallback provider, if any."""
    error = result.error or result.outcome.value
    voices = candidate_voices(job, failed.language) if settings().tts_fallback_enabled else []
    fallback = next_voice(result.voice, voices)
    is_failed_attempt = result.outcome is CallOutcome.DOWN and not result.probe
    attempts = failed.attempts + is_failed_attempt
    match decide_retry(result.outcome, attempts=attempts, probe=result.probe, has_next_voice=fallback is not None):
        case RetryDecision.NEXT_VOICE if fallback is not None:
            outcome_store.requeue(
                connection, job.id, result.index, voice=fallback, attempts=0, delay=timedelta(0), error=error
            )
            logger.info(
                "segment failed over", job_id=job.id, index=result.index, voice=fallback, instead_of=result.voice
            )
            return False, fallback.partition(":")[0]
        case RetryDecision.RETRY:
            delay = timedelta(seconds=retry_delay_s(attempts) if is_failed_attempt else 0)
            outcome_store.requeue(
                connection, job.id, result.index, voice=result.voice, attempts=attempts, delay=delay, error=error
            )
            return False, None
        case _:
            outcome_store.mark_unspoken(connection, job.id, result.index, error)
            logger.warning("segment unspoken", job_id=job.id, index=result.index, reason=error)
            return True, None
