"""What one can do with the page besides the journey, in Chromium: part of `make test-browsers`, for it takes minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support import account_fixtures
from tests.support.local_stack import RunningStack

SIZES = {"everyone": [(1280, "light"), (390, "dark")], "language": [(390, "light")]}
AT_ONCE = 2  # a visit mostly waits: for speech, for the next word, for what is looked at again

Visits = dict[tuple[str, int], Future[dict[str, Any]]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    away = pytest.mark.skipif("chromium" not in os.environ.get("BROWSERS", ""), reason="with make test-browsers")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(away)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The tests of test_x.py are about the visit x, in each of its sizes."""
    if "seen" in metafunc.fixturenames:
        journey = metafunc.module.__name__.rpartition("test_")[2]
        sizes = SIZES.get(journey, [(1280, "light")])
        chosen = [pytest.param((journey, *size), id=str(size[0])) for size in sizes]
        metafunc.parametrize("seen", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def visits(
    request: pytest.FixtureRequest, stack: RunningStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visits]:
    """All visits that the chosen tests are about, some at once."""
    wanted: dict[Any, None] = {
        item.callspec.params["seen"]: None
        for item in request.session.items
        if isinstance(item, pytest.Function) and "seen" in item.fixturenames
    }
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            (journey, width): pool.submit(
                account_fixtures.go, stack, journey, tmp_path_factory.mktemp("files"), width, theme
            )
            for journey, width, theme in wanted
        }


@pytest.fixture(scope="session")
def seen(request: pytest.FixtureRequest, visits: Visits) -> dict[str, Any]:
    journey, width, _ = request.param
    return visits[journey, width].result()
