"""Queues: sending messages and counting those that wait. botocore's errors stop in this module."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.platform.aws.call_limits import CallLimits, failures
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.telemetry.observability import correlation_id

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_S = 900  # of a message: SQS's own limit
# Message attributes: the id of the request that caused the message, and the delay that its sender asked for.
CORRELATION_ATTRIBUTE, DELAY_ATTRIBUTE = "correlation_id", "delay_s"


class Queue(StrEnum):
    """The value is the name of the setting that holds the queue's address, without `_queue_url`."""

    INGEST = "ingest"
    SPEECH_JOBS = "speech_jobs"
    SPEECH_EXPRESS = "speech_express"
    SPEECH_BULK = "speech_bulk"
    SPEECH_BUILT_IN = "speech_built_in"
    SPEECH_RESULTS = "speech_results"
    ACCOUNT = "account"
    RECOGNITION = "recognition"
    IMPORTS = "imports"
    WEBHOOKS = "webhooks"

    @property
    def url(self) -> str:
        return settings().require(f"{self}_queue_url")


@cache
def client() -> SQSClient:
    """Return the client of all queues."""
    import boto3

    limits = CallLimits.of(settings().function_timeout_s)
    return limits.install(boto3.client("sqs", config=limits.config()))


def send(queue: Queue, body: str, *, group: str, delay_s: int = 0) -> None:
    """Send one message. `group` keeps one owner's flood from starving the others (fair queues). Raises UnavailableError."""
    with _translate_errors(f"The {queue} queue does not accept messages right now; try again shortly."):
        response = client().send_message(
            QueueUrl=queue.url, MessageBody=body, MessageGroupId=group, DelaySeconds=delay_s, **_attributes(delay_s)
        )
    if response.get("MD5OfMessageBody") != hashlib.md5(body.encode(), usedforsecurity=False).hexdigest():
        raise UnavailableError(f"The {queue} queue did not confirm the message; try again shortly.")


def _attributes(delay_s: int) -> dict[str, Any]:
    attributes = {}
    if cause := correlation_id():
        attributes[CORRELATION_ATTRIBUTE] = {"DataType": "String", "StringValue": cause}
    if delay_s:
        attributes[DELAY_ATTRIBUTE] = {"DataType": "Number", "StringValue": str(delay_s)}
    return {"MessageAttributes": attributes} if attributes else {}


def depth(queue: Queue) -> int:
    """Return about how many messages wait in a queue. Raises UnavailableError."""
    with _translate_errors(f"The {queue} queue does not respond."):
        response = client().get_queue_attributes(QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(response["Attributes"]["ApproximateNumberOfMessages"])


@contextmanager
def _translate_errors(detail: str) -> Iterator[None]:
    from botocore.exceptions import ClientError

    try:
        yield
    except failures(ClientError) as error:
        raise UnavailableError(detail) from error
