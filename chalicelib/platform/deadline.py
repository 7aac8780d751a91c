"""The time a function has left, handed to its steps: what runs out must be a step's own limit, never the function's."""

from __future__ import annotations

import time


class DeadlineExceededError(Exception):
    """Too little time is left for a step. Says nothing about the file: the queue brings it again."""


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining_s(self) -> float:
        return max(0.0, self._at - time.monotonic())

    def check(self, max_s: float, *, min_s: float) -> float:
        """How long a step may take: what it wants, or what is left. Raises OutOfTimeError when that is not even `at_least_s`."""
        left = self.remaining_s()
        if left < min_s:
            raise DeadlineExceededError(f"{left:.0f} s are left, {min_s:.0f} s are needed")
        return min(max_s, left)
