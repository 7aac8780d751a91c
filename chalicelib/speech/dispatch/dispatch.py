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
from chalicelib.platform.db.outbox import Letter
from chalicelib.platform.errors import AccountErasingError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import messages
from chalicelib.speech import store as jobs
from chalicelib.speech.dispatch import advance, store
from chalicelib.speech.dispatch import breaker as breakers
from chalicelib.speech.dispatch.breaker import Breaker, Heard, State
from chalicelib.speech.dispatch.fair_share import (
    BEYOND_WINDOW,
    WINDOW,
    UnderWay,
    Waiting,
    begin_times,
    next_arrival,
    share,
)
from chalicelib.speech.messages import Call
from chalicelib.speech.model import WakeOrder
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import TRIES
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Provider

CALL_S = 30  # a call's own limit, that of the function that makes it
LEASE_S = 90.0  # a message whose receiver died comes back after 45 s, and the call it asks for still ends in time
UNLIMITED = 20  # calls at once of a provider that does not count them: as many as infra/functions.yaml lets be made
MOST_DELAY_S = 900  # SQS's own limit


@dataclass
class _Round:
    """What one pass finds and leaves to do after its commit."""

    provider: Provider
    now: datetime
    breaker: Breaker
    letters: list[Letter] = field(default_factory=list)
    settled: list[tuple[UUID, UUID]] = field(default_factory=list)  # owner and job: a segment of it was given up
    turned_to: set[str] = field(default_factory=set)  # providers that got more to do

    @property
    def state(self) -> State:
        return breakers.state(self.breaker, self.now)


def dispatch(provider: str, heard: Heard | None = None) -> None:
    """Hand out what may be handed out now; `heard` is what became of a call to this provider."""
    ahead, seen = deque([(provider, heard)]), set[str]()
    while ahead:
        name, news = ahead.popleft()
        this = _hand_out(name, news)
        seen.add(name)
        _send(this.letters)
        for owner_id, job_id in this.settled:
            with suppress(AccountErasingError):
                advance.go_on(owner_id, job_id)
        ahead.extend((other, None) for other in this.turned_to - seen)


def dispatch_all() -> None:
    """The same for every provider of this deployment, also where the row of one says that something waits."""
    for provider in providers.in_use():
        dispatch(provider.name)


def _hand_out(name: str, heard: Heard | None) -> _Round:
    provider = providers.get(name)
    with database.transaction(None) as connection:
        held = store.hold(connection, name)
        before = held.breaker
        this = _Round(provider, held.now, breakers.after(before, heard, held.now) if heard else before)
        calls = _take_back_lost(connection, this, store.under_way(connection, name))
        waiting = store.waiting(connection, name, at_most=WINDOW + BEYOND_WINDOW)
        if this.state is State.OPEN:
            waiting = _turn_over(connection, this, waiting)
        arrival, begun = held.arrival, list[UnderWay]()
        free = _free(this, len(calls))
        times = begin_times(held.arrival, held.now, per_second=provider.per_second, most=free)
        shares = share(len(times), waiting, calls)
        if shares:
            probe = this.state is State.HALF_OPEN
            begun = _begin(connection, this, waiting, shares, times, probe=probe)
            arrival = next_arrival(times[: len(begun)], arrival, per_second=provider.per_second)
            if probe and begun:
                this.breaker = breakers.probing(this.breaker, begun[0].lease_until)
        held_up_until = arrival if free > len(begun) else None  # with no slot left, the end of a call is what matters
        wake_at = _wake_at(this, waiting, calls + begun, held_up_until)
        if wake_at is None or (held.wake_at is not None and held.now < held.wake_at <= wake_at):
            wake_at, asleep = held.wake_at, True
        else:
            asleep = False
        store.save(connection, name, this.breaker, arrival=arrival, wake_at=wake_at)
    _log(before, this)
    if not asleep and wake_at is not None:
        delay_s = min(MOST_DELAY_S, max(0, math.ceil((wake_at - this.now).total_seconds())))
        queues.send(Queue.SPEECH_RESULTS, WakeOrder(wake=name).model_dump_json(), group=name, delay_s=delay_s)
    return this


def _take_back_lost(connection: Connection, this: _Round, calls: Sequence[UnderWay]) -> list[UnderWay]:
    """Free the slots whose lease ran out; answers the calls that are under way."""
    for call in calls:
        if call.lease_until <= this.now:
            database.become(connection, call.owner_id)
            tries = store.lose(connection, call)
            logger.warning("call lost", provider=this.provider.name, job_id=call.job_id, index=call.index, tries=tries)
            if tries is not None and tries > TRIES:
                error = f"{tries} calls for this text ended without an answer."
                store.settle_gap(connection, call.job_id, call.index, error)
                this.settled.append((call.owner_id, call.job_id))
    return [call for call in calls if call.lease_until > this.now]


def _free(this: _Round, calling: int) -> int:
    """How many calls the provider would take now."""
    if breakers.is_paused(this.breaker, this.now):
        return 0
    free = max(0, (this.provider.concurrency or UNLIMITED) - calling)
    return {State.CLOSED: free, State.HALF_OPEN: min(free, 1), State.OPEN: 0}[this.state]


def _begin(
    connection: Connection,
    this: _Round,
    waiting: Sequence[Waiting],
    shares: dict[UUID, int],
    times: Sequence[datetime],
    *,
    probe: bool,
) -> list[UnderWay]:
    begun: list[UnderWay] = []
    for wish in waiting:
        if not shares.get(wish.job_id):
            continue
        database.become(connection, wish.owner_id)
        try:
            with database.part(connection):
                job = jobs.find_speaking(connection, wish.job_id)
                taken = (
                    store.begin(connection, job, this.provider.name, lease_s=LEASE_S, limit=shares[wish.job_id])
                    if job
                    else []
                )
                calls = [
                    Call(row, call_id, time, lease_until)
                    for (row, call_id, lease_until), time in zip(taken, times[len(begun) :], strict=False)
                ]
                letters = messages.write(connection, job, calls, probe=probe) if job else []
        except AccountErasingError:  # an account that is being erased takes nothing new, and stops nobody else
            continue
        begun += [UnderWay(c.id, wish.owner_id, wish.job_id, c.row.index, c.lease_until) for c in calls]
        this.letters += letters
    return begun


def _turn_over(connection: Connection, this: _Round, waiting: Sequence[Waiting]) -> list[Waiting]:
    """Nobody calls this provider now: let other voices speak what waits for it, where there are any; answers who keeps waiting.

    Where money or access is missing there is nothing to wait for: what nobody else speaks is given up.
    """
    broken = {each.name: each for each in store.open_breakers(connection)} if waiting else {}
    staying = []
    for wish in waiting:
        database.become(connection, wish.owner_id)
        job = jobs.find_speaking(connection, wish.job_id)
        if job is None:
            continue
        voice = _who_else(job, this, broken)
        if voice is not None:
            count = store.turn_over(connection, job.id, this.provider.name, voice)
            this.turned_to.add(voice.partition(":")[0])
            logger.info("job turned over", job_id=job.id, voice=voice, instead_of=this.provider.name, segments=count)
        elif this.breaker.closed_down:
            why = this.breaker.reason or f"{this.provider.name} cannot be used."
            store.give_up(connection, job.id, why, providers=[this.provider.name])
            this.settled.append((job.owner_id, job.id))
        else:
            staying.append(wish)
    return staying


def _who_else(job: JobRow, this: _Round, broken: dict[str, store.OpenBreaker]) -> str | None:
    """Another voice for a job; one that must be waited for only where there is nothing to wait for here."""
    if not settings().tts_fallback_enabled:
        return None
    others = {voice: voice.partition(":")[0] for voice in advance.voices_in_order(job)}
    others = {voice: name for voice, name in others.items() if name != this.provider.name}
    well = [voice for voice, name in others.items() if name not in broken]
    coming_back = [voice for voice, name in others.items() if name in broken and not broken[name].closed_down]
    return next(iter(well + coming_back if this.breaker.closed_down else well), None)


def _wake_at(
    this: _Round, waiting: Sequence[Waiting], calls: Sequence[UnderWay], held_up_until: datetime | None
) -> datetime | None:
    """When to look again although nothing is heard: a wait is over, a rate lets one more through, or a lease has run out."""
    times = [call.lease_until + timedelta(seconds=1) for call in calls]
    if waiting:
        times += [wish.more_at for wish in waiting if wish.more_at is not None]
        changes = breakers.changes_at(this.breaker, this.now)
        times += [time for time in (changes, held_up_until) if time is not None and time > this.now]
    return min(times, default=None)


def _send(letters: Sequence[Letter]) -> None:
    for owner_id in dict.fromkeys(letter.owner_id for letter in letters):
        outbox.send([letter for letter in letters if letter.owner_id == owner_id])


def _log(before: Breaker, this: _Round) -> None:
    if before.open_until is None and this.breaker.open_until is not None:
        logger.error(
            "breaker opened", provider=this.provider.name, until=this.breaker.open_until, reason=this.breaker.reason
        )
    elif before.open_until is not None and this.breaker.open_until is None:
        logger.info("breaker closed", provider=this.provider.name)
