"""Growth: whether work takes time in proportion to its input, by processor time alone.

Never judged by seconds: the time at four times the size is compared with the time at the size. Linear work takes 4 times as
long, quadratic work 16 times.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Input = TypeVar("Input")

MAX_RATIO = 8.0  # of the time at four times the size: n to the power of 1.5
NOISE_S = 0.002  # below it, the time of the largest input says nothing
LONG_S = 3.0  # no larger input is tried after one that took so long
REPEATS = 3  # the shortest counts: other load only ever adds time
# Where time doubles with each character, a few dozen would take years: these come first, each after the one before.
TINY_SIZES = (16, 24, 40, 64)


@dataclass(frozen=True, slots=True)
class Growth:
    """Processor time of one kind of input by its size, largest last. `ratio` is that of the last size to a quarter of it."""

    times_s: dict[int, float]
    ratio: float

    @property
    def is_superlinear(self) -> bool:
        return self.ratio > MAX_RATIO

    @property
    def slowest_s(self) -> float:
        return max(self.times_s.values())

    def __str__(self) -> str:
        times = ", ".join(f"{size:,}: {seconds * 1000:,.1f} ms" for size, seconds in self.times_s.items())
        return f"{times}; {self.ratio:.1f} × the time at 4 × the size"


class Meter(Generic[Input]):
    """Measures work on growing inputs. `sizes` must double; `tiny_sizes` come before them."""

    def __init__(
        self,
        work: Callable[[Input], object],
        sizes: Sequence[int],
        *,
        tiny_sizes: Sequence[int] = (),
        noise_s: float = NOISE_S,
    ) -> None:
        self._work, self._sizes, self._tiny_sizes, self._noise_s = work, tuple(sizes), tuple(tiny_sizes), noise_s

    def measure(self, build: Callable[[int], Input]) -> Growth:
        """Measure one kind of input. Most end with the largest size, which is quick, or a quarter of it, in proportion."""
        first, last = self._sizes[0], self._sizes[-1]
        times: dict[int, float] = {}
        for size in self._tiny_sizes:
            content = build(size)
            times[size] = self._time(content, repeats=1)
            if times[size] > self._noise_s and (best_s := self._time(content, repeats=REPEATS)) > self._noise_s:
                return Growth(times, best_s / min(times.values()))
        times = {first: self._time(build(first), repeats=1)}
        if times[first] * (last / first) ** 2 < LONG_S:
            times[last] = self._time(build(last), repeats=1)
            if times[last] < self._noise_s:
                return Growth(times, 0.0)
            if last // 4 not in times:
                times[last // 4] = self._time(build(last // 4), repeats=1)
            times = {last // 4: times[last // 4], last: times[last]}
            if self._ratio(times) <= MAX_RATIO:
                return Growth(times, self._ratio(times))
        times = {}
        for size in self._sizes:
            content = build(size)
            times[size] = self._time(content, repeats=1)
            if times[size] > self._noise_s and self._ratio(times) > MAX_RATIO:  # measure again before it counts
                times = {known: self._time(build(known), repeats=REPEATS) for known in times}
                if self._ratio(times) > MAX_RATIO:
                    break
            if times[size] > LONG_S:
                break
        is_judged = len(times) > 2  # a smallest input that takes so long must be made smaller
        return Growth(times, self._ratio(times) if is_judged else math.inf)

    def _ratio(self, times: dict[int, float]) -> float:
        largest = max(times)
        smaller = times.get(largest // 4)
        return times[largest] / max(smaller, 1e-6) if smaller is not None and times[largest] > self._noise_s else 0.0

    def _time(self, content: Input, *, repeats: int) -> float:
        best_s = math.inf
        gc.disable()
        try:
            for _ in range(repeats):
                started = time.process_time()
                self._work(content)
                best_s = min(best_s, time.process_time() - started)
                if best_s > LONG_S / REPEATS:
                    break
        finally:
            gc.enable()
        return best_s
