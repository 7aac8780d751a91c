"""Slow steps and slow machines: what the operator reads, and when `make up` gives up."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.deploy import progress
from localstack import stack
from localstack.stall import StallDetector

STALLED_S = 0.5
BUSY = "import time\nend = time.monotonic() + {seconds}\nwhile time.monotonic() < end: pass\n"
IDLE = "import time\ntime.sleep(600)\n"

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def start(log: Path) -> Iterator[Start]:
    """Return a function that starts a Python program with its output in the log."""
    processes: list[subprocess.Popen[bytes]] = []

    def start_program(program: str) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            processes.append(subprocess.Popen([sys.executable, "-uc", program], stdout=output))
        return processes[-1]

    yield start_program
    for process in processes:
        process.kill()
        process.wait()


def test_a_slow_step_is_reported_by_name_while_it_runs() -> None:
    lines, has_reported_twice = list[str](), threading.Event()

    def report(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            has_reported_twice.set()

    with progress.reporting("page", report, every_s=0.01):
        assert has_reported_twice.wait(60)
    assert all(line.split()[:3] == ["page", "still", "running"] for line in lines)


def test_a_quick_step_is_not_reported() -> None:
    lines: list[str] = []
    with progress.reporting("page", lines.append):
        pass
    assert lines == []


def test_a_slow_start_is_followed_however_long_it_takes(
    start: Start, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = f"print('  page built')\n{BUSY.format(seconds=6 * STALLED_S)}"
    process = start(f"{step}print('ready')\n{IDLE}")
    stack.follow(log, process, StallDetector(process.pid, STALLED_S))
    assert capsys.readouterr().out == "  page built\n"


def test_work_of_another_process_of_the_stack_counts(start: Start, log: Path) -> None:
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY.format(seconds=6 * STALLED_S)!r}])\n"
    process = start(f"{child}print('ready')\n{IDLE}")
    stack.follow(log, process, StallDetector(process.pid, STALLED_S))


def test_a_start_that_does_nothing_any_more_is_given_up(start: Start, log: Path) -> None:
    process = start(f"print('  page ...')\n{IDLE}")
    with pytest.raises(RuntimeError, match=r"stalled.*log"):
        stack.follow(log, process, StallDetector(process.pid, STALLED_S))
    assert process.poll() is None, "it is left for the operator to examine and stop"


def test_a_start_that_fails_is_told_at_once(start: Start, log: Path) -> None:
    process = start("raise SystemExit(1)")
    with pytest.raises(RuntimeError, match="did not start"):
        stack.follow(log, process, StallDetector(process.pid))
