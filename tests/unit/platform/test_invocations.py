"""Invocations end themselves before their function's time limit."""

import time
from threading import Thread

import pytest

from chalicelib.platform import deadline, threads
from chalicelib.platform.deadline import DeadlineExceededError, limit_invocation, time_limit


class Context:
    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self._limit_s * 1_000)


def test_work_ends_when_its_limit_is_reached_and_the_limit_ends_with_the_block() -> None:
    with pytest.raises(DeadlineExceededError), time_limit(0.05):
        time.sleep(5)
    with time_limit(0.05):
        pass
    time.sleep(0.1)


def test_a_limit_around_another_one_stays_in_force() -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceededError), time_limit(0.2):  # noqa: PT012 - the outer limit's block
        with pytest.raises(DeadlineExceededError), time_limit(0.05):
            time.sleep(5)
        time.sleep(5)
    with pytest.raises(DeadlineExceededError), time_limit(0.2), time_limit(5):
        time.sleep(5)
    assert time.monotonic() - started < 2


def test_a_limit_in_another_thread_does_not_reach_the_main_one() -> None:
    def work() -> None:
        with time_limit(0.01):
            time.sleep(0.1)

    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_a_handler_ends_before_its_function_does() -> None:
    @limit_invocation
    def handle(_event: object, _context: object) -> str:
        assert 0.7 < deadline.remaining_s() <= 0.8
        assert deadline.call_s(60) <= 0.8
        try:
            time.sleep(5)
        except DeadlineExceededError:
            assert deadline.call_s(60) == deadline.MIN_CALL_S  # for what has to be said yet
            return "in time"
        raise AssertionError("it was not ended")

    started = time.monotonic()
    assert handle({}, Context(1.0)) == "in time"
    assert 0.7 < time.monotonic() - started < 1
    assert deadline.remaining_s() == float("inf")
    assert deadline.call_s(60) == 60


def test_a_pool_does_not_wait_for_its_threads_when_its_block_fails() -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineExceededError), time_limit(0.1), threads.pool(2) as pool:
        list(pool.map(time.sleep, [1.5, 1.5, 1.5, 1.5]))
    assert time.monotonic() - started < 1


def test_a_pool_waits_for_its_threads_when_its_block_succeeds() -> None:
    started = time.monotonic()
    with threads.pool(2) as pool:
        pool.submit(time.sleep, 0.1)
    assert time.monotonic() - started >= 0.1
