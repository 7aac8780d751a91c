"""Start copies of the functions that make speech, as a stage that is in use has them: a copy takes seconds to load.

Run by localstack/stack.py, with the stack's environment. It prints every copy that did not start, and ends with 1 then.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.speech.lifecycle.start import PREPARED_COPIES

COPIES = {"synthesize_built_in": PREPARED_COPIES, "run_speech_job": 1, "record_segment": 1}
NO_MESSAGES = b'{"Records": []}'


def main() -> int:
    functions = [name for function, count in COPIES.items() for name in repeat(function, count)]
    client = boto3.client("lambda")
    with ThreadPoolExecutor(len(functions)) as invocations:
        failures = [failure for failure in invocations.map(lambda name: _start(client, name), functions) if failure]
    for failure in failures:
        print(failure, file=sys.stderr, flush=True)
    return 1 if failures else 0


def _start(client: Any, function: str) -> str | None:
    """Start a copy; return why it did not start, if it did not."""
    try:
        response = client.invoke(FunctionName=f"visionary-local-{function.replace('_', '-')}", Payload=NO_MESSAGES)
    except (BotoCoreError, ClientError) as error:
        return f"A copy of {function} did not start: {error}"
    if "FunctionError" in response:
        return f"A copy of {function} failed: {response['Payload'].read().decode(errors='replace')[:500]}"
    return None


if __name__ == "__main__":
    sys.exit(main())
