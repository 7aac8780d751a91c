"""Import time of a cold start: the application, compared with the packages that it imports.

    python -m bench.cold_start

Each import runs in a new interpreter; the subjects alternate, so that all run under the same load.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUNDS = 15
SUBJECTS = {
    "nothing": "pass",
    "boto3, chalice, pydantic, psycopg": "import boto3, chalice, pydantic, psycopg",
    "the application": "import app",
}
ENVIRONMENT = {"STAGE": "bench", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}


def measure(script: str) -> float:
    """Return the seconds that a new interpreter takes to run a script."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=os.environ | ENVIRONMENT, check=True)
    return time.perf_counter() - started


def main() -> None:
    for script in SUBJECTS.values():
        measure(script)  # the first one compiles
    times: dict[str, list[float]] = {name: [] for name in SUBJECTS}
    for _ in range(ROUNDS):
        for name, script in SUBJECTS.items():
            times[name].append(measure(script))
    startup = statistics.median(times["nothing"])
    bare = statistics.median(times["boto3, chalice, pydantic, psycopg"]) - startup
    print(f"{'import':36} {'median ms':>10} {'of bare':>8}")
    for name, measured in times.items():
        cost = statistics.median(measured) - startup
        print(f"{name:36} {cost * 1_000:10.0f} {cost / bare:8.2f}")


if __name__ == "__main__":
    main()
