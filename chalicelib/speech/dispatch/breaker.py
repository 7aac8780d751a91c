"""A circuit breaker for each voice provider, as pure functions (Nygard, "Release It!").

Closed: calls flow. Open: no calls. Half-open: a single call, the probe, tests whether the outage is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from chalicelib.speech.voices.model import CallOutcome

MAX_RECENT_CALLS = 20  # kept in `recent`
FAILURE_THRESHOLD = 5  # of them, within FAILURE_WINDOW_S: an outage, not bad luck
FAILURE_WINDOW_S = 30.0
INITIAL_OPEN_S = 30.0  # doubled with each probe that fails
MAX_OPEN_S = 300.0
DISABLED_S = 600.0  # no money, no access: the operator has to act
NOT_CONFIGURED_S = 15.0  # no key: asking again costs no call, and a stored key is to work at once
NOT_CONFIGURED = "not_configured: "  # begins the reason of a breaker that is open for lack of a key
INITIAL_PAUSE_S = 1.0  # after "too many requests" without a Retry-After; doubled each time
MAX_PAUSE_S = 30.0  # the longest worthwhile wait; beyond it, another voice in the middle of a book is better


_SUCCESSES = frozenset({CallOutcome.SPOKEN, CallOutcome.REJECTED, CallOutcome.UNKNOWN_VOICE})  # it works


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of a call. `is_probe`: it tested whether an outage is over."""

    outcome: CallOutcome
    is_probe: bool = False
    reason: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Breaker:
    """A provider's recent health. `recent`: when calls ended, in seconds since 1970, and whether they failed."""

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
    is_probing = breaker.probe_until is not None and now < breaker.probe_until
    return State.OPEN if now < breaker.open_until or is_probing else State.HALF_OPEN


def is_paused(breaker: Breaker, now: datetime) -> bool:
    return breaker.paused_until is not None and now < breaker.paused_until


def is_flowing(breaker: Breaker, now: datetime) -> bool:
    """Return whether calls may start without asking for each: no outage, and no request to wait."""
    return breaker.open_until is None and not is_paused(breaker, now)


def is_affected(breaker: Breaker, result: CallResult, now: datetime) -> bool:
    """Return whether a call's result can matter to the breaker: a success does only after recent failures."""
    if result.is_probe or result.outcome not in _SUCCESSES:
        return True
    has_recent_failure = any(
        failed and now.timestamp() - ended_at <= FAILURE_WINDOW_S for ended_at, failed in breaker.recent
    )
    return has_recent_failure or breaker.busy_count > 0


def blocked_until(breaker: Breaker, now: datetime) -> datetime | None:
    """Return when calls may flow again; None when they may now."""
    times = (breaker.open_until, breaker.probe_until, breaker.paused_until)
    return max((time for time in times if time is not None and time > now), default=None)


def start_probe(breaker: Breaker, until: datetime) -> Breaker:
    """Return the breaker with a probe running: no other call until it ends, or `until`."""
    return replace(breaker, probe_until=until)


def apply_result(breaker: Breaker, result: CallResult, now: datetime) -> Breaker:
    """Return the breaker's state after a call. A call sent before it opened cannot close it."""
    match result.outcome:
        case CallOutcome.DISABLED:
            return _opened(breaker, now, DISABLED_S, result.reason, is_disabled=True)
        case CallOutcome.NOT_CONFIGURED:
            return _opened(breaker, now, NOT_CONFIGURED_S, f"{NOT_CONFIGURED}{result.reason}", is_disabled=True)
        case CallOutcome.BUSY:
            return _after_busy(breaker, result, now)
        case CallOutcome.DOWN:
            return _after_failure(breaker, result, now)
        case CallOutcome.SPOKEN | CallOutcome.REJECTED | CallOutcome.UNKNOWN_VOICE:
            if result.is_probe or breaker.open_until is None:
                recent = () if result.is_probe else _with_call(breaker.recent, now, failed=False)
                return Breaker(recent=recent, paused_until=breaker.paused_until)
            return breaker


def _after_busy(breaker: Breaker, result: CallResult, now: datetime) -> Breaker:
    wait_s = result.retry_after_s
    if wait_s is None:
        wait_s = min(INITIAL_PAUSE_S * 2**breaker.busy_count, MAX_PAUSE_S)
    if wait_s > MAX_PAUSE_S:
        return _opened(breaker, now, min(wait_s, DISABLED_S), result.reason)
    until = now + timedelta(seconds=max(wait_s, INITIAL_PAUSE_S))
    return replace(
        breaker,
        busy_count=min(breaker.busy_count + 1, 10),
        paused_until=max(until, breaker.paused_until or until),
        # After a busy probe, the provider responds: the next call probes again.
        probe_until=None if result.is_probe else breaker.probe_until,
    )


def _after_failure(breaker: Breaker, result: CallResult, now: datetime) -> Breaker:
    if breaker.open_until is not None and not result.is_probe:
        return breaker
    recent = _with_call(breaker.recent, now, failed=True)
    failures = sum(1 for ended_at, failed in recent if failed and now.timestamp() - ended_at <= FAILURE_WINDOW_S)
    if not result.is_probe and failures < FAILURE_THRESHOLD:
        return replace(breaker, recent=recent)
    return _opened(breaker, now, min(INITIAL_OPEN_S * 2**breaker.trip_count, MAX_OPEN_S), result.reason)


def _opened(breaker: Breaker, now: datetime, for_s: float, reason: str | None, *, is_disabled: bool = False) -> Breaker:
    return Breaker(
        trip_count=min(breaker.trip_count + 1, 10),
        open_until=now + timedelta(seconds=for_s),
        is_disabled=is_disabled,
        reason=reason,
        paused_until=breaker.paused_until,
    )


def _with_call(
    recent: tuple[tuple[float, bool], ...], now: datetime, *, failed: bool
) -> tuple[tuple[float, bool], ...]:
    return (*recent, (now.timestamp(), failed))[-MAX_RECENT_CALLS:]
