"""Fail-over: a provider with an open breaker hands its segments to other voices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from chalicelib.platform.aws import event_sources
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import BUILT_IN_VOICE, settings
from chalicelib.platform.db.database import Connection
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store
from chalicelib.speech.dispatch import advance, outcome_store, pending_store, provider_store, waves
from chalicelib.speech.dispatch.dispatch_pass import MAX_JOBS_PER_PASS, DispatchPass, speaking_job
from chalicelib.speech.dispatch.provider_store import OpenBreaker
from chalicelib.speech.store import JobRow


def fail_over(connection: Connection, dispatch_pass: DispatchPass) -> None:
    """Move the segments of a provider with an open breaker to fallback voices; jobs that have none wait for it.

    A disabled provider will not recover by waiting: segments without a fallback voice are marked unspoken.
    """
    provider = dispatch_pass.provider.name
    ready = pending_store.list_ready(connection, provider, limit=MAX_JOBS_PER_PASS)
    open_breakers = {row.name: row for row in provider_store.list_open_breakers(connection)} if ready else {}
    for candidate in ready:
        with speaking_job(connection, dispatch_pass, candidate.owner_id, candidate.job_id) as job:
            if job is not None:
                _fail_over_job(connection, dispatch_pass, job, open_breakers)
    if len(ready) == MAX_JOBS_PER_PASS:
        dispatch_pass.continue_later()


def start_polling(fallbacks: Collection[str]) -> None:
    """Have the built-in voice's queue polled if the voice is one of these fallbacks; the sweep ends it."""
    if BUILT_IN_VOICE in fallbacks:
        event_sources.set_polled(Queue.SPEECH_BUILT_IN, is_polled=True)


def _fail_over_job(
    connection: Connection, dispatch_pass: DispatchPass, job: JobRow, open_breakers: dict[str, OpenBreaker]
) -> None:
    provider = dispatch_pass.provider.name
    is_left = False
    for language in segment_store.list_pending_languages(connection, job.id, provider):
        voice = _fallback_voice(job, language, dispatch_pass, open_breakers)
        if voice is None:
            is_left = True
            continue
        count = outcome_store.fail_over(connection, job.id, provider, voice, language=language)
        dispatch_pass.failover_providers.add(voice.partition(":")[0])
        logger.info("job failed over", job_id=job.id, voice=voice, instead_of=provider, segments=count)
    if is_left and dispatch_pass.breaker.is_disabled:
        reason = dispatch_pass.breaker.reason or f"{provider} cannot be used."
        outcome_store.mark_pending_unspoken(connection, job.id, reason, providers=[provider])
        dispatch_pass.changed_jobs.append((job.owner_id, job.id))
    elif is_left and dispatch_pass.breaker.open_until is not None:
        pending_store.postpone(connection, provider, job.id, until=dispatch_pass.breaker.open_until)
        return
    if dispatch_pass.provider.is_unlimited:  # calls of its last wave may still be lost
        pending_store.postpone(connection, provider, job.id, until=dispatch_pass.now + timedelta(seconds=waves.LEASE_S))
    else:
        pending_store.update(connection, job.owner_id, provider, job.id)


def _fallback_voice(
    job: JobRow, language: str | None, dispatch_pass: DispatchPass, open_breakers: dict[str, OpenBreaker]
) -> str | None:
    """Return a fallback voice for a job's segments in a language; None is its own.

    One of a provider in an outage only if the job's own provider is disabled.
    """
    if not settings().tts_fallback_enabled:
        return None
    voices = {voice: voice.partition(":")[0] for voice in advance.candidate_voices(job, language)}
    others = {voice: name for voice, name in voices.items() if name != dispatch_pass.provider.name}
    healthy = [voice for voice, name in others.items() if name not in open_breakers]
    recovering = [
        voice for voice, name in others.items() if name in open_breakers and not open_breakers[name].is_disabled
    ]
    return next(iter(healthy + recovering if dispatch_pass.breaker.is_disabled else healthy), None)
