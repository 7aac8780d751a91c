"""Queues: sending messages and counting those that wait. botocore's errors stop in this module."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

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
    SPEECH_RESULTS = "speech_results"
    ACCOUNT = "account"

    @property
    def url(self) -> str:
        return settings().require(f"{self}_queue_url")


@cache
def client() -> SQSClient:
    """Return the client of all queues."""
    import boto3
    from botocore.config import Config

    return boto3.client("sqs", config=Config(retries={"mode": "standard", "max_attempts": 4}))


def send(queue: Queue, body: str, *, group: str, delay_s: int = 0) -> None:
    """Send one message. `group` keeps one owner's flood from starving the others (fair queues). Raises UnavailableError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client().send_message(
            QueueUrl=queue.url, MessageBody=body, MessageGroupId=group, DelaySeconds=delay_s, **_attributes(delay_s)
        )
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError(f"The {queue} queue does not accept messages right now; try again shortly.") from error


def _attributes(delay_s: int) -> dict[str, Any]:
    attributes = {}
    if cause := correlation_id():
        attributes[CORRELATION_ATTRIBUTE] = {"DataType": "String", "StringValue": cause}
    if delay_s:
        attributes[DELAY_ATTRIBUTE] = {"DataType": "Number", "StringValue": str(delay_s)}
    return {"MessageAttributes": attributes} if attributes else {}


def depth(queue: Queue) -> int:
    """Return about how many messages wait in a queue. Raises UnavailableError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = client().get_queue_attributes(QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessages"])
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError(f"The {queue} queue does not respond.") from error
    return int(response["Attributes"]["ApproximateNumberOfMessages"])
