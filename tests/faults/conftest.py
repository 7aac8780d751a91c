"""The fault matrix: its deployment, and the table that its tests print."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.faults.deployment import Deployment, deploy
from tests.faults.matrix import Cell
from tests.support.tcp_proxy import Fault


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}.items():
            patch.setenv(name, value)
        patch.setenv("DATABASE_URL", "set by the deployment")  # to be restored
        with deploy(tmp_path_factory.mktemp("faults")) as running:
            yield running


@pytest.fixture
def cell(deployment: Deployment, request: pytest.FixtureRequest) -> Cell:
    """Return one cell of the matrix: the test's function, dependency and fault."""
    deployment.purge()
    return Cell(deployment, *request.param)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Note in the report what a cell observed."""
    report: Any = yield
    cell = getattr(item, "funcargs", {}).get("cell")
    if call.when == "call" and cell is not None:
        report.user_properties.append(("cell", (cell.function, cell.dependency, cell.fault.value, cell.observed)))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the matrix: a line per function and dependency, a column per fault."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name == "cell":
                    function, dependency, fault, observed = value
                    text = observed if outcome == "passed" else f"FAILED {observed}"
                    row = rows.setdefault((function, dependency), {})
                    row[fault] = text if outcome != "passed" else row.get(fault, text)
    if not rows:
        return
    faults = [fault.value for fault in Fault]
    terminalreporter.section("fault matrix")
    terminalreporter.write_line("".join(f"{name:32}" for name in ("function", "dependency", *faults)))
    for (function, dependency), observations in sorted(rows.items()):
        line = [function, dependency, *(observations.get(fault, "") for fault in faults)]
        terminalreporter.write_line("".join(f"{text:32}" for text in line))
