"""The local stack on which benches run that do not start one."""

from __future__ import annotations

import time

import psutil

from localstack.home import Home
from tests.support.local_stack import DeployedStack

QUIET_S, QUIET_PERCENT = 2.0, 15.0


def running_stack() -> DeployedStack:
    """Return the running stack. Raises SystemExit if there is none."""
    home = Home.chosen()
    if not home.is_serving():
        raise SystemExit("This needs a running local stack: start one with `make up`.")
    return DeployedStack(home)


def wait_until_quiet(*, max_s: float = 60.0) -> None:
    """Wait until the processor has little to do: the stack goes on working after uploads. Measures in any case after `max_s`."""
    deadline = time.monotonic() + max_s
    while psutil.cpu_percent(QUIET_S) > QUIET_PERCENT and time.monotonic() < deadline:
        pass
