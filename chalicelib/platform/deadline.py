"""Time budgets of functions: a step's own limit must run out first, never the function's."""

from __future__ import annotations

import time


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
