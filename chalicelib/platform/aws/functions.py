"""Functions: running another one of this stage. botocore's errors stop in this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.platform.aws.call_limits import CallLimits, failures
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

READ_SHARE = 0.9  # of this function's time; the sweep, the only function that is run like this, has 240 s of 300


@cache
def client() -> LambdaClient:
    import boto3

    limits = CallLimits.of(settings().function_timeout_s)
    # A repeated call would be a second run: the message that causes it is redelivered instead.
    once = replace(limits, read_s=settings().function_timeout_s * READ_SHARE, max_attempts=1)
    return once.install(boto3.client("lambda", config=once.config()))


def run(name: str, event: Mapping[str, str]) -> None:
    """Run a function and wait until it ends. Raises UnavailableError when it fails or cannot start."""
    from botocore.exceptions import ClientError

    try:
        response = client().invoke(FunctionName=f"visionary-{settings().stage}-{name}", Payload=json.dumps(event))
    except failures(ClientError) as error:
        raise UnavailableError(f"The function {name} cannot be run right now.") from error
    if "FunctionError" in response:
        raise UnavailableError(f"The function {name} failed; its log has the reason.")
