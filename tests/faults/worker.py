"""A function in its own process, as Lambda runs it: one invocation after the other, each with the time that it has left.

python -m tests.faults.worker MODULE.HANDLER reads invocations from stdin and writes their outcomes to stdout, one line of JSON
each. What the function prints goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any


class Context:
    """Lambda's context, as far as functions use it."""

    memory_limit_in_mb = 512
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def __init__(self, function_name: str, limit_s: float) -> None:
        self.function_name = function_name
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:000000000000:function:{function_name}"
        self._ends_at = time.monotonic() + limit_s

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends_at - time.monotonic()) * 1_000))


def main(handler_name: str) -> None:
    outcomes = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    module, _, name = handler_name.rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    print(json.dumps({"ready": True}), file=outcomes)
    for line in sys.stdin:
        invocation: dict[str, Any] = json.loads(line)
        context = Context(os.environ["AWS_LAMBDA_FUNCTION_NAME"], invocation["limit_s"])
        outcome: dict[str, Any]
        try:
            outcome = {"result": handler(invocation["event"], context)}
        except Exception as error:  # noqa: BLE001 - Lambda reports it to the caller, too
            outcome = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(outcome), file=outcomes)


if __name__ == "__main__":
    main(sys.argv[1])
