"""The whole journey in every browser that is here: `python -m tests.browser`. Nothing but what npm has is installed."""

from __future__ import annotations

import os
import sys

import pytest

from tests.browser import engines


def main() -> int:
    here = []
    for engine in engines.ENGINES.values():
        try:
            engine.programs()
            here.append(engine.name)
        except engines.MissingError as error:
            sys.stderr.write(f"{error}\n")
    if not here:
        return 1
    os.environ["BROWSERS"] = " ".join(here)
    tried = [str(engines.HERE / name) for name in ("test_journey.py", "paths")]
    return pytest.main(["-n0", "-v", "--durations=0", "--durations-min=5", *tried])


if __name__ == "__main__":
    raise SystemExit(main())
