"""One local stack for all tests that need a deployed one: a fresh one, or the running one whose folder LOCAL_STACK names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from chalicelib.platform import config
from localstack.home import Home
from tests.support.local_stack import DeployedStack

settings.register_profile("untimed", deadline=None)  # how busy the machine is is no fault of the code
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests may run in several processes: of a folder what uses the common stack in one of them, the rest file by file."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group(str(item.path.parent if "stack" in names else item.path)))


def start_stack(**settings: str) -> Iterator[DeployedStack]:
    """A stack in a folder of its own: pytest closes its folders to others, and Postgres may have to run as another user."""
    with tempfile.TemporaryDirectory(prefix="visionary-") as folder:
        stack = DeployedStack(Home(Path(folder).resolve()), settings)
        try:
            stack.up()
            yield stack
        finally:
            stack.down()


@pytest.fixture(scope="session")
def stack() -> Iterator[DeployedStack]:
    """The stack that tests use and leave running."""
    chosen = os.environ.get("LOCAL_STACK")
    if chosen:
        yield DeployedStack(Home(Path(chosen).resolve()))
    else:
        yield from start_stack()


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The least settings a function starts with; more are set with what this answers, and `config.settings.cache_clear()`."""
    for name, value in {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    yield monkeypatch
    config.settings.cache_clear()
