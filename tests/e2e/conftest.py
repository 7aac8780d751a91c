"""Tests of the deployed stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import start_stack
from tests.support.local_stack import DeployedStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def mortal_stack() -> Iterator[DeployedStack]:
    """A stack of a module's own, to be stopped and killed."""
    yield from start_stack()
