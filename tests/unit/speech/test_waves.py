"""Waves of calls to a provider without limits: how many segments of a job are in flight."""

from hypothesis import given
from hypothesis import strategies as st

import chalicelib.events.speech  # noqa: F401 - registers the consumers
from chalicelib.events.consumer import CONSUMERS
from chalicelib.speech.dispatch.waves import REFILL_AT, WAVE_SEGMENTS, wave_size


def test_the_first_wave_is_whole_and_the_next_one_follows_when_half_of_it_has_ended() -> None:
    assert wave_size(0) == WAVE_SEGMENTS
    assert [wave_size(in_flight) for in_flight in range(WAVE_SEGMENTS, REFILL_AT, -1)] == [0] * REFILL_AT
    assert wave_size(REFILL_AT) == WAVE_SEGMENTS - REFILL_AT


@given(results=st.lists(st.booleans(), max_size=300))
def test_a_job_never_has_more_than_a_wave_in_flight_and_never_falls_idle(results: list[bool]) -> None:
    in_flight = wave_size(0)
    for has_ended in results:
        in_flight -= has_ended and in_flight > 0
        in_flight += wave_size(in_flight)
        assert REFILL_AT < in_flight <= WAVE_SEGMENTS


def test_the_rest_of_a_wave_keeps_every_worker_of_the_queue_busy() -> None:
    _, bulk = CONSUMERS["synthesize"].sources
    assert bulk.max_concurrency("large") <= REFILL_AT
