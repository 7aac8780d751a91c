"""Lambda's recursion guard for chains of messages and invocations; MiniStack 1.5.33 counts invocations by invocations only.

Lambda counts how often each function was invoked in one chain of requests, and stops the 17th invocation unless the function's
`RecursiveLoop` is `Allow`. The counts travel in the trace header: botocore sends it from inside a function
(`add_recursion_detection_header`), SQS stores it with the message (`AWSTraceHeader`), and Lambda passes it to the next function.
A stopped message returns to its queue, and moves to the dead-letter queue after its last attempt. Sources:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html and
https://aws.amazon.com/blogs/compute/detecting-and-stopping-recursive-loops-in-aws-lambda-functions/
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

LINEAGE = "Lineage="

# The trace header of the request that sends a message, and of the invocation that this thread runs.
_sender_trace: ContextVar[str | None] = ContextVar("sender_trace", default=None)
_invocation_trace: ContextVar[str | None] = ContextVar("invocation_trace", default=None)


def lineage(trace: str) -> dict[str, int]:
    """Return the number of invocations so far by function, from a trace header."""
    for part in unquote(trace).split(";"):  # botocore quotes the header
        if part.startswith(LINEAGE):
            entries = (entry.rpartition(":") for entry in part.removeprefix(LINEAGE).split("|"))
            return {function: int(count) for function, _, count in entries}
    return {}


def extend(function: str, traces: Iterable[str]) -> dict[str, int]:
    """Return the lineage of an invocation with messages that have these trace headers.

    How Lambda counts a batch with messages of several chains is not documented: here the longest chain counts.
    """
    invocations: dict[str, int] = {}
    for trace in traces:
        for name, count in lineage(trace).items():
            invocations[name] = max(count, invocations.get(name, 0))
    return invocations | {function: invocations.get(function, 0) + 1}


def trace_header(invocations: Mapping[str, int]) -> str:
    """Return a new trace header with this lineage. AWS writes hashes of the functions instead of their names."""
    root = f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    entries = "|".join(f"{function}:{count}" for function, count in invocations.items())
    return f"{root};Parent={secrets.token_hex(8)};Sampled=0;{LINEAGE}{entries}"


def guard_message_chains() -> None:
    """Patch MiniStack in this process. Called by the emulator before it serves."""
    from ministack.services import lambda_svc, sqs
    from ministack.services.cloudformation import provisioners

    _store_trace_with_messages(sqs)
    _stop_recursive_batches(lambda_svc)
    _stop_recursive_invocations(lambda_svc)
    _deploy_recursive_loop(lambda_svc, provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"])


def _store_trace_with_messages(sqs: Any) -> None:
    handle_request, build_attributes = sqs.handle_request, sqs._build_send_sys_attrs

    async def handle_traced_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        _sender_trace.set(headers.get("x-amzn-trace-id"))
        return await handle_request(method, path, headers, body, query_params)

    def build_traced_attributes(now: float, attributes: dict[str, Any]) -> dict[str, Any]:
        stored: dict[str, Any] = build_attributes(now, attributes)
        trace = _sender_trace.get()
        return {"AWSTraceHeader": trace, **stored} if trace else stored

    sqs.handle_request, sqs._build_send_sys_attrs = handle_traced_request, build_traced_attributes


def _stop_recursive_batches(lambda_svc: Any) -> None:
    run_batch, trace_of_invocation = lambda_svc._run_sqs_batch, lambda_svc._xray_trace_id_for_invocation

    def run_guarded_batch(
        mapping: dict[str, Any],
        function: dict[str, Any],
        event: dict[str, Any],
        batch: list[dict[str, Any]],
        queue_url: str,
        queue_name: str,
    ) -> None:
        name = mapping["FunctionName"]
        traces = [record["attributes"].get("AWSTraceHeader", "") for record in event["Records"]]
        invocations = extend(name, traces)
        if lambda_svc._recursive_loop_drop(name, lambda_svc._functions[name], invocations[name]) is not None:
            return  # the messages become visible again after the queue's timeout
        _invocation_trace.set(trace_header(invocations))
        run_batch(mapping, function, event, batch, queue_url, queue_name)

    def trace_of_batch(config: dict[str, Any], inbound: str | None = None) -> str | None:
        trace: str | None = _invocation_trace.get() or trace_of_invocation(config, inbound)
        return trace

    lambda_svc._run_sqs_batch, lambda_svc._xray_trace_id_for_invocation = run_guarded_batch, trace_of_batch


def _stop_recursive_invocations(lambda_svc: Any) -> None:
    invoke = lambda_svc._invoke

    async def invoke_in_chain(name: str, event: Any, headers: dict[str, str], *arguments: Any) -> Any:
        trace = headers.get("x-amzn-trace-id", "")
        if name in lambda_svc._functions and lineage(trace):
            invocations = extend(name, [trace])
            stopped = lambda_svc._recursive_loop_drop(name, lambda_svc._functions[name], invocations[name])
            if stopped is not None:
                return stopped
            _invocation_trace.set(trace_header(invocations))
        return await invoke(name, event, headers, *arguments)

    lambda_svc._invoke = invoke_in_chain


def _deploy_recursive_loop(lambda_svc: Any, handlers: dict[str, Any]) -> None:
    """Apply a template's RecursiveLoop, which MiniStack ignores."""

    def applying(deploy: Callable[..., tuple[str, Any]], position: int) -> Callable[..., tuple[str, Any]]:
        def deploy_function(*arguments: Any) -> tuple[str, Any]:
            name, attributes = deploy(*arguments)
            properties = arguments[position]
            lambda_svc._functions[name]["recursive_loop"] = properties.get("RecursiveLoop", "Terminate")
            return name, attributes

        return deploy_function

    handlers["create"] = applying(handlers["create"], 1)  # logical id, properties, stack
    handlers["update"] = applying(handlers["update"], 2)  # physical id, old and new properties, stack, logical id
