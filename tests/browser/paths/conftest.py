"""Journeys through single features, in Chromium. They take minutes: only `make test-browsers` runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import account_fixtures
from tests.support.local_stack import DeployedStack

SIZES = {"accessibility": [(1280, "light"), (390, "dark")], "sharing": [(390, "dark")], "language": [(390, "light")]}
LONG_SIZES = {"offline": [(390, "dark")]}  # run by make test-all
MAX_CONCURRENT_JOURNEYS = 2  # a journey mostly waits: for audio, for the next word, for the next poll

Journeys = dict[tuple[str, int], Future[dict[str, Any]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folder = Path(__file__).parent
    skip = pytest.mark.skipif("chromium" not in os.environ.get("BROWSERS", ""), reason="run by make test-browsers")
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(skip)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of test_x.py on the journey x, in each of its sizes."""
    if "observed" in metafunc.fixturenames:
        journey = metafunc.module.__name__.rpartition("test_")[2]
        sizes = SIZES.get(journey, [(1280, "light")])
        parameters = [pytest.param((journey, *size), id=str(size[0])) for size in sizes]
        parameters += [
            pytest.param((journey, *size), id=str(size[0]), marks=pytest.mark.long)
            for size in LONG_SIZES.get(journey, [])
        ]
        metafunc.parametrize("observed", parameters, indirect=True, scope="session")


@pytest.fixture(scope="session")
def journeys(
    request: pytest.FixtureRequest, stack: DeployedStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Journeys]:
    """Start all journeys of the selected tests, some concurrently."""
    selected: dict[Any, None] = {
        item.callspec.params["observed"]: None
        for item in request.session.items
        if isinstance(item, pytest.Function) and "observed" in item.fixturenames
    }
    with ThreadPoolExecutor(MAX_CONCURRENT_JOURNEYS) as pool:
        yield {
            (journey, width): pool.submit(
                account_fixtures.run, stack, journey, tmp_path_factory.mktemp("files"), width, theme
            )
            for journey, width, theme in selected
        }


@pytest.fixture(scope="session")
def observed(request: pytest.FixtureRequest, journeys: Journeys) -> dict[str, Any]:
    journey, width, _ = request.param
    return journeys[journey, width].result()
