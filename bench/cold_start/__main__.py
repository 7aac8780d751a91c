"""Processor time of cold starts of the built bundle, compared with the bundle of another commit.

    python -m bench.cold_start --before 3862e40

Both bundles are built now, each by its own builder, laid out as on Lambda, and measured in turn: every process is a cold start
that handles one event, by Lambda's Python, which writes no compiled module. `scaled` divides its processor time by the share of
a processor that the function's memory buys; Lambda gives the start more than this share, so functions with little memory start
faster than that. In: imports, clients, secrets, keys, SQL, signing, the sandbox of inspection. Postgres, S3, SQS, secrets, keys
and the voice provider answer on loopback. Out: fetching the bundle, starting Python itself, TLS, and all waiting.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from bench.cold_start import layout
from bench.cold_start.layout import ColdStart, Layout
from bench.cold_start.stage import Stage, running_stage
from bench.speech.environment import free_port, running
from infra.packaging import bytecode
from infra.packaging.wheels import PYTHON

ROUNDS = 7
BARE = "boto3, chalice, pydantic, psycopg"


class Samples:
    """Measurements of one bundle."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cold_starts: dict[str, list[ColdStart]] = defaultdict(list)
        self.imports_s: dict[str, list[float]] = defaultdict(list)

    def measure(self) -> None:
        """Measure every function on the way of one recording, and the imports."""
        for subject, cold_start in self.stage.record():
            self.cold_starts[subject].append(cold_start)
        api = self.stage.layout.functions["api"].handler.rpartition(".")[0]
        for subject, modules in {BARE: BARE, "the API's function": api, "app (all functions)": "app"}.items():
            self.imports_s[subject].append(self.stage.import_s(modules))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure cold starts of the built bundle.")
    parser.add_argument("--before", help="commit to compare with")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cold-start-") as folder, stages(Path(folder), options.before) as running_:
        samples = {title: Samples(stage) for title, stage in running_.items()}
        for _ in range(options.rounds):
            for measured in samples.values():
                measured.measure()
    print_cold_starts(samples)
    print_imports(samples)


@contextmanager
def stages(folder: Path, before: str | None) -> Iterator[dict[str, Stage]]:
    """Build and run the bundle of the working tree, and that of a commit."""
    compiler = bytecode.find_compiler()
    if compiler is None:
        raise SystemExit(f"Lambda's Python, {PYTHON}, is not installed here")
    builds = {"after": layout.build(folder / "build")}
    if before:
        builds = {"before": layout.build_commit(before, folder / "commit")} | builds
    port = free_port()
    with running([sys.executable, "-m", "bench.speech.provider", str(port), "4"]), ExitStack() as stack:
        running_ = {}
        for number, (title, built) in enumerate(builds.items()):
            ports = range(45_760 + 40 * number, 45_800 + 40 * number)
            unpacked = Layout.unpack(built, folder / title, compiler)
            running_[title] = stack.enter_context(
                running_stage(unpacked, folder / f"{title}-data", f"http://127.0.0.1:{port}", ports)
            )
        yield running_


def print_cold_starts(samples: dict[str, Samples]) -> None:
    """Print the medians, bundle below bundle."""
    print(
        f"{'processor seconds':26}{'MB':>6}{'bundle':>9}{'start':>9}{'request':>9}{'sum':>9}{'scaled':>9}{'of before':>11}"
    )
    for subject in dict.fromkeys(subject for measured in samples.values() for subject in measured.cold_starts):
        before_s = None
        for title, measured in samples.items():
            if not (cold_starts := measured.cold_starts.get(subject)):
                continue
            function = measured.stage.layout.functions[subject.partition(":")[0]]
            start_s = median(cold_start.start_s for cold_start in cold_starts)
            request_s = median(cold_start.request_s for cold_start in cold_starts)
            sum_s = median(cold_start.start_s + cold_start.request_s for cold_start in cold_starts)
            print(
                f"{subject:26}{function.memory_mb:6}{title:>9}{start_s:9.3f}{request_s:9.3f}{sum_s:9.3f}"
                f"{sum_s / function.share:9.2f}" + (f"{sum_s / before_s:11.2f}" if before_s else "")
            )
            before_s = sum_s


def print_imports(samples: dict[str, Samples]) -> None:
    """Print what importing alone takes, compared with the packages that are imported."""
    print(f"\n{'imports alone':40}{'bundle':>9}{'CPU s':>9}{'of bare':>9}")
    for title, measured in samples.items():
        bare_s = median(measured.imports_s[BARE])
        for subject, durations_s in measured.imports_s.items():
            print(f"{subject:40}{title:>9}{median(durations_s):9.3f}{median(durations_s) / bare_s:9.2f}")


if __name__ == "__main__":
    main()
