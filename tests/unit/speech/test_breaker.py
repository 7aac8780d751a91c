"""When a provider is left alone, for how long, and how one finds out that it is back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.speech.dispatch.breaker import (
    DISABLED_S,
    FAILURE_THRESHOLD,
    FAILURE_WINDOW_S,
    INITIAL_OPEN_S,
    MAX_OPEN_S,
    MAX_PAUSE_S,
    Breaker,
    CallResult,
    State,
    apply_result,
    blocked_until,
    is_paused,
    start_probe,
    state,
)
from chalicelib.speech.voices.model import CallOutcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN, SPOKEN = CallResult(CallOutcome.DOWN, reason="503"), CallResult(CallOutcome.SPOKEN)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def run(*events: tuple[float, CallResult]) -> Breaker:
    breaker = Breaker()
    for at, heard in events:
        breaker = apply_result(breaker, heard, later(at))
    return breaker


AN_OUTAGE = tuple((float(second), DOWN) for second in range(FAILURE_THRESHOLD))

CASES = {
    "a new provider": ((), State.CLOSED),
    "one failure less than an outage": (AN_OUTAGE[1:], State.CLOSED),
    "an outage": (AN_OUTAGE, State.OPEN),
    "failures far apart": (tuple((FAILURE_WINDOW_S * n, DOWN) for n in range(FAILURE_THRESHOLD)), State.CLOSED),
    "failures among successes": (
        tuple((0.1 * n, (SPOKEN, DOWN)[n % 2]) for n in range(2 * FAILURE_THRESHOLD)),
        State.OPEN,
    ),
    "failures that twenty calls have followed": (
        (*AN_OUTAGE[1:], *((5 + 0.1 * n, SPOKEN) for n in range(20)), (8.0, DOWN)),
        State.CLOSED,
    ),
    "no money": (((0.0, CallResult(CallOutcome.DISABLED, reason="402")),), State.OPEN),
    "texts and voices it does not speak": (
        tuple((0.1 * n, CallResult(o)) for n in range(9) for o in (CallOutcome.REJECTED, CallOutcome.UNKNOWN_VOICE)),
        State.CLOSED,
    ),
    "busy for a moment": (((0.0, CallResult(CallOutcome.BUSY, retry_after_s=20)),), State.CLOSED),
    "busy for longer than anybody waits": (((0.0, CallResult(CallOutcome.BUSY, retry_after_s=3_600)),), State.OPEN),
}


@pytest.mark.parametrize(("events", "expected"), CASES.values(), ids=CASES.keys())
def test_a_breaker_opens_for_outages_and_for_nothing_else(
    events: tuple[tuple[float, CallResult], ...], expected: State
) -> None:
    last = events[-1][0] if events else 0.0
    assert state(run(*events), later(last)) is expected


def test_an_outage_is_waited_out_twice_as_long_each_time() -> None:
    breaker, now, waits = run(*AN_OUTAGE), later(FAILURE_THRESHOLD - 1), []
    for _ in range(6):
        assert breaker.open_until is not None
        waits.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        breaker = apply_result(breaker, CallResult(CallOutcome.DOWN, is_probe=True), now)
    assert waits == [min(INITIAL_OPEN_S * 2**n, MAX_OPEN_S) for n in range(6)]


def test_one_call_at_a_time_tries_whether_it_is_over() -> None:
    breaker = run(*AN_OUTAGE)
    assert breaker.open_until is not None
    over = breaker.open_until
    assert state(breaker, over) is State.HALF_OPEN
    trying = start_probe(breaker, over + timedelta(seconds=90))
    assert state(trying, over) is State.OPEN
    assert blocked_until(trying, over) == over + timedelta(seconds=90)
    assert state(trying, over + timedelta(seconds=90)) is State.HALF_OPEN  # the call that tried was lost
    assert state(apply_result(trying, CallResult(CallOutcome.SPOKEN, is_probe=True), over), over) is State.CLOSED
    assert (
        state(apply_result(trying, CallResult(CallOutcome.REJECTED, is_probe=True), over), over) is State.CLOSED
    )  # it answers
    assert state(apply_result(trying, CallResult(CallOutcome.DOWN, is_probe=True), over), over) is State.OPEN
    assert state(apply_result(trying, CallResult(CallOutcome.BUSY, is_probe=True), over), over) is State.HALF_OPEN


def test_calls_from_before_do_not_close_it_nor_keep_it_open() -> None:
    breaker = run(*AN_OUTAGE)
    assert apply_result(breaker, SPOKEN, later(9)) == breaker
    assert apply_result(breaker, DOWN, later(9)) == breaker


def test_after_an_outage_all_is_forgotten() -> None:
    breaker = apply_result(
        replace(run(*AN_OUTAGE), trip_count=5), CallResult(CallOutcome.SPOKEN, is_probe=True), later(40)
    )
    assert (breaker.trip_count, breaker.recent, breaker.reason) == (0, (), None)


def test_without_money_there_is_nothing_to_wait_for() -> None:
    breaker = run((0.0, CallResult(CallOutcome.DISABLED, reason="payment_required")))
    assert breaker.is_disabled
    assert breaker.reason == "payment_required"
    assert breaker.open_until == later(DISABLED_S)
    assert not run(*AN_OUTAGE).is_disabled


def test_a_busy_provider_is_left_alone_for_as_long_as_it_says() -> None:
    breaker = run((0.0, CallResult(CallOutcome.BUSY, retry_after_s=7)))
    assert is_paused(breaker, later(6.9))
    assert not is_paused(breaker, later(7))
    assert blocked_until(breaker, NOW) == later(7)
    assert breaker.recent == ()  # it is no failure


def test_a_busy_provider_that_does_not_say_is_asked_less_and_less_often() -> None:
    breaker, waits = Breaker(), []
    for _ in range(7):
        breaker = apply_result(replace(breaker, paused_until=None), CallResult(CallOutcome.BUSY), NOW)
        assert breaker.paused_until is not None
        waits.append((breaker.paused_until - NOW).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert max(waits) == MAX_PAUSE_S
    assert apply_result(breaker, SPOKEN, NOW).busy_count == 0
