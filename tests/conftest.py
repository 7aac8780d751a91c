"""Fixtures of a deployed stack: a new one, or the running one in LOCAL_STACK."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from chalicelib.platform import config
from localstack.home import Home
from tests.support.local_stack import DeployedStack, switch_off_fsync

# A busy machine is not an error of the code. A change is judged by the examples that the one before was judged by; new ones are
# searched for by `make test-all`.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group tests for parallel runs.

    Tests of a folder that use the shared stack run in one process; the others are grouped by file, unless they are independent.
    """
    for item in items:
        if item.get_closest_marker("independent"):
            continue
        names = getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group(str(item.path.parent if "stack" in names else item.path)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report what the stack warned of beside a test that failed."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(stack, DeployedStack):
        report.sections.append(("Last warnings of the stack", "\n".join(stack.last_warnings())))
    return report


def start_stack(**settings: str) -> Iterator[DeployedStack]:
    """Yield a new stack in a folder of its own.

    Postgres may run as another user, which cannot read pytest's folders.
    """
    with tempfile.TemporaryDirectory(prefix="visionary-") as folder:
        stack = DeployedStack(Home(Path(folder).resolve()), settings)
        try:
            stack.up()
            switch_off_fsync(stack.postgres())
            yield stack
        finally:
            stack.down()


@pytest.fixture(scope="session")
def stack() -> Iterator[DeployedStack]:
    """Yield the stack that tests share."""
    folder = os.environ.get("LOCAL_STACK")
    if folder:
        yield DeployedStack(Home(Path(folder).resolve()))
    else:
        # Checks take most of a recording's processor time; tests/integration/speech/test_checks.py and `make run` have them.
        yield from start_stack(SPEECH_CHECKS="false")


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Set the settings that every function requires. Tests set others, and then call `config.settings.cache_clear()`."""
    for name, value in {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    yield monkeypatch
    config.settings.cache_clear()
