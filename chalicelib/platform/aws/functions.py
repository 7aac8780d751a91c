"""Functions: running another one of this stage. botocore's errors stop in this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

READ_TIMEOUT_S = 270  # the sweep, the only function that is run like this, has 240 s


@cache
def client() -> LambdaClient:
    import boto3
    from botocore.config import Config

    # A repeated call would be a second run: the message that causes it is redelivered instead.
    return boto3.client("lambda", config=Config(read_timeout=READ_TIMEOUT_S, retries={"total_max_attempts": 1}))


def run(name: str, event: Mapping[str, str]) -> None:
    """Run a function and wait until it ends. Raises UnavailableError when it fails or cannot start."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = client().invoke(FunctionName=f"visionary-{settings().stage}-{name}", Payload=json.dumps(event))
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError(f"The function {name} cannot be run right now.") from error
    if "FunctionError" in response:
        raise UnavailableError(f"The function {name} failed; its log has the reason.")
