"""The local stack on which benches run that do not start one."""

from __future__ import annotations

from localstack.home import Home
from tests.support.local_stack import DeployedStack


def running_stack() -> DeployedStack:
    """Return the running stack. Raises SystemExit if there is none."""
    home = Home.chosen()
    if not home.is_serving():
        raise SystemExit("This needs a running local stack: start one with `make up`.")
    return DeployedStack(home)
