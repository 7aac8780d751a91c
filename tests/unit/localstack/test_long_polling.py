"""A receiver that waits is woken when a message is sent."""

from __future__ import annotations

import asyncio
import json

import pytest
from ministack.services import sqs

from localstack import long_polling

WAIT_S = 3_600.0  # no test lasts as long: a wait that ends was ended


async def send(queue: str) -> None:
    headers = {"host": "localhost", "x-amz-target": "AmazonSQS.SendMessage"}
    body = json.dumps({"QueueUrl": queue, "MessageBody": "a message"}).encode()
    status, *_ = await sqs.handle_request("POST", "/", headers, body, {})
    assert status == 200


async def create_queue() -> str:
    headers = {"host": "localhost", "x-amz-target": "AmazonSQS.CreateQueue"}
    _, _, body = await sqs.handle_request("POST", "/", headers, b'{"QueueName": "a-queue"}', {})
    return str(json.loads(body)["QueueUrl"])


def test_a_message_ends_the_waits_of_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("handle_request", "asyncio"):
        monkeypatch.setattr(sqs, name, getattr(sqs, name))  # restored at the end
    long_polling.wake_receivers()

    async def wait_and_send() -> None:
        queue = await create_queue()
        waits = [asyncio.create_task(sqs.asyncio.sleep(WAIT_S)) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(wait.done() for wait in waits)
        await send(queue)
        await asyncio.gather(*waits)

    asyncio.run(wait_and_send())


def test_a_wait_ends_without_a_message() -> None:
    asyncio.run(long_polling._Waits().sleep(0.001))
