"""What tests in a browser need: an engine, Node, and what package-lock.json names; without it they are skipped."""

from __future__ import annotations

import pytest

from tests.browser import engines


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; everything else the drivers need is installed then, too."""
    return programs("chromium")[0]


def programs(engine: str) -> list[str]:
    try:
        found = engines.ENGINES[engine].programs()
        engines.install_drivers()
    except engines.MissingError as error:
        pytest.skip(str(error))
    return found
