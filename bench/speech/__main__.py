"""Time to first audio and to the recording, compared with an ideal schedule and Celery: `python -m bench.speech`.

The provider is a separate server that responds after 0.5 s, then at 15 times real time, to 14 calls at once and 20 a second. The
application's functions run as in the cloud: the handlers that are deployed, each copy in its process. Postgres is real; S3 and
SQS are the emulator's. With `--local-stack` the deployed functions run instead, called through the API.

Celery does the same work on the same texts: three workers with 14 threads on Redis, the audio levelled and put into the same S3,
rows in the same Postgres, joined at the end. The ideal schedule gives the same segments to 14 slots that lose no time, within
the provider's rate.

A second table has the built-in voice on the same texts: processor time, cost, and the times with 2, 14 and 100 copies of its
function (simulated).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psycopg

from bench.speech import built_in
from bench.speech.environment import missing_programs, provider_and_redis
from bench.speech.functions import functions
from bench.speech.schedule import SLOTS, Times, call_s, ideal, prose, split
from bench.speech.stack import local_stack
from chalicelib.platform.telemetry import observability

SIZES = (5_000, 20_000, 100_000, 500_000)
USERS = 5


class Backend(Protocol):
    """A way to run speech jobs: copies of the functions, or a local stack."""

    def run_jobs(self, texts: Sequence[str]) -> list[Times]:
        """Run one speech job per text, each of another owner, all started at the same moment."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.speech", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="characters of each text")
    parser.add_argument("--local-stack", action="store_true", help="through the API of deployed functions")
    parser.add_argument("--without-celery", action="store_true")
    arguments = parser.parse_args()
    if missing := missing_programs(celery=not arguments.without_celery):
        parser.error(f"{missing} is not installed: install it, or leave out the comparison by --without-celery.")
    observability.logger.setLevel(logging.ERROR)
    logging.getLogger("botocore").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # stop the child processes, too
    folder = Path(tempfile.mkdtemp(prefix="visionary-bench-"))
    try:
        with (
            provider_and_redis(celery=not arguments.without_celery),
            (local_stack if arguments.local_stack else functions)(folder) as backend,
        ):
            backend.run_jobs([prose(30_000, seed=99)])  # warm-up: every copy has started
            overhead_s = measure(backend, arguments.sizes, celery=not arguments.without_celery)
            built_in.report([prose(size, seed=number) for number, size in enumerate(arguments.sizes)], overhead_s)
            measure_concurrent(backend)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(backend: Backend, sizes: Sequence[int], *, celery: bool) -> float:
    """Print a table of jobs with texts of these sizes; return the average overhead of the calls of the last one."""
    print(
        f"| characters | segments | first / done, s | ideal, {SLOTS} slots | done : ideal | overhead of a call, s "
        "| calls in flight | Celery | done : Celery | load |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for number, size in enumerate(sizes):
        text = prose(size, seed=number)
        lengths = [end - start for start, end, _ in split(text)]
        (measured,) = backend.run_jobs([text])
        overhead_s, in_flight = calls_of_newest_job()
        best = ideal(lengths)
        comparison = "— | —"
        if celery:
            from bench.speech import celery_baseline

            with celery_baseline.workers():
                celery_times = celery_baseline.run_job(text)
            comparison = f"{celery_times} | {measured.done_s / celery_times.done_s:.2f}"
        print(
            f"| {size:,} | {len(lengths)} | {measured} | {best} | {measured.done_s / best.done_s:.2f} | {overhead_s:.2f} "
            f"| {in_flight:.1f} | {comparison} | {os.getloadavg()[0]:.1f} |",
            flush=True,
        )
    return overhead_s


def calls_of_newest_job() -> tuple[float, float]:
    """Return the average overhead of a call, and the average number of calls in flight.

    The latter is measured until the last call started.
    """
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as connection:
        rows = connection.execute(
            """SELECT characters, extract(epoch FROM begun_at)::float, extract(epoch FROM ended_at)::float FROM speech_calls
               WHERE job_id = (SELECT job_id FROM speech_calls ORDER BY begun_at DESC LIMIT 1) AND ended_at IS NOT NULL"""
        ).fetchall()
    overhead_s = sum(ended - started - call_s(characters) for characters, started, ended in rows) / len(rows)
    first, last = min(row[1] for row in rows), max(row[1] for row in rows)
    busy_s = sum(min(ended, last) - started for _, started, ended in rows)
    return overhead_s, busy_s / (last - first)


def measure_concurrent(backend: Backend) -> None:
    """Compare one user alone with five who start a book at the same moment."""
    (alone,) = backend.run_jobs([prose(20_000, seed=90)])
    times = backend.run_jobs([prose(20_000, seed=91 + number) for number in range(USERS)])
    worst = max(job.first_s for job in times)
    print(
        f"\nfirst audio: {alone.first_s:.1f} s alone; {USERS} users at once "
        f"{', '.join(f'{job.first_s:.1f}' for job in times)} s: the last one {worst - alone.first_s:.1f} s later"
    )
    print(json.dumps({"alone": alone.first_s, "together": [job.first_s for job in times]}))


if __name__ == "__main__":
    main()
