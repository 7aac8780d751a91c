"""Median and 99th percentile of the time that warm code takes."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Timing:
    """Percentiles of the runs, in milliseconds."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.p50:.2f} / {self.p99:.2f}"


def measure(
    *runs: Callable[[], object], times: int, warm: int = 20, clock: Callable[[], float] = time.perf_counter
) -> list[Timing]:
    """Time several runs in turn, so that other load on the machine affects all of them alike.

    `clock` returns seconds. The garbage collector is off, as it hardly ever runs in a short-lived function.
    """
    for run in runs * warm:
        run()
    durations: list[list[float]] = [[] for _ in runs]
    gc.disable()
    try:
        for _ in range(times):
            for run, times_ms in zip(runs, durations, strict=True):
                started = clock()
                run()
                times_ms.append((clock() - started) * 1_000)
    finally:
        gc.enable()
    return [Timing(median(times_ms), quantiles(times_ms, n=100)[98]) for times_ms in durations]
