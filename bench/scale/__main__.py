"""Speech jobs of up to a million users, in virtual time: `python -m bench.scale`.

Arrivals are those of the busiest hour. The functions that start, plan, dispatch and record run for real, on a real Postgres
whose clock is virtual; the voice and the queues are modelled (bench/scale/simulation.py). Shown are what docs/scaling.md quotes:
the age of messages, the calls in flight, the time to first audio, and the transactions a second.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.scale.simulation import Scenario, Simulation, SimulationResult
from bench.scale.virtual_database import virtual_database
from bench.speech.schedule import call_s
from chalicelib.platform import config
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.telemetry import observability

SPEECHIFY, BUILT_IN = "speechify:geffen_32", "espeak:en-us"
SEED = 1


def natural_voice_s(characters: int) -> float:
    """Return the time of a voice inside the function: 0.015 of the audio on one core, at 512 MB a third of one."""
    return 0.05 + characters / 16.5 * 0.015 * 3.5


SCENARIOS = (
    Scenario("1,000 users, 15 slots", 1_000, SPEECHIFY, call_s, copies=20, slots=15),
    Scenario("10,000 users, 15 slots", 10_000, SPEECHIFY, call_s, copies=20, slots=15),
    Scenario("100,000 users, 50 slots", 100_000, SPEECHIFY, call_s, copies=50, slots=50),
    Scenario("1,000,000 users, 400 slots", 1_000_000, SPEECHIFY, call_s, copies=400, express_copies=60, slots=400),
    Scenario("1,000,000 users, own voice", 1_000_000, BUILT_IN, natural_voice_s, copies=300, express_copies=60),
    Scenario("10,000 users, and 500 of one", 10_000, BUILT_IN, natural_voice_s, copies=20, flood=500),
    Scenario("the same without fair queues", 10_000, BUILT_IN, natural_voice_s, copies=20, flood=500, is_fair=False),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--recordings", type=int, default=300, help="how many arrive in each scenario")
    parser.add_argument("--only", default="", help="scenarios whose name contains this")
    arguments = parser.parse_args()
    observability.logger.setLevel(logging.CRITICAL)
    scenarios = [scenario for scenario in SCENARIOS if arguments.only in scenario.name]
    header = (
        "recordings",
        "calls",
        "calls at once: mean / most",
        "first audio, s: p50 / p95",
        "all spoken, s: p50 / p95",
        "age of messages, s: express p95",
        "bulk p95",
        "results p95",
        "record, ms: p50 / p95",
        "transactions a second",
        "virtual : real time",
    )
    print(f"| scenario | {' | '.join(header)} |\n|{'---|' * (len(header) + 1)}", flush=True)
    for scenario in scenarios:
        started = time.monotonic()
        result = simulate(scenario, arguments.recordings)
        print(f"| {scenario.name} | {' | '.join(columns(result, time.monotonic() - started))} |", flush=True)


def simulate(scenario: Scenario, recordings: int) -> SimulationResult:
    """Run a scenario in a database of its own."""
    os.environ |= {
        "STAGE": "local",
        "POWERTOOLS_METRICS_NAMESPACE": "Bench",
        "POWERTOOLS_METRICS_DISABLED": "true",
        "INCOMING_BUCKET": "incoming",
        "LIBRARY_BUCKET": "library",
        "SIGNING_SECRET": "s" * 32,
        "TTS_PROVIDERS": scenario.voice.partition(":")[0],
        "TTS_CONCURRENCY": f"speechify={scenario.slots or 1}",
        "TTS_PER_SECOND": "speechify=1000",
        "SPEECHIFY_API_KEY": "bench",
        "SPEECH_CHARACTERS_PER_DAY": "1000000000",
        "SPEECH_CHARACTERS_PER_MONTH": "1000000000",
        "SPEECH_JOBS_AT_ONCE": "1000",
    }
    config.settings.cache_clear()
    with tempfile.TemporaryDirectory(prefix="visionary-scale-") as folder, virtual_database(Path(folder)) as database:
        return Simulation(scenario, database, SEED).run(recordings)


def columns(result: SimulationResult, real_s: float) -> Sequence[str]:
    requested = result.requested_s
    first = [second - requested[job_id] for job_id, second in result.first_audio_s.items()]
    spoken = [second - requested[job_id] for job_id, second in result.spoken_s.items()]
    record_ms = [seconds * 1_000 for seconds in result.handler_s["record_segment"]]
    return (
        f"{len(requested):,}",
        f"{result.calls:,}",
        f"{result.call_s / result.ended_s:.0f} / {result.max_calls}",
        _percentiles(first),
        _percentiles(spoken),
        *(f"{_percentile(result.queue_age_s[queue], 95):.2f}" for queue in AGES),
        _percentiles(record_ms),
        f"{result.transactions / result.ended_s:,.0f}",
        f"{result.ended_s / real_s:.1f}",
    )


AGES = (Queue.SPEECH_EXPRESS, Queue.SPEECH_BULK, Queue.SPEECH_RESULTS)


def _percentiles(values: Sequence[float]) -> str:
    return f"{_percentile(values, 50):.1f} / {_percentile(values, 95):.1f}"


def _percentile(values: Sequence[float], percent: int) -> float:
    if len(values) < 2:
        return next(iter(values), 0.0)
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


if __name__ == "__main__":
    main()
