"""Tests of the deployed stack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import start_stack
from tests.support.local_stack import DeployedStack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def disposable_stack() -> Iterator[DeployedStack]:
    """Yield a stack of the module's own, which its tests may stop and kill."""
    yield from start_stack()
