"""Waves of calls to a provider without limits: how many segments of a job are in flight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chalicelib.events.speech  # noqa: F401 - registers the consumers
from chalicelib.events.consumer import CONSUMERS
from chalicelib.platform import config
from chalicelib.speech.dispatch.waves import MIN_WAVE_SEGMENTS, WORKERS, wave_segments, wave_size

WAVE_SEGMENTS = 40
REFILL_AT = 20


def test_the_first_wave_is_whole_and_the_next_one_follows_when_half_of_it_has_ended() -> None:
    assert wave_size(0, WAVE_SEGMENTS) == WAVE_SEGMENTS
    sizes = [wave_size(in_flight, WAVE_SEGMENTS) for in_flight in range(WAVE_SEGMENTS, REFILL_AT, -1)]
    assert sizes == [0] * REFILL_AT
    assert wave_size(REFILL_AT, WAVE_SEGMENTS) == WAVE_SEGMENTS - REFILL_AT


@given(segments=st.integers(MIN_WAVE_SEGMENTS, 100), results=st.lists(st.booleans(), max_size=300))
def test_a_job_never_has_more_than_a_wave_in_flight_and_never_falls_idle(segments: int, results: list[bool]) -> None:
    in_flight = wave_size(0, segments)
    for has_ended in results:
        in_flight -= has_ended and in_flight > 0
        in_flight += wave_size(in_flight, segments)
        assert segments // 2 < in_flight <= segments


def test_half_a_wave_keeps_every_worker_of_its_queue_busy(deployment: pytest.MonkeyPatch) -> None:
    _, bulk = CONSUMERS["synthesize"].sources
    assert bulk.max_concurrency("large") == WORKERS
    deployment.setenv("SPEECH_WORKERS", "20")
    deployment.setenv("BUILT_IN_WORKERS", "50")
    config.settings.cache_clear()
    assert (wave_segments("espeak"), wave_segments("hibari")) == (40, 100)
    deployment.setenv("BUILT_IN_WORKERS", "1")
    config.settings.cache_clear()
    assert wave_segments("hibari") == MIN_WAVE_SEGMENTS
