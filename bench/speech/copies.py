"""Copies of the functions, each in a process of its own, as many as a medium stage has in the cloud.

A copy receives messages of one queue and gives them to the handler that is deployed, with the limits of its invocations.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import boto3

HANDLERS = {"run_speech_job": "on_job", "synthesize": "on_segment", "record_segment": "on_result"}
STOP_S = 10.0


class Invocation:
    """An invocation of a handler, which asks it how much time is left."""

    def __init__(self, timeout_s: int) -> None:
        self._ends_at = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        return round((self._ends_at - time.monotonic()) * 1_000)


@contextmanager
def running_copies() -> Iterator[None]:
    """Run all copies, with the environment of this process."""
    from chalicelib.events import speech  # noqa: F401 - registers the functions
    from chalicelib.events.consumer import CONSUMERS

    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["bench.speech.copies", "chalicelib.events.speech", "chalicelib.speech.mastering"])
    with ExitStack() as started:
        for name in HANDLERS:
            for source in CONSUMERS[name].sources:
                for _ in range(source.medium):
                    copy = processes.Process(
                        target=consume, args=(name, source.queue.value, source.batch_size), daemon=True
                    )
                    copy.start()
                    started.callback(copy.join, STOP_S)
                    started.callback(copy.terminate)
        yield


def consume(function: str, queue: str, batch_size: int) -> None:
    """Give a function the messages of a queue, until terminated."""
    from chalicelib.events import speech
    from chalicelib.events.consumer import CONSUMERS
    from chalicelib.platform.telemetry import observability

    observability.logger.setLevel(logging.ERROR)
    handler, timeout_s = getattr(speech, HANDLERS[function]), CONSUMERS[function].timeout_s
    sqs, url = boto3.client("sqs"), os.environ[f"{queue.upper()}_QUEUE_URL"]
    while True:
        received = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=batch_size,
            WaitTimeSeconds=20,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", ())
        if not received:
            continue
        response = handler({"Records": [_record(queue, message) for message in received]}, Invocation(timeout_s))
        failed = {failure["itemIdentifier"] for failure in response["batchItemFailures"]}
        for message in received:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def _record(queue: str, message: Any) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:visionary-local-{queue.replace('_', '-')}",
    }
