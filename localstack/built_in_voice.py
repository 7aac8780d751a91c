"""Start copies of the built-in voice's function, as a stage that is in use has them: a copy takes seconds to load its voice.

Run by localstack/stack.py, with the stack's environment.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import boto3

from chalicelib.speech.lifecycle.start import PREPARED_COPIES

FUNCTION = "visionary-local-synthesize_built_in"
NO_MESSAGES = b'{"Records": []}'


def main() -> None:
    client = boto3.client("lambda")
    with ThreadPoolExecutor(PREPARED_COPIES) as invocations:
        for _ in range(PREPARED_COPIES):
            invocations.submit(client.invoke, FunctionName=FUNCTION, Payload=NO_MESSAGES)


if __name__ == "__main__":
    main()
