"""Fixtures of tests in a browser. Tests are skipped if the engine, Node or a package is missing."""

from __future__ import annotations

import pytest

from tests.browser import engines
from tests.support.node_packages import MissingError


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium, after the drivers are installed."""
    return programs("chromium")[0]


def programs(engine: str) -> list[str]:
    """Return the paths of an engine's programs and install the drivers; skip the test if one is missing."""
    try:
        paths = engines.ENGINES[engine].programs()
        engines.install_drivers()
    except MissingError as error:
        pytest.skip(str(error))
    return paths
