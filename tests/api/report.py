"""The report of a run: as JSON for programs, as Markdown for people."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api.client import Seen

MAX_MESSAGE_CHARACTERS = 4_000


class Report:
    """A pytest plugin. `seen` and `left_behind` are filled in by the fixtures, `waits` by the client."""

    def __init__(self, run: str, base_url: str, path: str | None) -> None:
        self.run = run
        self.base_url = base_url
        self.path = Path(path) if path else None
        self.seen: Seen = defaultdict(set)
        self.left_behind: list[str] = []
        self.waits: list[dict[str, str | float]] = []
        self.tests: dict[str, dict[str, str | float]] = {}
        self.started_at = datetime.now(UTC)
        self._started = time.monotonic()

    def pytest_configure(self, config: pytest.Config) -> None:
        self._capture: Any = config.pluginmanager.get_plugin("capturemanager")

    def announce(self, wait_s: float, reason: str) -> None:
        """Say at once, past pytest's capture, that the run waits and why: it would seem to hang."""
        self.waits.append({"wait_s": wait_s, "reason": reason})
        with self._capture.global_and_fixture_disabled():
            sys.stderr.write(f"{self.run} waits {wait_s:.0f} s: {reason}\n")
            sys.stderr.flush()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:  # such as a deployment that does not respond
            message = report.longreprtext[-MAX_MESSAGE_CHARACTERS:]
            self.tests[report.nodeid] = {"outcome": "failed", "duration_s": 0.0, "message": message}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.removeprefix("tests/api/")
        test = self.tests.setdefault(name, {"outcome": "passed", "duration_s": 0.0})
        test["duration_s"] = round(float(test["duration_s"]) + report.duration, 3)
        if not report.passed:
            test["outcome"] = "skipped" if report.skipped else "failed"
            test["message"] = report.longreprtext[-MAX_MESSAGE_CHARACTERS:]

    def pytest_sessionfinish(self) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n")
        self.path.with_suffix(".md").write_text("\n".join(self.summary()) + "\n")

    def document(self) -> dict[str, object]:
        outcomes = [test["outcome"] for test in self.tests.values()]
        return {
            "run": self.run,
            "base_url": self.base_url,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "duration_s": round(time.monotonic() - self._started, 1),
            "passed": outcomes.count("passed"),
            "failed": outcomes.count("failed"),
            "skipped": outcomes.count("skipped"),
            "requests": {operation: sorted(statuses) for operation, statuses in sorted(self.seen.items())},
            "left_behind": self.left_behind,
            "waits": self.waits,
            "tests": [{"name": name, **test} for name, test in self.tests.items()],
        }

    def summary(self) -> Iterator[str]:
        document = self.document()
        yield f"# {self.base_url}"
        yield ""
        counts = f"{document['passed']} checks passed, {document['failed']} failed, {document['skipped']} were skipped"
        yield f"{counts}, in {document['duration_s']} s."
        yield f"Waited {sum(float(wait['wait_s']) for wait in self.waits):.0f} s for limits."
        yield f"{len(self.seen)} operations were called. Left behind: {', '.join(self.left_behind) or 'nothing'}."
        for name, test in self.tests.items():
            if test["outcome"] != "passed":
                yield f"\n## {name}: {test['outcome']}\n\n```\n{test['message']}\n```"
        yield "\n| file | checks | seconds |\n|---|---|---|"
        files: dict[str, list[float]] = defaultdict(list)
        for name, test in self.tests.items():
            files[name.partition("::")[0]].append(float(test["duration_s"]))
        for file, durations in files.items():
            yield f"| {file} | {len(durations)} | {sum(durations):.1f} |"
