"""Scripts that measure the page in Chromium, on a running local stack."""

from __future__ import annotations

from typing import Any

from tests.browser import engines
from tests.support.local_stack import DeployedStack
from tests.support.node_packages import MissingError


def is_installed() -> bool:
    """Return whether Chromium and Node are there, with the drivers; print what is missing."""
    try:
        engines.ENGINES["chromium"].programs()
        engines.install_drivers()
    except MissingError as error:
        print(f"skipped: {error}")
        return False
    return True


def measure(script: str, stack: DeployedStack, user: str, *, timeout_s: int, width: int = 1280, **job: Any) -> Any:
    """Run a script of this folder as a user, and return what it measured."""
    job |= {
        "engine": "chromium",
        "programs": engines.ENGINES["chromium"].programs(),
        "width": width,
        "theme": "light",
        "web": stack.home.endpoints()["web"],
        "user": user,
        "password": stack.home.password(user),
    }
    return engines.run_script(f"../../bench/{script}", job, timeout_s=timeout_s)
