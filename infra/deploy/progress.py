"""Reports of steps that take long: on a slow machine the operator sees which one is running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SLOW_S = 10.0  # most steps take less, and are reported only when they end


@contextmanager
def reporting(name: str, report: Callable[[str], None], *, every_s: float = SLOW_S) -> Iterator[None]:
    """Report at intervals that a step is still running, until the context ends."""
    ended, started = threading.Event(), time.monotonic()

    def report_until_ended() -> None:
        while not ended.wait(every_s):
            report(f"{name:10} {'still running':24} {time.monotonic() - started:6.1f} s")

    thread = threading.Thread(target=report_until_ended, name=f"progress of {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()  # nothing is reported after the step's end
