"""When a provider is called, when it is left alone, and for how long: functions of values, so that every case can be tried.

A circuit breaker (Nygard, "Release It!"): closed, calls flow; open, nobody calls; half-open, one call tries whether it is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from chalicelib.speech.voices.model import CallOutcome

MAX_RECENT_CALLS = 20  # calls that are remembered
FAILURE_THRESHOLD = 5  # of them, within WITHIN_S: an outage and no accident
FAILURE_WINDOW_S = 30.0
INITIAL_OPEN_S = 30.0  # doubled with each probe that fails
MAX_OPEN_S = 300.0
DISABLED_S = 600.0  # no money, no access: somebody has to do something about it
INITIAL_PAUSE_S = 1.0  # of a provider that says "too many" and not for how long; doubled each time
MAX_PAUSE_S = 30.0  # what is worth waiting for: another voice in the middle of a book is worse


@dataclass(frozen=True, slots=True)
class CallResult:
    """What became of a call. `probe`: it was sent to see whether an outage is over."""

    outcome: CallOutcome
    is_probe: bool = False
    reason: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is known of a provider. `recent`: when calls ended, in seconds since 1970, and whether they failed."""

    recent: tuple[tuple[float, bool], ...] = ()
    trip_count: int = 0
    open_until: datetime | None = None
    is_disabled: bool = False
    reason: str | None = None
    probe_until: datetime | None = None
    busy_count: int = 0
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


def blocked_until(breaker: Breaker, now: datetime) -> datetime | None:
    """When calls may flow that may not flow now; None when they may."""
    times = (breaker.open_until, breaker.probe_until, breaker.paused_until)
    later = [time for time in times if time is not None and time > now]
    return max(later, default=None)


def start_probe(breaker: Breaker, until: datetime) -> Breaker:
    """A call is sent to try; until it ends, or `until`, no other one is."""
    return replace(breaker, probe_until=until)


def apply_result(breaker: Breaker, heard: CallResult, now: datetime) -> Breaker:
    """The breaker once a call has ended. What was sent before it opened does not close it."""
    match heard.outcome:
        case CallOutcome.DISABLED:
            return _opened(breaker, now, DISABLED_S, heard.reason, closed_down=True)
        case CallOutcome.BUSY:
            return _after_busy(breaker, heard, now)
        case CallOutcome.DOWN:
            return _after_failure(breaker, heard, now)
        case CallOutcome.SPOKEN | CallOutcome.REJECTED | CallOutcome.UNKNOWN_VOICE:
            if heard.is_probe or breaker.open_until is None:
                recent = () if heard.is_probe else _with(breaker.recent, now, failed=False)
                return Breaker(recent=recent, paused_until=breaker.paused_until)
            return breaker


def _after_busy(breaker: Breaker, heard: CallResult, now: datetime) -> Breaker:
    wait_s = heard.retry_after_s
    if wait_s is None:
        wait_s = min(INITIAL_PAUSE_S * 2**breaker.busy_count, MAX_PAUSE_S)
    if wait_s > MAX_PAUSE_S:
        return _opened(breaker, now, min(wait_s, DISABLED_S), heard.reason)
    until = now + timedelta(seconds=max(wait_s, INITIAL_PAUSE_S))
    return replace(
        breaker,
        busy_count=min(breaker.busy_count + 1, 10),
        paused_until=max(until, breaker.paused_until or until),
        probe_until=None if heard.is_probe else breaker.probe_until,  # it answers: the next call tries again
    )


def _after_failure(breaker: Breaker, heard: CallResult, now: datetime) -> Breaker:
    if breaker.open_until is not None and not heard.is_probe:
        return breaker
    recent = _with(breaker.recent, now, failed=True)
    failures = sum(1 for at, failed in recent if failed and now.timestamp() - at <= FAILURE_WINDOW_S)
    if not heard.is_probe and failures < FAILURE_THRESHOLD:
        return replace(breaker, recent=recent)
    return _opened(breaker, now, min(INITIAL_OPEN_S * 2**breaker.trip_count, MAX_OPEN_S), heard.reason)


def _opened(breaker: Breaker, now: datetime, for_s: float, reason: str | None, *, closed_down: bool = False) -> Breaker:
    return Breaker(
        trip_count=min(breaker.trip_count + 1, 10),
        open_until=now + timedelta(seconds=for_s),
        is_disabled=closed_down,
        reason=reason,
        paused_until=breaker.paused_until,
    )


def _with(recent: tuple[tuple[float, bool], ...], now: datetime, *, failed: bool) -> tuple[tuple[float, bool], ...]:
    return (*recent, (now.timestamp(), failed))[-MAX_RECENT_CALLS:]
