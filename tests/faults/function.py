"""Functions under test: each in a process of its own, killed at its time limit as on Lambda."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localstack.home import ROOT

START_S = 60.0  # on a busy machine
GENEROUS_S = 60.0  # for invocations without a fault: none of them is about time
KILL_AFTER_S = 0.5  # what a busy machine needs to notice a response that was in time


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an invocation: a result, an error, or neither if it was killed."""

    seconds: float
    result: Any = None
    error: str | None = None
    is_killed: bool = False


class Function:
    """A function, started when it is first invoked, and again after it was killed."""

    def __init__(self, name: str, handler: str, environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.timeout_s = float(environment["FUNCTION_TIMEOUT_S"])
        self._handler = handler
        self._environment = {**environment, "AWS_LAMBDA_FUNCTION_NAME": f"visionary-test-{name}"}
        self._log = log
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        if self._process is not None:
            return
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.worker", self._handler],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._read(START_S) == {"ready": True}, self._log.read_text()[-2_000:]

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def invoke(self, event: object, *, limit_s: float = GENEROUS_S) -> Outcome:
        """Invoke the function with this much time; kill it when that is over."""
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        started = time.monotonic()
        self._process.stdin.write(json.dumps({"event": event, "limit_s": limit_s}) + "\n")
        self._process.stdin.flush()
        outcome = self._read(limit_s + KILL_AFTER_S)
        seconds = time.monotonic() - started
        if outcome is None:
            self.stop()
            return Outcome(seconds, is_killed=True)
        return Outcome(seconds, outcome.get("result"), outcome.get("error"))

    def _read(self, timeout_s: float) -> dict[str, Any] | None:
        assert self._process is not None
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], timeout_s)[0]:
            return None
        line = self._process.stdout.readline()
        assert line, self._log.read_text()[-2_000:]
        outcome: dict[str, Any] = json.loads(line)
        return outcome
