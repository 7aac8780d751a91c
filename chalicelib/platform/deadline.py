"""The time a function has left, handed to its steps: what runs out must be a step's own limit, never the function's."""

from __future__ import annotations

import time


class OutOfTimeError(Exception):
    """Too little time is left for a step. Says nothing about the file: the queue brings it again."""


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left_s(self) -> float:
        return max(0.0, self._at - time.monotonic())

    def take(self, wanted_s: float, *, at_least_s: float) -> float:
        """How long a step may take: what it wants, or what is left. Raises OutOfTimeError when that is not even `at_least_s`."""
        left = self.left_s()
        if left < at_least_s:
            raise OutOfTimeError(f"{left:.0f} s are left, {at_least_s:.0f} s are needed")
        return min(wanted_s, left)
