"""Time that a pass of dispatch holds the provider's row, by number of speaking jobs: `python -m bench.dispatch`.

Postgres and SQS are real; the provider has 15 slots. Two cases: all slots are taken, and one is free, which is the normal
case, because a pass follows the end of each call. Time counts from the moment the row is locked to the commit; on AWS each
round trip to the database adds about 0.7 ms. Rows are those that Postgres read for one pass.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, ClassVar

import psycopg

from bench.speech.environment import database_and_emulator
from chalicelib.platform import config
from chalicelib.platform.db import database
from chalicelib.speech.dispatch.dispatch import dispatch
from tests.support.speech_rows import end_oldest_call, insert_speaking_jobs

SIZES = (10, 100, 1_000, 10_000, 50_000)  # jobs
SLOTS = 15
WARM_UP, PASSES = 5, 40
PROVIDER = "speechify"


class LockTimer(psycopg.Cursor[Any]):
    """A cursor that measures how long transactions hold a provider's row."""

    held_ms: ClassVar[list[float]] = []
    _locked_at: ClassVar[float] = 0.0

    def execute(self, query: Any, *arguments: Any, **options: Any) -> Any:
        result = super().execute(query, *arguments, **options)
        if "FROM speech_providers" in str(query) and "FOR UPDATE" in str(query):
            LockTimer._locked_at = time.perf_counter()
        elif query == "COMMIT" and LockTimer._locked_at:
            LockTimer.held_ms.append((time.perf_counter() - LockTimer._locked_at) * 1_000)
            LockTimer._locked_at = 0.0
        return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dispatch", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="speaking jobs")
    parser.add_argument("--one-owner", action="store_true", help="all jobs belong to one owner, instead of one each")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="visionary-bench-"))
    os.environ |= {
        "TTS_PROVIDERS": PROVIDER,
        "TTS_CONCURRENCY": f"{PROVIDER}={SLOTS}",
        "TTS_PER_SECOND": f"{PROVIDER}=1000",
    }
    try:
        with database_and_emulator(folder):
            config.settings.cache_clear()
            measure(arguments.sizes, one_owner=arguments.one_owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(sizes: list[int], *, one_owner: bool) -> None:
    print(
        "| speaking jobs | slots taken: least ms, median, p99, rows | one slot free: the same | least : first row's |"
    )
    print("|---|---|---|---|", flush=True)
    first_ms: float | None = None
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as superuser:
        for size in sizes:
            insert_speaking_jobs(superuser, size, one_owner=one_owner)
            dispatch(PROVIDER)  # fills all slots
            taken = run_passes(superuser, lambda: None)
            free = run_passes(superuser, lambda: end_oldest_call(superuser))
            first_ms = first_ms or free[0]
            cells = [f"{least:.1f}, {ms:.1f}, {p99:.1f}, {rows:.0f}" for least, ms, p99, rows in (taken, free)]
            print(f"| {size:,} | {cells[0]} | {cells[1]} | {free[0] / first_ms:.2f} |", flush=True)


def run_passes(superuser: psycopg.Connection[Any], prepare: Callable[[], None]) -> tuple[float, float, float, float]:
    """Return the least time under the lock, its median and 99th percentile, and the rows that a pass reads.

    The least is what remains when other processes on the machine take no time.
    """
    database._discard()
    session = database._connection = database.connect()
    session.cursor_factory = LockTimer
    for _ in range(WARM_UP):
        prepare()
        dispatch(PROVIDER)
    LockTimer.held_ms.clear()
    rows = 0
    for _ in range(PASSES):
        prepare()
        before = rows_read(superuser, session)
        dispatch(PROVIDER)
        rows += rows_read(superuser, session) - before
    held_ms = LockTimer.held_ms
    return min(held_ms), median(held_ms), quantiles(held_ms, n=100)[98], rows / PASSES


def rows_read(superuser: psycopg.Connection[Any], session: psycopg.Connection[Any]) -> int:
    """Return how many rows of tables the session has read so far."""
    session.execute("SELECT pg_stat_force_next_flush()")
    superuser.execute("SELECT pg_stat_force_next_flush()")  # the rows that it read itself are counted by now
    time.sleep(0.005)
    row = superuser.execute("SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
