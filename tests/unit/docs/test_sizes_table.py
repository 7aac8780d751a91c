"""The runbook's table of sizes has the numbers of the code."""

import re

from chalicelib.platform.aws.queues import Queue
from infra.packaging import sizes
from infra.packaging.bundle import ROOT


def test_the_runbook_lists_the_limits_of_each_size() -> None:
    runbook = (ROOT / "docs/runbook.md").read_text()
    rows = re.findall(
        r"^\| `(small|medium|large)`[^|]*\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+)", runbook, re.MULTILINE
    )
    assert {name: tuple(map(int, numbers)) for name, *numbers in rows} == {
        size: (
            sum(limits.consumers.values()),
            limits.api_requests_per_s,
            limits.consumers[Queue.SPEECH_BULK],
            limits.database_connections,
            limits.concurrent_executions,
        )
        for size, limits in sizes.ALL.items()
    }
