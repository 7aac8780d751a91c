"""How long something takes, warm: the middle and the slow end of many runs."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of single runs."""

    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.p50:.2f} / {self.p99:.2f}"


def measure(*runs: Callable[[], object], times: int, warm: int = 20) -> list[Timing]:
    """Time several runs in turn, so that whatever else the machine does meets all of them alike.

    The garbage collector rests meanwhile, as it does in a short-lived function.
    """
    for run in runs * warm:
        run()
    taken: list[list[float]] = [[] for _ in runs]
    gc.disable()
    try:
        for _ in range(times):
            for run, spent in zip(runs, taken, strict=True):
                started = time.perf_counter()
                run()
                spent.append((time.perf_counter() - started) * 1_000)
    finally:
        gc.enable()
    return [Timing(median(spent), quantiles(spent, n=100)[98]) for spent in taken]
