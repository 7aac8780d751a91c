"""Test the page in every installed browser: `python -m tests.browser`. Installs npm packages, but no browser."""

from __future__ import annotations

import os
import sys

import pytest

from tests.browser import engines
from tests.support.node_packages import MissingError


def main() -> int:
    installed = []
    for engine in engines.ENGINES.values():
        try:
            engine.programs()
            installed.append(engine.name)
        except MissingError as error:
            sys.stderr.write(f"{error}\n")
    if not installed:
        return 1
    os.environ["BROWSERS"] = " ".join(installed)
    paths = [str(engines.HERE / name) for name in ("test_journey.py", "test_everyday.py", "paths")]
    return pytest.main(["-n0", "-v", "--durations=0", "--durations-min=5", *paths])


if __name__ == "__main__":
    raise SystemExit(main())
