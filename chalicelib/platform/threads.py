"""Thread pools whose threads nothing waits for once the work has failed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def pool(max_workers: int) -> Iterator[ThreadPoolExecutor]:
    """Open a pool, and wait for its threads at the end of the block, unless the block fails.

    A thread that waits for a service in vain would otherwise keep the function from ending in time. It ends by its own time-out.
    """
    executor = ThreadPoolExecutor(max_workers)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()
