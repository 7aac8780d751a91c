"""Start copies of the functions that make speech, as a stage that is in use has them: a copy takes seconds to load.

Each copy that does not start is printed; the demo goes on, and shows what comes of it.
"""

from __future__ import annotations

import sys
from concurrent.futures import Executor
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.events.consumer import MIN_CONCURRENCY

# As many as a small stage runs at once of the voice's function, which takes longest to load.
COPIES = {"synthesize_built_in": MIN_CONCURRENCY, "run_speech_job": 1, "record_segment": 1}
NO_MESSAGES = b'{"Records": []}'


def start(invocations: Executor) -> None:
    """Start the copies; they have loaded when the executor has finished."""
    client = boto3.client("lambda")
    for function, count in COPIES.items():
        for _ in range(count):
            invocations.submit(_start, client, function)


def _start(client: Any, function: str) -> None:
    failure = None
    try:
        response = client.invoke(FunctionName=f"visionary-local-{function.replace('_', '-')}", Payload=NO_MESSAGES)
        if "FunctionError" in response:
            failure = f"failed: {response['Payload'].read().decode(errors='replace')[:500]}"
    except (BotoCoreError, ClientError) as error:
        failure = f"did not start: {error}"
    if failure is not None:
        print(f"A copy of {function} {failure}", file=sys.stderr, flush=True)
