"""Assignment of a provider's free slots to pending segments, under a lock on its row.

It runs after every change that may free or need a slot: a job was planned, a call ended, a wait is over. Idempotent. A pass reads
the jobs that it may start, and no others (`pending_store`), so its time does not grow with the number of jobs. For a provider
without limits it runs only after failures: `waves` sends everything else.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import reduce
from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database, outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.platform.errors import AccountBeingErasedError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import segment_store
from chalicelib.speech import store as job_store
from chalicelib.speech.dispatch import (
    advance,
    breaker,
    call_store,
    failover,
    outcome_store,
    pending_store,
    provider_store,
    waves,
)
from chalicelib.speech.dispatch.breaker import Breaker, CallResult, State
from chalicelib.speech.dispatch.dispatch_pass import MAX_JOBS_PER_PASS, DispatchPass, speaking_job
from chalicelib.speech.dispatch.enqueue import enqueue_calls
from chalicelib.speech.dispatch.fair_share import (
    MAX_IN_FLIGHT_PER_JOB,
    MIN_SLOTS_TO_RESERVE,
    OVERFLOW_SLOTS,
    RESERVED_SLOTS,
    InFlightCall,
    allocate_slots,
    next_slot_at,
    start_times,
)
from chalicelib.speech.messages import RecheckProviderMessage
from chalicelib.speech.model import JobStatus
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import MAX_ATTEMPTS
from chalicelib.speech.voices import providers

LEASE_S = 90.0  # SQS redelivers a crashed worker's message after 45 s, and its call still ends in time
MAX_STARTS_PER_PASS = 100  # calls: with more slots than that, the next pass fills the others
MAX_DELAY_S = 900  # of a message: SQS's own limit


def start_job(owner_id: UUID, job_id: UUID) -> None:
    """Start what the providers of a planned job allow now: its first wave, or calls that get a slot.

    An account that is being erased starts nothing.
    """
    try:
        with database.transaction(owner_id) as connection:
            messages, to_dispatch = _send_waves(connection, job_id)
    except AccountBeingErasedError:
        return
    outbox.send(messages)
    for provider in to_dispatch:
        dispatch(provider)


def _send_waves(connection: Connection, job_id: UUID) -> tuple[list[OutboxMessage], list[str]]:
    """Enqueue a job's next waves. Return their messages, and the providers to dispatch instead."""
    messages: list[OutboxMessage] = []
    to_dispatch: list[str] = []
    job = job_store.lock(connection, job_id)
    for provider in segment_store.list_pending_providers(connection, job_id):
        wave = waves.send_next(connection, job, provider) if job and job.status == JobStatus.SPEAKING else []
        if wave is None:
            to_dispatch.append(provider)
        else:
            messages += wave
    return messages, to_dispatch


def dispatch(provider: str, results: Sequence[CallResult] = ()) -> None:
    """Start the calls that a provider allows now, and those of its fallbacks. `results`: of calls that ended."""
    remaining, seen = deque([(provider, results)]), set[str]()
    while remaining:
        name, call_results = remaining.popleft()
        dispatch_pass = _run_pass(name, call_results)
        seen.add(name)
        _send(dispatch_pass.messages)
        for owner_id, job_id in dispatch_pass.changed_jobs:
            with suppress(AccountBeingErasedError):
                advance.advance_job(owner_id, job_id)
        failover.start_polling(dispatch_pass.failover_providers)
        remaining.extend((other, ()) for other in dispatch_pass.failover_providers - seen)


def dispatch_all() -> None:
    """Dispatch for every provider of this deployment, even if a recheck is scheduled."""
    for provider in providers.configured_providers():
        dispatch(provider.name)


def _run_pass(name: str, results: Sequence[CallResult]) -> DispatchPass:
    with database.transaction(None) as connection:
        state = provider_store.lock(connection, name)
        after = reduce(lambda state_, result: breaker.apply_result(state_, result, state.now), results, state.breaker)
        dispatch_pass = DispatchPass(providers.get(name), state.now, after, state.next_slot_at)
        if dispatch_pass.provider.is_unlimited:
            _resume_waves(connection, dispatch_pass)
        else:
            _assign_slots(connection, dispatch_pass)
        recheck_at = _recheck_at(connection, dispatch_pass)
        if recheck_at is None or (state.recheck_at is not None and state.now < state.recheck_at <= recheck_at):
            recheck_at, needs_recheck = state.recheck_at, False
        else:
            needs_recheck = True
        provider_store.update(
            connection, name, dispatch_pass.breaker, next_slot_at=dispatch_pass.next_slot_at, recheck_at=recheck_at
        )
    _log_breaker(state.breaker, dispatch_pass)
    if needs_recheck and recheck_at is not None:
        delay_s = min(MAX_DELAY_S, max(0, math.ceil((recheck_at - dispatch_pass.now).total_seconds())))
        message = RecheckProviderMessage(provider=name)
        queues.send(Queue.SPEECH_RESULTS, message.model_dump_json(), group=name, delay_s=delay_s)
    return dispatch_pass


def _assign_slots(connection: Connection, dispatch_pass: DispatchPass) -> None:
    """Give the free slots of a provider with limits to pending segments."""
    calls = call_store.list_in_flight(connection, dispatch_pass.provider.name)
    calls = _reclaim_expired_calls(connection, dispatch_pass, calls)
    if dispatch_pass.state is State.OPEN:
        failover.fail_over(connection, dispatch_pass)
    elif free := _free_slots(dispatch_pass, len(calls)):
        calls += _start_calls(connection, dispatch_pass, calls, free)
    dispatch_pass.recheck_times += [call.lease_until + timedelta(seconds=1) for call in calls]


def _reclaim_expired_calls(
    connection: Connection, dispatch_pass: DispatchPass, calls: Sequence[InFlightCall]
) -> list[InFlightCall]:
    """Free the slots of calls whose lease has expired; return the calls still in flight."""
    for call in calls:
        if call.lease_until <= dispatch_pass.now:
            database.set_current_owner(connection, call.owner_id)
            attempts = call_store.mark_expired(connection, call)
            logger.warning(
                "call expired",
                provider=dispatch_pass.provider.name,
                job_id=call.job_id,
                index=call.index,
                attempts=attempts,
            )
            if attempts is not None and attempts > MAX_ATTEMPTS:
                error = f"{attempts} calls for this text ended without a result."
                outcome_store.mark_unspoken(connection, call.job_id, call.index, error)
                dispatch_pass.changed_jobs.append((call.owner_id, call.job_id))
    return [call for call in calls if call.lease_until > dispatch_pass.now]


def _free_slots(dispatch_pass: DispatchPass, in_flight: int) -> int:
    """Return how many more calls a provider with limits accepts now."""
    if breaker.is_paused(dispatch_pass.breaker, dispatch_pass.now):
        return 0
    concurrency = dispatch_pass.provider.concurrency or MAX_STARTS_PER_PASS  # None: only its rate is limited
    free = min(max(0, concurrency - in_flight), MAX_STARTS_PER_PASS)
    return min(free, 1) if dispatch_pass.state is State.HALF_OPEN else free


def _start_calls(
    connection: Connection, dispatch_pass: DispatchPass, calls: Sequence[InFlightCall], free: int
) -> list[InFlightCall]:
    name, per_second = dispatch_pass.provider.name, dispatch_pass.provider.per_second
    times = start_times(dispatch_pass.next_slot_at, dispatch_pass.now, per_second=per_second, limit=free)
    max_per_job = MAX_IN_FLIGHT_PER_JOB + OVERFLOW_SLOTS
    pending = (
        pending_store.list_next(connection, name, calls, free=len(times), max_per_job=max_per_job) if times else []
    )
    reserved = _reserved_slots(dispatch_pass, free) - (free - len(times))  # what the rate keeps free is left, too
    slots = allocate_slots(len(times), pending, calls, reserved=reserved)
    is_probe = dispatch_pass.state is State.HALF_OPEN
    started: list[InFlightCall] = []
    for candidate in pending:
        if not candidate.ready_count:
            dispatch_pass.continue_later()  # its turn was outdated, and took the place of another
        elif not slots[candidate.job_id]:
            continue
        with speaking_job(connection, dispatch_pass, candidate.owner_id, candidate.job_id) as job:
            if job is None:
                continue
            claimed = call_store.claim_segments(connection, job, name, lease_s=LEASE_S, limit=slots[job.id])
            starts = list(zip(claimed, times[len(started) :], strict=False))
            messages = enqueue_calls(connection, job, starts, probe=is_probe)
            served_at = dispatch_pass.now if claimed else None
            pending_store.update(connection, job.owner_id, name, job.id, served_at=served_at)
            started += [InFlightCall(row.call_id, job.owner_id, job.id, row.index, row.lease_until) for row in claimed]
            dispatch_pass.messages += messages
    if is_probe and started:
        dispatch_pass.breaker = breaker.start_probe(dispatch_pass.breaker, started[0].lease_until)
    slot_at = next_slot_at(times[: len(started)], dispatch_pass.next_slot_at, per_second=per_second)
    if len(times) < free and len(started) == len(times) and slot_at is not None:
        dispatch_pass.recheck_times.append(slot_at)  # only the rate keeps slots free
    elif len(started) == MAX_STARTS_PER_PASS:
        dispatch_pass.continue_later()
    dispatch_pass.next_slot_at = slot_at
    return started


def _reserved_slots(dispatch_pass: DispatchPass, free: int) -> int:
    """Return how many of the free slots are left to owners without calls: none of a probe's, or while many are free."""
    has_many = (dispatch_pass.provider.concurrency or 0) >= MIN_SLOTS_TO_RESERVE
    return RESERVED_SLOTS if has_many and dispatch_pass.state is State.CLOSED and free < MAX_STARTS_PER_PASS else 0


def _resume_waves(connection: Connection, dispatch_pass: DispatchPass) -> None:
    """Send the waves that an outage held back, and those whose messages were lost."""
    name, is_probe = dispatch_pass.provider.name, dispatch_pass.state is State.HALF_OPEN
    if dispatch_pass.state is State.OPEN:
        failover.fail_over(connection, dispatch_pass)
        return
    if breaker.is_paused(dispatch_pass.breaker, dispatch_pass.now):
        return
    ready = pending_store.list_ready(connection, name, limit=MAX_JOBS_PER_PASS)
    for candidate in ready:
        with speaking_job(connection, dispatch_pass, candidate.owner_id, candidate.job_id) as job:
            if job is None:
                continue
            _reclaim_expired_calls(connection, dispatch_pass, call_store.list_of_job(connection, job.id, name))
            messages = _send_probe(connection, dispatch_pass, job) if is_probe else waves.send(connection, job, name)
            pending_store.postpone(connection, name, job.id, until=dispatch_pass.now + timedelta(seconds=waves.LEASE_S))
            dispatch_pass.messages += messages
            if is_probe and messages:
                return
    if len(ready) == MAX_JOBS_PER_PASS:
        dispatch_pass.continue_later()


def _send_probe(connection: Connection, dispatch_pass: DispatchPass, job: JobRow) -> list[OutboxMessage]:
    """Enqueue one call that tests whether the outage of a provider without limits is over."""
    calls = call_store.claim_segments(connection, job, dispatch_pass.provider.name, lease_s=LEASE_S, limit=1)
    for call in calls:
        dispatch_pass.breaker = breaker.start_probe(dispatch_pass.breaker, call.lease_until)
    return enqueue_calls(connection, job, [(call, call.starts_at) for call in calls], probe=True)


def _recheck_at(connection: Connection, dispatch_pass: DispatchPass) -> datetime | None:
    """Return when to dispatch again: after a wait, a rate limit or a lease."""
    name, times = dispatch_pass.provider.name, list(dispatch_pass.recheck_times)
    next_ready_at = pending_store.get_next_ready_at(connection, name)
    if next_ready_at is not None:
        times.append(next_ready_at)
    blocked_until = breaker.blocked_until(dispatch_pass.breaker, dispatch_pass.now)
    if blocked_until is not None and pending_store.list_ready(connection, name, limit=1):
        times.append(blocked_until)
    return min(times, default=None)


def _send(messages: Sequence[OutboxMessage]) -> None:
    for owner_id in dict.fromkeys(message.owner_id for message in messages):
        outbox.send([message for message in messages if message.owner_id == owner_id])


def _log_breaker(before: Breaker, dispatch_pass: DispatchPass) -> None:
    after, provider = dispatch_pass.breaker, dispatch_pass.provider.name
    if before.open_until is None and after.open_until is not None:
        logger.error("breaker opened", provider=provider, until=after.open_until, reason=after.reason)
    elif before.open_until is not None and after.open_until is None:
        logger.info("breaker closed", provider=provider)
