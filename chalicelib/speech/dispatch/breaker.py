"""When a provider is called, when it is left alone, and for how long: functions of values, so that every case can be tried.

A circuit breaker (Nygard, "Release It!"): closed, calls flow; open, nobody calls; half-open, one call tries whether it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from chalicelib.speech.voices.model import Outcome

RECENT = 20  # calls that are remembered
FAILURES = 5  # of them, within WITHIN_S: an outage and no accident
WITHIN_S = 30.0
FIRST_OUTAGE_S = 30.0  # doubled with each probe that fails
LONGEST_OUTAGE_S = 300.0
CLOSED_DOWN_S = 600.0  # no money, no access: somebody has to do something about it
FIRST_PAUSE_S = 1.0  # of a provider that says "too many" and not for how long; doubled each time
LONGEST_PAUSE_S = 30.0  # what is worth waiting for: another voice in the middle of a book is worse


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a call. `probe`: it was sent to see whether an outage is over."""

    outcome: Outcome
    probe: bool = False
    reason: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of a provider. `recent`: when calls ended, in seconds since 1970, and whether they failed."""

    recent: tuple[tuple[float, bool], ...] = ()
    trips: int = 0
    open_until: datetime | None = None
    closed_down: bool = False
    reason: str | None = None
    probe_until: datetime | None = None
    busy: int = 0
    paused_until: datetime | None = None


class State(Enum):
    CLOSED = auto()
    HALF_OPEN = auto()
    OPEN = auto()


def state(breaker: Breaker, now: datetime) -> State:
    if breaker.open_until is None:
        return State.CLOSED
    probing = breaker.probe_until is not None and now < breaker.probe_until
    return State.OPEN if now < breaker.open_until or probing else State.HALF_OPEN


def is_paused(breaker: Breaker, now: datetime) -> bool:
    return breaker.paused_until is not None and now < breaker.paused_until


def changes_at(breaker: Breaker, now: datetime) -> datetime | None:
    """When calls may flow that may not flow now; None when they may."""
    times = (breaker.open_until, breaker.probe_until, breaker.paused_until)
    later = [time for time in times if time is not None and time > now]
    return max(later, default=None)


def probing(breaker: Breaker, until: datetime) -> Breaker:
    """A call is sent to try; until it ends, or `until`, no other one is."""
    return replace(breaker, probe_until=until)


def after(breaker: Breaker, heard: Heard, now: datetime) -> Breaker:
    """The breaker once a call has ended. What was sent before it opened does not close it."""
    match heard.outcome:
        case Outcome.CLOSED:
            return _opened(breaker, now, CLOSED_DOWN_S, heard.reason, closed_down=True)
        case Outcome.BUSY:
            return _after_busy(breaker, heard, now)
        case Outcome.DOWN:
            return _after_failure(breaker, heard, now)
        case Outcome.SPOKEN | Outcome.REFUSED | Outcome.NO_VOICE:
            if heard.probe or breaker.open_until is None:
                recent = () if heard.probe else _with(breaker.recent, now, failed=False)
                return Breaker(recent=recent, paused_until=breaker.paused_until)
            return breaker


def _after_busy(breaker: Breaker, heard: Heard, now: datetime) -> Breaker:
    wait_s = heard.retry_after_s
    if wait_s is None:
        wait_s = min(FIRST_PAUSE_S * 2**breaker.busy, LONGEST_PAUSE_S)
    if wait_s > LONGEST_PAUSE_S:
        return _opened(breaker, now, min(wait_s, CLOSED_DOWN_S), heard.reason)
    until = now + timedelta(seconds=max(wait_s, FIRST_PAUSE_S))
    return replace(
        breaker,
        busy=min(breaker.busy + 1, 10),
        paused_until=max(until, breaker.paused_until or until),
        probe_until=None if heard.probe else breaker.probe_until,  # it answers: the next call tries again
    )


def _after_failure(breaker: Breaker, heard: Heard, now: datetime) -> Breaker:
    if breaker.open_until is not None and not heard.probe:
        return breaker
    recent = _with(breaker.recent, now, failed=True)
    failures = sum(1 for at, failed in recent if failed and now.timestamp() - at <= WITHIN_S)
    if not heard.probe and failures < FAILURES:
        return replace(breaker, recent=recent)
    return _opened(breaker, now, min(FIRST_OUTAGE_S * 2**breaker.trips, LONGEST_OUTAGE_S), heard.reason)


def _opened(breaker: Breaker, now: datetime, for_s: float, reason: str | None, *, closed_down: bool = False) -> Breaker:
    return Breaker(
        trips=min(breaker.trips + 1, 10),
        open_until=now + timedelta(seconds=for_s),
        closed_down=closed_down,
        reason=reason,
        paused_until=breaker.paused_until,
    )


def _with(recent: tuple[tuple[float, bool], ...], now: datetime, *, failed: bool) -> tuple[tuple[float, bool], ...]:
    return (*recent, (now.timestamp(), failed))[-RECENT:]
