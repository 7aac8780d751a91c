"""The circuit breaker: when it opens, for how long, and how it closes."""

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
    is_affected,
    is_flowing,
    is_paused,
    start_probe,
    state,
)
from chalicelib.speech.voices.model import CallOutcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN, SPOKEN = CallResult(CallOutcome.DOWN, reason="503"), CallResult(CallOutcome.SPOKEN)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def after(*results: tuple[float, CallResult]) -> Breaker:
    breaker = Breaker()
    for second, result in results:
        breaker = apply_result(breaker, result, later(second))
    return breaker


OUTAGE = tuple((float(second), DOWN) for second in range(FAILURE_THRESHOLD))

CASES = {
    "a new provider": ((), State.CLOSED),
    "one failure less than an outage": (OUTAGE[1:], State.CLOSED),
    "an outage": (OUTAGE, State.OPEN),
    "failures far apart": (tuple((FAILURE_WINDOW_S * n, DOWN) for n in range(FAILURE_THRESHOLD)), State.CLOSED),
    "failures among successes": (
        tuple((0.1 * n, (SPOKEN, DOWN)[n % 2]) for n in range(2 * FAILURE_THRESHOLD)),
        State.OPEN,
    ),
    "failures followed by twenty calls": (
        (*OUTAGE[1:], *((5 + 0.1 * n, SPOKEN) for n in range(20)), (8.0, DOWN)),
        State.CLOSED,
    ),
    "no money": (((0.0, CallResult(CallOutcome.DISABLED, reason="402")),), State.OPEN),
    "rejected texts and unknown voices": (
        tuple(
            (0.1 * n, CallResult(outcome))
            for n in range(9)
            for outcome in (CallOutcome.REJECTED, CallOutcome.UNKNOWN_VOICE)
        ),
        State.CLOSED,
    ),
    "busy for a moment": (((0.0, CallResult(CallOutcome.BUSY, retry_after_s=20)),), State.CLOSED),
    "busy for too long to wait": (((0.0, CallResult(CallOutcome.BUSY, retry_after_s=3_600)),), State.OPEN),
}


@pytest.mark.parametrize(("results", "expected"), CASES.values(), ids=CASES.keys())
def test_the_breaker_opens_for_outages_only(results: tuple[tuple[float, CallResult], ...], expected: State) -> None:
    end = results[-1][0] if results else 0.0
    assert state(after(*results), later(end)) is expected


def test_each_failed_probe_doubles_the_open_time() -> None:
    breaker, now, waits = after(*OUTAGE), later(FAILURE_THRESHOLD - 1), []
    for _ in range(6):
        assert breaker.open_until is not None
        waits.append((breaker.open_until - now).total_seconds())
        now = breaker.open_until
        breaker = apply_result(breaker, CallResult(CallOutcome.DOWN, is_probe=True), now)
    assert waits == [min(INITIAL_OPEN_S * 2**n, MAX_OPEN_S) for n in range(6)]


def test_a_half_open_breaker_allows_one_probe_at_a_time() -> None:
    breaker = after(*OUTAGE)
    assert breaker.open_until is not None
    end = breaker.open_until
    assert state(breaker, end) is State.HALF_OPEN
    probing = start_probe(breaker, end + timedelta(seconds=90))
    assert state(probing, end) is State.OPEN
    assert blocked_until(probing, end) == end + timedelta(seconds=90)
    assert state(probing, end + timedelta(seconds=90)) is State.HALF_OPEN  # the probe never ended
    for outcome, expected in (
        (CallOutcome.SPOKEN, State.CLOSED),
        (CallOutcome.REJECTED, State.CLOSED),  # the provider responds
        (CallOutcome.DOWN, State.OPEN),
        (CallOutcome.BUSY, State.HALF_OPEN),
    ):
        assert state(apply_result(probing, CallResult(outcome, is_probe=True), end), end) is expected


def test_calls_sent_before_the_breaker_opened_neither_close_nor_extend_it() -> None:
    breaker = after(*OUTAGE)
    assert apply_result(breaker, SPOKEN, later(9)) == breaker
    assert apply_result(breaker, DOWN, later(9)) == breaker


def test_a_successful_probe_resets_the_breaker() -> None:
    opened = replace(after(*OUTAGE), trip_count=5)
    breaker = apply_result(opened, CallResult(CallOutcome.SPOKEN, is_probe=True), later(40))
    assert (breaker.trip_count, breaker.recent, breaker.reason) == (0, (), None)


def test_a_provider_without_money_is_disabled() -> None:
    breaker = after((0.0, CallResult(CallOutcome.DISABLED, reason="payment_required")))
    assert breaker.is_disabled
    assert breaker.reason == "payment_required"
    assert breaker.open_until == later(DISABLED_S)
    assert not after(*OUTAGE).is_disabled


def test_a_provider_without_a_key_is_asked_again_soon_because_that_costs_no_call() -> None:
    breaker = after((0.0, CallResult(CallOutcome.NOT_CONFIGURED, reason="SPEECHIFY_API_KEY is not set")))
    assert breaker.is_disabled
    assert breaker.reason == "not_configured: SPEECHIFY_API_KEY is not set"
    assert breaker.open_until is not None
    assert breaker.open_until <= later(DISABLED_S / 20)


def test_a_busy_provider_is_paused_for_its_retry_after() -> None:
    breaker = after((0.0, CallResult(CallOutcome.BUSY, retry_after_s=7)))
    assert is_paused(breaker, later(6.9))
    assert not is_paused(breaker, later(7))
    assert blocked_until(breaker, NOW) == later(7)
    assert breaker.recent == ()  # not a failure


def test_a_busy_provider_without_a_retry_after_is_paused_longer_each_time() -> None:
    breaker, waits = Breaker(), []
    for _ in range(7):
        breaker = apply_result(replace(breaker, paused_until=None), CallResult(CallOutcome.BUSY), NOW)
        assert breaker.paused_until is not None
        waits.append((breaker.paused_until - NOW).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert max(waits) == MAX_PAUSE_S
    assert apply_result(breaker, SPOKEN, NOW).busy_count == 0


def test_a_success_matters_to_a_breaker_only_after_recent_failures() -> None:
    assert not is_affected(Breaker(), SPOKEN, NOW)
    assert is_affected(Breaker(), DOWN, NOW)
    assert is_affected(Breaker(), replace(SPOKEN, is_probe=True), NOW)
    failing = after((0, DOWN))
    assert is_affected(failing, SPOKEN, later(1))
    assert not is_affected(failing, SPOKEN, later(FAILURE_WINDOW_S + 1))


@pytest.mark.parametrize("outcome", list(CallOutcome))
def test_a_result_that_does_not_matter_would_have_changed_nothing(outcome: CallOutcome) -> None:
    if not is_affected(Breaker(), CallResult(outcome), NOW):
        assert replace(after((0, CallResult(outcome))), recent=()) == Breaker()


def test_calls_flow_until_an_outage_or_a_request_to_wait() -> None:
    assert is_flowing(Breaker(), NOW)
    busy = after((0, CallResult(CallOutcome.BUSY, retry_after_s=5)))
    assert (is_flowing(busy, later(4)), is_flowing(busy, later(5))) == (False, True)
    disabled = after((0, CallResult(CallOutcome.DISABLED)))
    assert not is_flowing(disabled, later(3_600))  # until a probe succeeds
