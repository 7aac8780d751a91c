"""What one can do with the page besides the journey, in Chromium: part of `make test-browsers`, for it takes minutes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    away = pytest.mark.skipif("chromium" not in os.environ.get("BROWSERS", ""), reason="with make test-browsers")
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(away)
