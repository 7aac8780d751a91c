"""Assignment of a provider's free slots to pending segments, under a lock on its row.

It runs after every change that may free or need a slot: a job was planned, a call ended, a wait is over. Idempotent.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import store as job_store
from chalicelib.speech.dispatch import advance, breaker, store
from chalicelib.speech.dispatch.breaker import Breaker, CallResult, State
from chalicelib.speech.dispatch.enqueue import ScheduledCall, enqueue_segments
from chalicelib.speech.dispatch.fair_share import (
    MAX_IN_FLIGHT_PER_JOB,
    OVERFLOW_SLOTS,
    InFlightCall,
    PendingJob,
    allocate_slots,
    next_slot_at,
    start_times,
)
from chalicelib.speech.messages import RecheckProviderMessage
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import MAX_ATTEMPTS
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Provider

LEASE_S = 90.0  # SQS redelivers a crashed worker's message after 45 s, and its call still ends in time
DEFAULT_CONCURRENCY = 20  # calls at once to a provider without a limit: as many as infra/functions.yaml allows
MAX_DELAY_S = 900  # of a message: SQS's own limit


@dataclass
class _DispatchPass:
    """One pass over a provider's calls, and what remains to be done after its commit."""

    provider: Provider
    now: datetime
    breaker: Breaker
    messages: list[OutboxMessage] = field(default_factory=list)
    changed_jobs: list[tuple[UUID, UUID]] = field(default_factory=list)  # owner and job: a segment was marked unspoken
    failover_providers: set[str] = field(default_factory=set)  # they got more segments

    @property
    def state(self) -> State:
        return breaker.state(self.breaker, self.now)


def dispatch(provider: str, result: CallResult | None = None) -> None:
    """Start the calls that a provider allows now, and those of its fallbacks. `result`: of a call that ended."""
    remaining, seen = deque([(provider, result)]), set[str]()
    while remaining:
        name, call_result = remaining.popleft()
        dispatch_pass = _assign_slots(name, call_result)
        seen.add(name)
        _send(dispatch_pass.messages)
        for owner_id, job_id in dispatch_pass.changed_jobs:
            with suppress(AccountBeingErasedError):
                advance.advance_job(owner_id, job_id)
        remaining.extend((other, None) for other in dispatch_pass.failover_providers - seen)


def dispatch_all() -> None:
    """Dispatch for every provider of this deployment, even if a recheck is scheduled."""
    for provider in providers.configured_providers():
        dispatch(provider.name)


def _assign_slots(name: str, result: CallResult | None) -> _DispatchPass:
    provider = providers.get(name)
    with database.transaction(None) as connection:
        state = store.lock_provider(connection, name)
        after_result = breaker.apply_result(state.breaker, result, state.now) if result else state.breaker
        dispatch_pass = _DispatchPass(provider, state.now, after_result)
        calls = _reclaim_expired_calls(connection, dispatch_pass, store.list_in_flight(connection, name))
        pending = store.list_pending(connection, name, max_per_job=MAX_IN_FLIGHT_PER_JOB + OVERFLOW_SLOTS)
        if dispatch_pass.state is State.OPEN:
            pending = _fail_over(connection, dispatch_pass, pending)
        slot_at, started = state.next_slot_at, list[InFlightCall]()
        free = _free_slots(dispatch_pass, len(calls))
        times = start_times(state.next_slot_at, state.now, per_second=provider.per_second, limit=free)
        slots = allocate_slots(len(times), pending, calls)
        if slots:
            probe = dispatch_pass.state is State.HALF_OPEN
            started = _start_calls(connection, dispatch_pass, pending, slots, times, probe=probe)
            slot_at = next_slot_at(times[: len(started)], slot_at, per_second=provider.per_second)
            if probe and started:
                dispatch_pass.breaker = breaker.start_probe(dispatch_pass.breaker, started[0].lease_until)
        rate_limited_until = slot_at if free > len(started) else None  # without a free slot, wait for the end of a call
        recheck_at = _recheck_at(dispatch_pass, pending, calls + started, rate_limited_until)
        if recheck_at is None or (state.recheck_at is not None and state.now < state.recheck_at <= recheck_at):
            recheck_at, needs_recheck = state.recheck_at, False
        else:
            needs_recheck = True
        store.update_provider(connection, name, dispatch_pass.breaker, next_slot_at=slot_at, recheck_at=recheck_at)
    _log_breaker(state.breaker, dispatch_pass)
    if needs_recheck and recheck_at is not None:
        delay_s = min(MAX_DELAY_S, max(0, math.ceil((recheck_at - dispatch_pass.now).total_seconds())))
        message = RecheckProviderMessage(provider=name)
        queues.send(Queue.SPEECH_RESULTS, message.model_dump_json(), group=name, delay_s=delay_s)
    return dispatch_pass


def _reclaim_expired_calls(
    connection: Connection, dispatch_pass: _DispatchPass, calls: Sequence[InFlightCall]
) -> list[InFlightCall]:
    """Free the slots of calls whose lease has expired; return the calls still in flight."""
    for call in calls:
        if call.lease_until <= dispatch_pass.now:
            database.set_current_owner(connection, call.owner_id)
            attempts = store.mark_expired(connection, call)
            logger.warning(
                "call expired",
                provider=dispatch_pass.provider.name,
                job_id=call.job_id,
                index=call.index,
                attempts=attempts,
            )
            if attempts is not None and attempts > MAX_ATTEMPTS:
                error = f"{attempts} calls for this text ended without a result."
                store.mark_unspoken(connection, call.job_id, call.index, error)
                dispatch_pass.changed_jobs.append((call.owner_id, call.job_id))
    return [call for call in calls if call.lease_until > dispatch_pass.now]


def _free_slots(dispatch_pass: _DispatchPass, in_flight: int) -> int:
    """Return how many more calls the provider accepts now."""
    if breaker.is_paused(dispatch_pass.breaker, dispatch_pass.now):
        return 0
    free = max(0, (dispatch_pass.provider.concurrency or DEFAULT_CONCURRENCY) - in_flight)
    return {State.CLOSED: free, State.HALF_OPEN: min(free, 1), State.OPEN: 0}[dispatch_pass.state]


def _start_calls(
    connection: Connection,
    dispatch_pass: _DispatchPass,
    pending: Sequence[PendingJob],
    slots: dict[UUID, int],
    times: Sequence[datetime],
    *,
    probe: bool,
) -> list[InFlightCall]:
    started: list[InFlightCall] = []
    for candidate in pending:
        if not slots.get(candidate.job_id):
            continue
        database.set_current_owner(connection, candidate.owner_id)
        try:
            with database.savepoint(connection):
                job = job_store.get_speaking(connection, candidate.job_id)
                if job is None:
                    continue
                claimed = store.claim_segments(
                    connection, job, dispatch_pass.provider.name, lease_s=LEASE_S, limit=slots[job.id]
                )
                calls = [
                    ScheduledCall(segment, call_id, time, lease_until)
                    for (segment, call_id, lease_until), time in zip(claimed, times[len(started) :], strict=False)
                ]
                messages = enqueue_segments(connection, job, calls, probe=probe)
        except AccountBeingErasedError:  # it starts nothing new, and must not block other accounts
            continue
        started += [InFlightCall(call.id, job.owner_id, job.id, call.segment.index, call.lease_until) for call in calls]
        dispatch_pass.messages += messages
    return started


def _fail_over(connection: Connection, dispatch_pass: _DispatchPass, pending: Sequence[PendingJob]) -> list[PendingJob]:
    """Move the segments of a provider with an open breaker to fallback voices. Return the jobs that have none.

    A disabled provider will not recover by waiting: segments without a fallback voice are marked unspoken.
    """
    open_breakers = {row.name: row for row in store.list_open_breakers(connection)} if pending else {}
    provider = dispatch_pass.provider.name
    without_fallback = []
    for candidate in pending:
        database.set_current_owner(connection, candidate.owner_id)
        job = job_store.get_speaking(connection, candidate.job_id)
        if job is None:
            continue
        voice = _fallback_voice(job, dispatch_pass, open_breakers)
        if voice is not None:
            count = store.fail_over(connection, job.id, provider, voice)
            dispatch_pass.failover_providers.add(voice.partition(":")[0])
            logger.info("job failed over", job_id=job.id, voice=voice, instead_of=provider, segments=count)
        elif dispatch_pass.breaker.is_disabled:
            reason = dispatch_pass.breaker.reason or f"{provider} cannot be used."
            store.mark_pending_unspoken(connection, job.id, reason, providers=[provider])
            dispatch_pass.changed_jobs.append((job.owner_id, job.id))
        else:
            without_fallback.append(candidate)
    return without_fallback


def _fallback_voice(
    job: JobRow, dispatch_pass: _DispatchPass, open_breakers: dict[str, store.OpenBreaker]
) -> str | None:
    """Return a fallback voice for a job.

    One of a provider in an outage only if the job's own provider is disabled.
    """
    if not settings().tts_fallback_enabled:
        return None
    voices = {voice: voice.partition(":")[0] for voice in advance.candidate_voices(job)}
    others = {voice: name for voice, name in voices.items() if name != dispatch_pass.provider.name}
    healthy = [voice for voice, name in others.items() if name not in open_breakers]
    recovering = [
        voice for voice, name in others.items() if name in open_breakers and not open_breakers[name].is_disabled
    ]
    return next(iter(healthy + recovering if dispatch_pass.breaker.is_disabled else healthy), None)


def _recheck_at(
    dispatch_pass: _DispatchPass,
    pending: Sequence[PendingJob],
    calls: Sequence[InFlightCall],
    rate_limited_until: datetime | None,
) -> datetime | None:
    """Return when to dispatch again: after a wait, a rate limit or a lease."""
    times = [call.lease_until + timedelta(seconds=1) for call in calls]
    if pending:
        times += [job.next_ready_at for job in pending if job.next_ready_at is not None]
        blocked_until = breaker.blocked_until(dispatch_pass.breaker, dispatch_pass.now)
        times += [time for time in (blocked_until, rate_limited_until) if time is not None and time > dispatch_pass.now]
    return min(times, default=None)


def _send(messages: Sequence[OutboxMessage]) -> None:
    for owner_id in dict.fromkeys(message.owner_id for message in messages):
        outbox.send([message for message in messages if message.owner_id == owner_id])


def _log_breaker(before: Breaker, dispatch_pass: _DispatchPass) -> None:
    after, provider = dispatch_pass.breaker, dispatch_pass.provider.name
    if before.open_until is None and after.open_until is not None:
        logger.error("breaker opened", provider=provider, until=after.open_until, reason=after.reason)
    elif before.open_until is not None and after.open_until is None:
        logger.info("breaker closed", provider=provider)
