"""When a provider is left alone, for how long, and how one finds out that it is back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.speech.dispatch.breaker import (
    CLOSED_DOWN_S,
    FAILURES,
    FIRST_OUTAGE_S,
    LONGEST_OUTAGE_S,
    LONGEST_PAUSE_S,
    WITHIN_S,
    Breaker,
    Heard,
    State,
    after,
    changes_at,
    is_paused,
    probing,
    state,
)
from chalicelib.speech.voices.model import Outcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN, SPOKEN = Heard(Outcome.DOWN, reason="503"), Heard(Outcome.SPOKEN)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def run(*events: tuple[float, Heard]) -> Breaker:
    breaker = Breaker()
    for at, heard in events:
        breaker = after(breaker, heard, later(at))
    return breaker


AN_OUTAGE = tuple((float(second), DOWN) for second in range(FAILURES))

CASES = {
    "a new provider": ((), State.CLOSED),
    "one failure less than an outage": (AN_OUTAGE[1:], State.CLOSED),
    "an outage": (AN_OUTAGE, State.OPEN),
    "failures far apart": (tuple((WITHIN_S * n, DOWN) for n in range(FAILURES)), State.CLOSED),
    "failures among successes": (tuple((0.1 * n, (SPOKEN, DOWN)[n % 2]) for n in range(2 * FAILURES)), State.OPEN),
    "failures that twenty calls have followed": (
        (*AN_OUTAGE[1:], *((5 + 0.1 * n, SPOKEN) for n in range(20)), (8.0, DOWN)),
        State.CLOSED,
    ),
    "no money": (((0.0, Heard(Outcome.CLOSED, reason="402")),), State.OPEN),
    "texts and voices it does not speak": (
        tuple((0.1 * n, Heard(o)) for n in range(9) for o in (Outcome.REFUSED, Outcome.NO_VOICE)),
        State.CLOSED,
    ),
    "busy for a moment": (((0.0, Heard(Outcome.BUSY, retry_after_s=20)),), State.CLOSED),
    "busy for longer than anybody waits": (((0.0, Heard(Outcome.BUSY, retry_after_s=3_600)),), State.OPEN),
}


@pytest.mark.parametrize(("events", "expected"), CASES.values(), ids=CASES.keys())
def test_a_breaker_opens_for_outages_and_for_nothing_else(
    events: tuple[tuple[float, Heard], ...], expected: State
) -> None:
    last = events[-1][0] if events else 0.0
    assert state(run(*events), later(last)) is expected


def test_an_outage_is_waited_out_twice_as_long_each_time() -> None:
    breaker, now, waits = run(*AN_OUTAGE), later(FAILURES - 1), []
    for _ in range(6):
        assert breaker.open_until is not None
        waits.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        breaker = after(breaker, Heard(Outcome.DOWN, probe=True), now)
    assert waits == [min(FIRST_OUTAGE_S * 2**n, LONGEST_OUTAGE_S) for n in range(6)]


def test_one_call_at_a_time_tries_whether_it_is_over() -> None:
    breaker = run(*AN_OUTAGE)
    assert breaker.open_until is not None
    over = breaker.open_until
    assert state(breaker, over) is State.HALF_OPEN
    trying = probing(breaker, over + timedelta(seconds=90))
    assert state(trying, over) is State.OPEN
    assert changes_at(trying, over) == over + timedelta(seconds=90)
    assert state(trying, over + timedelta(seconds=90)) is State.HALF_OPEN  # the call that tried was lost
    assert state(after(trying, Heard(Outcome.SPOKEN, probe=True), over), over) is State.CLOSED
    assert state(after(trying, Heard(Outcome.REFUSED, probe=True), over), over) is State.CLOSED  # it answers
    assert state(after(trying, Heard(Outcome.DOWN, probe=True), over), over) is State.OPEN
    assert state(after(trying, Heard(Outcome.BUSY, probe=True), over), over) is State.HALF_OPEN


def test_calls_from_before_do_not_close_it_nor_keep_it_open() -> None:
    breaker = run(*AN_OUTAGE)
    assert after(breaker, SPOKEN, later(9)) == breaker
    assert after(breaker, DOWN, later(9)) == breaker


def test_after_an_outage_all_is_forgotten() -> None:
    breaker = after(replace(run(*AN_OUTAGE), trips=5), Heard(Outcome.SPOKEN, probe=True), later(40))
    assert (breaker.trips, breaker.recent, breaker.reason) == (0, (), None)


def test_without_money_there_is_nothing_to_wait_for() -> None:
    breaker = run((0.0, Heard(Outcome.CLOSED, reason="payment_required")))
    assert breaker.closed_down
    assert breaker.reason == "payment_required"
    assert breaker.open_until == later(CLOSED_DOWN_S)
    assert not run(*AN_OUTAGE).closed_down


def test_a_busy_provider_is_left_alone_for_as_long_as_it_says() -> None:
    breaker = run((0.0, Heard(Outcome.BUSY, retry_after_s=7)))
    assert is_paused(breaker, later(6.9))
    assert not is_paused(breaker, later(7))
    assert changes_at(breaker, NOW) == later(7)
    assert breaker.recent == ()  # it is no failure


def test_a_busy_provider_that_does_not_say_is_asked_less_and_less_often() -> None:
    breaker, waits = Breaker(), []
    for _ in range(7):
        breaker = after(replace(breaker, paused_until=None), Heard(Outcome.BUSY), NOW)
        assert breaker.paused_until is not None
        waits.append((breaker.paused_until - NOW).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert max(waits) == LONGEST_PAUSE_S
    assert after(breaker, SPOKEN, NOW).busy == 0
