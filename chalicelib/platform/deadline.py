"""Time budgets: of a step, and of a whole invocation. A step's own limit must run out first, never the function's.

A function that reaches its time limit is killed: no response, no list of failed messages, no log line. So an invocation ends
itself before, with an error that its caller answers in good time.
"""

from __future__ import annotations

import functools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CLOSING_S = 2.0  # before the function's time limit: to release leases, to log, to respond
MAX_CLOSING_SHARE = 0.2  # of a function with little time
MIN_CALL_S = 0.5  # for a call of these last seconds; in one region it takes milliseconds


class DeadlineExceededError(Exception):
    """Too little time is left for the next step. Says nothing about the file: the queue delivers the message again."""


class Deadline:
    """A point in time, a number of seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def remaining_s(self) -> float:
        return max(0.0, self._ends_at - time.monotonic())

    def check(self, max_s: float, *, min_s: float) -> float:
        """Return how long a step may take: at most `max_s`. Raises DeadlineExceededError when less than `min_s` is left."""
        remaining_s = self.remaining_s()
        if remaining_s < min_s:
            raise DeadlineExceededError(f"{remaining_s:.0f} s are left, {min_s:.0f} s are needed")
        return min(max_s, remaining_s)


_invocation: Deadline | None = None  # a process runs one invocation at a time
_is_deferred = False  # while native code may call Python
_is_due = False  # since a limit was reached then


def remaining_s() -> float:
    """Return how long the current invocation may still work; infinity outside of one."""
    return float("inf") if _invocation is None else _invocation.remaining_s()


def call_s(max_s: float) -> float:
    """Return how long a call may take: at most `max_s`, and little more than the invocation has left."""
    return min(max_s, max(MIN_CALL_S, remaining_s()))


def limit_invocation(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Decorate a function's handler: its invocations end before the function's time limit."""

    @functools.wraps(handler)
    def limited(event: Any, context: Any) -> Any:
        with invocation(context):
            return handler(event, context)

    return limited


@contextmanager
def invocation(context: Any) -> Iterator[None]:
    """Limit the work of an invocation to the time that its context has left, but for the last seconds.

    Raises DeadlineExceededError then, once, inside the block: whatever it does, except in native code that returns late.
    """
    global _invocation
    limit_s = context.get_remaining_time_in_millis() / 1_000
    work_s = limit_s - min(CLOSING_S, limit_s * MAX_CLOSING_SHARE)
    _invocation = Deadline(work_s)
    try:
        with time_limit(work_s):
            yield
    finally:
        _invocation = None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise DeadlineExceededError inside the block once its time is up. A limit around it stays in force.

    It needs a signal, which only the main thread receives; a block of another thread has no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    outer_handler = signal.signal(signal.SIGALRM, _raise_deadline_exceeded)
    outer_s, _ = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    started = time.monotonic()
    try:
        if 0 < outer_s < seconds:
            signal.setitimer(signal.ITIMER_REAL, outer_s)
        yield
    finally:
        # An outer limit that was reached in the block was raised there; 0 stops the timer.
        left_s = outer_s - (time.monotonic() - started)
        signal.setitimer(signal.ITIMER_REAL, max(0.0, left_s) if outer_s else 0.0)
        signal.signal(signal.SIGALRM, outer_handler)


@contextmanager
def deferred() -> Iterator[None]:
    """Raise a limit that is reached inside the block at its end: for a short call of native code that calls Python back.

    Such code swallows the error: a decoder then takes the file to end there.
    """
    global _is_deferred, _is_due
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _is_deferred, _is_due = True, False
    try:
        yield
    finally:
        _is_deferred = False
        if _is_due:
            _raise_deadline_exceeded()


def _raise_deadline_exceeded(*_: object) -> None:
    global _is_due
    if _is_deferred:
        _is_due = True
        return
    raise DeadlineExceededError("The time is up.")
