"""The start of a function on Lambda: what its first request would wait for is made before.

Lambda gives a starting function more processor time than its memory buys later. No step opens a connection: Lambda also starts
functions ahead of requests, and each connection would wake a paused database.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from chalicelib.platform.telemetry.observability import logger


def prepare(*steps: Callable[[], object]) -> None:
    """Run the steps on Lambda; anywhere else (tests, tools) their results are made when they are first needed.

    A failing step ends the preparation. The first request repeats it, and reports the failure as its own.
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return
    try:
        for step in steps:
            step()
    except Exception:  # noqa: BLE001 - see above
        logger.exception("function not prepared")
