"""Fixtures of the tests against LocalStack: the storage stack of the product, deployed into it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chalicelib.platform import config
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from infra.deploy import parameters
from infra.deploy.stacks import Stacks, Template
from infra.deploy.stage import INFRA, template
from tests.localstack import server

REGION = "us-east-1"
STACK = "visionary-local-storage"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/localstack" in str(item.path):
            item.add_marker(pytest.mark.localstack)


@dataclass(frozen=True)
class LocalStack:
    """The running LocalStack, and the outputs of the storage stack in it."""

    url: str
    outputs: dict[str, str]

    def aws(self, service: str) -> Any:
        keys = {name.lower(): value for name, value in CREDENTIALS.items()}
        options = Config(s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=options, **keys)  # type: ignore[call-overload]

    def deploy(self) -> str:
        """Deploy the storage stack as a release does; return "created", "updated" or "unchanged"."""
        stacks = Stacks(self.aws("cloudformation"), report=print, poll_s=0.1)
        body = template("storage")
        values = parameters.values(
            STACK,
            json.loads(body)["Parameters"],
            outputs={"Stage": "local", "CorsOrigins": "https://page.example", "BucketSuffix": ""},
            environment={},
            settings=json.loads((INFRA / "stages.json").read_text())["local"],
        )
        outcome = stacks.apply(STACK, Template(body), values)
        self.outputs.update(stacks.outputs(STACK))
        return outcome

    def receive(self, queue: Queue, *, wait_s: int = 5) -> list[dict[str, Any]]:
        """Receive and delete up to ten messages."""
        sqs, url = self.aws("sqs"), self.outputs[f"{queue.title().replace('_', '')}QueueUrl"]
        response = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_s, AttributeNames=["All"]
        )
        messages: list[dict[str, Any]] = response.get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return messages


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    python = server.find_python()
    if python is None:
        pytest.skip("LocalStack 4.14 needs Python 3.13")
    with server.running(server.install(python), tmp_path_factory.mktemp("localstack")) as url:
        running = LocalStack(url, {})
        running.deploy()
        yield running


@pytest.fixture(autouse=True)
def settings(localstack: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the application use LocalStack's buckets and queues."""
    values = {
        "AWS_ENDPOINT_URL": localstack.url,
        "AWS_DEFAULT_REGION": REGION,
        **CREDENTIALS,
        "STAGE": "local",
        "S3_ADDRESSING_STYLE": "path",
        "S3_PUBLIC_ENDPOINT_URL": localstack.url,
        "INCOMING_BUCKET": localstack.outputs["IncomingBucket"],
        "LIBRARY_BUCKET": localstack.outputs["LibraryBucket"],
        **{
            f"{queue.upper()}_QUEUE_URL": localstack.outputs[f"{queue.title().replace('_', '')}QueueUrl"]
            for queue in Queue
        },
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    clear_caches()
    yield
    clear_caches()


def clear_caches() -> None:
    for cached in (config.settings, s3.client, queues.client):
        cached.cache_clear()


@pytest.fixture
def key() -> str:
    """Return the key of a new upload."""
    return f"uploads/{uuid.uuid4()}/{uuid.uuid4()}"
