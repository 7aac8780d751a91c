"""Handing out the calls that a provider allows, to whoever waits for them: in one transaction that holds the provider's row.

It runs after whatever may have changed something: a job was planned, a call ended, a wait is over. Repeating it is harmless.
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
from chalicelib.speech import messages
from chalicelib.speech import store as jobs
from chalicelib.speech.dispatch import advance, store
from chalicelib.speech.dispatch import breaker as breakers
from chalicelib.speech.dispatch.breaker import Breaker, CallResult, State
from chalicelib.speech.dispatch.fair_share import (
    MAX_IN_FLIGHT_PER_JOB,
    OVERFLOW_SLOTS,
    InFlightCall,
    PendingJob,
    allocate_slots,
    next_slot_at,
    start_times,
)
from chalicelib.speech.messages import ScheduledCall
from chalicelib.speech.model import RecheckProviderMessage
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import MAX_ATTEMPTS
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Provider

CALL_S = 30  # a call's own limit, that of the function that makes it
LEASE_S = 90.0  # a message whose receiver died comes back after 45 s, and the call it asks for still ends in time
DEFAULT_CONCURRENCY = (
    20  # calls at once of a provider that does not count them: as many as infra/functions.yaml lets be made
)
MAX_DELAY_S = 900  # SQS's own limit


@dataclass
class _DispatchPass:
    """What one pass finds and leaves to do after its commit."""

    provider: Provider
    now: datetime
    breaker: Breaker
    letters: list[OutboxMessage] = field(default_factory=list)
    settled: list[tuple[UUID, UUID]] = field(default_factory=list)  # owner and job: a segment of it was given up
    turned_to: set[str] = field(default_factory=set)  # providers that got more to do

    @property
    def state(self) -> State:
        return breakers.state(self.breaker, self.now)


def dispatch(provider: str, heard: CallResult | None = None) -> None:
    """Hand out what may be handed out now; `heard` is what became of a call to this provider."""
    ahead, seen = deque([(provider, heard)]), set[str]()
    while ahead:
        name, news = ahead.popleft()
        this = _assign_slots(name, news)
        seen.add(name)
        _send(this.letters)
        for owner_id, job_id in this.settled:
            with suppress(AccountBeingErasedError):
                advance.advance_job(owner_id, job_id)
        ahead.extend((other, None) for other in this.turned_to - seen)


def dispatch_all() -> None:
    """The same for every provider of this deployment, also where the row of one says that something waits."""
    for provider in providers.configured_providers():
        dispatch(provider.name)


def _assign_slots(name: str, heard: CallResult | None) -> _DispatchPass:
    provider = providers.get(name)
    with database.transaction(None) as connection:
        held = store.lock_provider(connection, name)
        before = held.breaker
        this = _DispatchPass(provider, held.now, breakers.apply_result(before, heard, held.now) if heard else before)
        calls = _reclaim_expired_calls(connection, this, store.list_in_flight(connection, name))
        waiting = store.list_pending(connection, name, max_per_job=MAX_IN_FLIGHT_PER_JOB + OVERFLOW_SLOTS)
        if this.state is State.OPEN:
            waiting = _fail_over(connection, this, waiting)
        arrival, begun = held.next_slot_at, list[InFlightCall]()
        free = _free(this, len(calls))
        times = start_times(held.next_slot_at, held.now, per_second=provider.per_second, limit=free)
        shares = allocate_slots(len(times), waiting, calls)
        if shares:
            probe = this.state is State.HALF_OPEN
            begun = _start_calls(connection, this, waiting, shares, times, probe=probe)
            arrival = next_slot_at(times[: len(begun)], arrival, per_second=provider.per_second)
            if probe and begun:
                this.breaker = breakers.start_probe(this.breaker, begun[0].lease_until)
        held_up_until = arrival if free > len(begun) else None  # with no slot left, the end of a call is what matters
        wake_at = _recheck_at(this, waiting, calls + begun, held_up_until)
        if wake_at is None or (held.recheck_at is not None and held.now < held.recheck_at <= wake_at):
            wake_at, asleep = held.recheck_at, True
        else:
            asleep = False
        store.update_provider(connection, name, this.breaker, next_slot_at=arrival, recheck_at=wake_at)
    _log(before, this)
    if not asleep and wake_at is not None:
        delay_s = min(MAX_DELAY_S, max(0, math.ceil((wake_at - this.now).total_seconds())))
        queues.send(
            Queue.SPEECH_RESULTS, RecheckProviderMessage(wake=name).model_dump_json(), group=name, delay_s=delay_s
        )
    return this


def _reclaim_expired_calls(
    connection: Connection, this: _DispatchPass, calls: Sequence[InFlightCall]
) -> list[InFlightCall]:
    """Free the slots whose lease ran out; answers the calls that are under way."""
    for call in calls:
        if call.lease_until <= this.now:
            database.set_current_owner(connection, call.owner_id)
            tries = store.mark_expired(connection, call)
            logger.warning("call lost", provider=this.provider.name, job_id=call.job_id, index=call.index, tries=tries)
            if tries is not None and tries > MAX_ATTEMPTS:
                error = f"{tries} calls for this text ended without an answer."
                store.mark_unspoken(connection, call.job_id, call.index, error)
                this.settled.append((call.owner_id, call.job_id))
    return [call for call in calls if call.lease_until > this.now]


def _free(this: _DispatchPass, calling: int) -> int:
    """How many calls the provider would take now."""
    if breakers.is_paused(this.breaker, this.now):
        return 0
    free = max(0, (this.provider.concurrency or DEFAULT_CONCURRENCY) - calling)
    return {State.CLOSED: free, State.HALF_OPEN: min(free, 1), State.OPEN: 0}[this.state]


def _start_calls(
    connection: Connection,
    this: _DispatchPass,
    waiting: Sequence[PendingJob],
    shares: dict[UUID, int],
    times: Sequence[datetime],
    *,
    probe: bool,
) -> list[InFlightCall]:
    begun: list[InFlightCall] = []
    for wish in waiting:
        if not shares.get(wish.job_id):
            continue
        database.set_current_owner(connection, wish.owner_id)
        try:
            with database.savepoint(connection):
                job = jobs.get_speaking(connection, wish.job_id)
                taken = (
                    store.claim_segments(
                        connection, job, this.provider.name, lease_s=LEASE_S, limit=shares[wish.job_id]
                    )
                    if job
                    else []
                )
                calls = [
                    ScheduledCall(row, call_id, time, lease_until)
                    for (row, call_id, lease_until), time in zip(taken, times[len(begun) :], strict=False)
                ]
                letters = messages.enqueue_segments(connection, job, calls, probe=probe) if job else []
        except AccountBeingErasedError:  # an account that is being erased takes nothing new, and stops nobody else
            continue
        begun += [InFlightCall(c.id, wish.owner_id, wish.job_id, c.segment.index, c.lease_until) for c in calls]
        this.letters += letters
    return begun


def _fail_over(connection: Connection, this: _DispatchPass, waiting: Sequence[PendingJob]) -> list[PendingJob]:
    """Nobody calls this provider now: let other voices speak what waits for it, where there are any; answers who keeps waiting.

    Where money or access is missing there is nothing to wait for: what nobody else speaks is given up.
    """
    broken = {each.name: each for each in store.list_open_breakers(connection)} if waiting else {}
    staying = []
    for wish in waiting:
        database.set_current_owner(connection, wish.owner_id)
        job = jobs.get_speaking(connection, wish.job_id)
        if job is None:
            continue
        voice = _who_else(job, this, broken)
        if voice is not None:
            count = store.fail_over(connection, job.id, this.provider.name, voice)
            this.turned_to.add(voice.partition(":")[0])
            logger.info("job turned over", job_id=job.id, voice=voice, instead_of=this.provider.name, segments=count)
        elif this.breaker.is_disabled:
            why = this.breaker.reason or f"{this.provider.name} cannot be used."
            store.mark_pending_unspoken(connection, job.id, why, providers=[this.provider.name])
            this.settled.append((job.owner_id, job.id))
        else:
            staying.append(wish)
    return staying


def _who_else(job: JobRow, this: _DispatchPass, broken: dict[str, store.OpenBreaker]) -> str | None:
    """Another voice for a job; one that must be waited for only where there is nothing to wait for here."""
    if not settings().tts_fallback_enabled:
        return None
    others = {voice: voice.partition(":")[0] for voice in advance.fallback_voices(job)}
    others = {voice: name for voice, name in others.items() if name != this.provider.name}
    well = [voice for voice, name in others.items() if name not in broken]
    coming_back = [voice for voice, name in others.items() if name in broken and not broken[name].is_disabled]
    return next(iter(well + coming_back if this.breaker.is_disabled else well), None)


def _recheck_at(
    this: _DispatchPass, waiting: Sequence[PendingJob], calls: Sequence[InFlightCall], held_up_until: datetime | None
) -> datetime | None:
    """When to look again although nothing is heard: a wait is over, a rate lets one more through, or a lease has run out."""
    times = [call.lease_until + timedelta(seconds=1) for call in calls]
    if waiting:
        times += [wish.next_ready_at for wish in waiting if wish.next_ready_at is not None]
        changes = breakers.blocked_until(this.breaker, this.now)
        times += [time for time in (changes, held_up_until) if time is not None and time > this.now]
    return min(times, default=None)


def _send(letters: Sequence[OutboxMessage]) -> None:
    for owner_id in dict.fromkeys(letter.owner_id for letter in letters):
        outbox.send([letter for letter in letters if letter.owner_id == owner_id])


def _log(before: Breaker, this: _DispatchPass) -> None:
    if before.open_until is None and this.breaker.open_until is not None:
        logger.error(
            "breaker opened", provider=this.provider.name, until=this.breaker.open_until, reason=this.breaker.reason
        )
    elif before.open_until is not None and this.breaker.open_until is None:
        logger.info("breaker closed", provider=this.provider.name)
