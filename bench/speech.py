"""How soon a reading plays and how soon it is done, beside the ideal schedule and beside Celery: `python -m bench.speech`.

The provider is a server of its own that answers after 0.5 s and then at 15 times real time, 14 calls at once. The functions of
the application run as their workers would: 4 + 14 threads make calls, one does what needs the database, and a second process
puts parts and recordings together. Postgres, S3 and SQS are real, the latter two on the emulator. With `--local-stack` the
deployed functions do it instead, asked through the API, as in the cloud but for the emulator, which all of them share.

Celery does the same work on the same texts: three workers with 14 threads on Redis, the audio in the same S3, rows in the same
Postgres, joined in the end. The ideal schedule hands the same segments to 14 slots that lose no time.
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

from bench import speech_celery
from bench.speech_environment import provider_and_redis
from bench.speech_functions import functions
from bench.speech_schedule import SLOTS, Times, call_s, ideal, prose
from bench.speech_stack import local_stack
from chalicelib.platform.telemetry import observability

SIZES = (5_000, 20_000, 100_000, 500_000)
USERS = 5


class Reader(Protocol):
    """Whoever has texts read: the functions in threads, or a whole local stack."""

    def read(self, texts: Sequence[str]) -> list[Times]:
        """Have each of these texts read to an owner of its own, all wished for at the same moment."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="characters of each text")
    parser.add_argument("--local-stack", action="store_true", help="through the API of deployed functions")
    parser.add_argument("--without-celery", action="store_true")
    given = parser.parse_args()
    observability.logger.setLevel(logging.ERROR)
    logging.getLogger("botocore").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever ends it ends what it started
    folder = Path(tempfile.mkdtemp(prefix="visionary-bench-"))
    try:
        with provider_and_redis(), (local_stack if given.local_stack else functions)(folder) as reader:
            if given.local_stack:
                reader.read([prose(2_000, seed=99)])  # every function has started once
            measure(reader, given.sizes, celery=not given.without_celery)
            together(reader)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(reader: Reader, sizes: Sequence[int], *, celery: bool) -> None:
    print(
        f"| characters | segments | first / done, s | ideal, {SLOTS} slots | done : ideal | a call's way, s | calls under way "
        "| Celery | done : Celery | load |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for number, size in enumerate(sizes):
        text = prose(size, seed=number)
        lengths = [end - start for start, end, _ in speech_celery.cut(text)]
        (ours,) = reader.read([text])
        way_s, under_way = calls_of_newest_job()
        best = ideal(lengths)
        compared = "— | —"
        if celery:
            with speech_celery.workers():
                theirs = speech_celery.read(text)
            compared = f"{theirs} | {ours.done_s / theirs.done_s:.2f}"
        print(
            f"| {size:,} | {len(lengths)} | {ours} | {best} | {ours.done_s / best.done_s:.2f} | {way_s:.2f} | {under_way:.1f} "
            f"| {compared} | {os.getloadavg()[0]:.1f} |",
            flush=True,
        )


def calls_of_newest_job() -> tuple[float, float]:
    """What a call took beyond the provider's own time, on average, and how many calls were under way until the last began."""
    with psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True) as connection:
        rows = connection.execute(
            """SELECT characters, extract(epoch FROM begun_at)::float, extract(epoch FROM ended_at)::float FROM speech_calls
               WHERE job_id = (SELECT job_id FROM speech_calls ORDER BY begun_at DESC LIMIT 1) AND ended_at IS NOT NULL"""
        ).fetchall()
    way_s = sum(ended - begun - call_s(characters) for characters, begun, ended in rows) / len(rows)
    first, last = min(row[1] for row in rows), max(row[1] for row in rows)
    busy_s = sum(min(ended, last) - begun for _, begun, ended in rows)
    return way_s, busy_s / (last - first)


def together(reader: Reader) -> None:
    """One user alone, then five at once who each begin a long book."""
    (lone,) = reader.read([prose(20_000, seed=90)])
    times = reader.read([prose(20_000, seed=91 + number) for number in range(USERS)])
    worst = max(each.first_s for each in times)
    print(
        f"\nfirst audio: {lone.first_s:.1f} s alone; {USERS} users at once "
        f"{', '.join(f'{each.first_s:.1f}' for each in times)} s: the last one {worst - lone.first_s:.1f} s later"
    )
    print(json.dumps({"alone": lone.first_s, "together": [each.first_s for each in times]}))


if __name__ == "__main__":
    main()
