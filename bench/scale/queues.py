"""Queues in virtual time, in place of SQS: botocore's requests are answered here instead of being sent.

A standard queue gives messages of whichever group has waited longest. A fair queue prefers groups with fewer messages in
flight while there is a backlog: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue

ENDPOINT = "http://sqs.invalid"  # never contacted: the requests are answered before they are sent


@dataclass(frozen=True, slots=True)
class Message:
    """A message, and the virtual second since which it can be received."""

    body: str
    group: str
    sent_s: float


class VirtualQueue:
    """A queue of messages by group."""

    def __init__(self, *, is_fair: bool) -> None:
        self._is_fair = is_fair
        self._messages: defaultdict[str, deque[Message]] = defaultdict(deque)
        self._in_flight: Counter[str] = Counter()
        self.length = 0

    def put(self, message: Message) -> None:
        self._messages[message.group].append(message)
        self.length += 1

    def take(self) -> Message | None:
        """Receive the next message; it is in flight until `delete`."""
        if not self.length:
            return None

        def order(group: str) -> tuple[int, float]:
            return (self._in_flight[group] if self._is_fair else 0), self._messages[group][0].sent_s

        group = min(self._messages, key=order)
        message = self._messages[group].popleft()
        if not self._messages[group]:
            del self._messages[group]
        self.length -= 1
        self._in_flight[group] += 1
        return message

    def delete(self, message: Message) -> None:
        self._in_flight[message.group] -= 1
        if not self._in_flight[message.group]:
            del self._in_flight[message.group]


Sender = Callable[[Queue, str, str, int], None]  # queue, body, group, delay in seconds


@contextmanager
def answered_by(send: Sender) -> Iterator[None]:
    """Answer every SendMessage of this process with `send`."""
    urls = {f"{ENDPOINT}/000000000000/{queue.value}": queue for queue in Queue}

    def answer(request: AWSRequest, **_: Any) -> Any:
        parameters = json.loads(request.body)
        body = parameters["MessageBody"]
        queue = urls[parameters["QueueUrl"]]
        send(queue, body, parameters.get("MessageGroupId", ""), parameters.get("DelaySeconds", 0))
        response = {"MessageId": str(uuid4()), "MD5OfMessageBody": hashlib.md5(body.encode()).hexdigest()}  # noqa: S324
        return AWSResponse(request.url or "", 200, HTTPHeaders(), _Raw(json.dumps(response).encode()))

    os.environ |= {
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        **{f"{queue.upper()}_QUEUE_URL": url for url, queue in urls.items()},
    }
    boto3.setup_default_session()
    events: Any = boto3.DEFAULT_SESSION._session  # type: ignore[union-attr]
    events.register("before-send.sqs.SendMessage", answer)
    queues.client.cache_clear()  # an earlier simulation's answers to its own queues
    try:
        yield
    finally:
        events.unregister("before-send.sqs.SendMessage", answer)


class _Raw:
    """The part of a raw HTTP response that botocore reads."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content
