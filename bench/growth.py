"""Processor time of the slowest adversarial input of each regular expression and of each kind of file.

    python -m bench.growth [--only patterns|files] [--rows 15]

The time of an expression that grows faster than its input is that of the largest size that was tried.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support import file_growth, pattern_growth
from tests.support.growing_files import FILES
from tests.support.growth import Growth
from tests.support.source_patterns import source_patterns


@dataclass(frozen=True, slots=True)
class Slowest:
    name: str
    growth: Growth

    def __str__(self) -> str:
        size, seconds = max(self.growth.times_s.items())
        mark = "more than linear" if self.growth.is_superlinear else ""
        return f"{seconds * 1000:10,.1f} ms at {size:8,}  {mark:16}  {self.name}"

    @property
    def rank(self) -> tuple[bool, float]:
        return self.growth.is_superlinear, self.growth.slowest_s


def of_patterns() -> Iterator[Slowest]:
    patterns, _ = source_patterns()
    for source in patterns:
        results: list[Slowest] = []
        for method in sorted(source.methods):
            for string, growth in pattern_growth.measure(source.pattern, method):
                results.append(Slowest(f"{source} {method}: {str(string)[:60]}", growth))
                if growth.is_superlinear:
                    break
        yield max(results, key=lambda result: result.rank)


def of_files(folder: Path) -> Iterator[Slowest]:
    for name, file in FILES.items():
        yield Slowest(name, file_growth.measure(file, folder))


def show(title: str, results: Iterator[Slowest], rows: int) -> None:
    print(title)
    slowest = sorted(results, key=lambda result: result.rank, reverse=True)
    for result in slowest[:rows]:
        print(result)
    superlinear = sum(result.growth.is_superlinear for result in slowest)
    print(f"{len(slowest)} measured, {superlinear} take more than linear time\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["patterns", "files"])
    parser.add_argument("--rows", type=int, default=15)
    arguments = parser.parse_args()
    if arguments.only != "files":
        show("regular expressions, by characters", of_patterns(), arguments.rows)
    if arguments.only != "patterns":
        with tempfile.TemporaryDirectory(prefix="bench-growth-") as name:
            show("files, by their count", of_files(Path(name)), arguments.rows)


if __name__ == "__main__":
    main()
