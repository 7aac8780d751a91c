"""Polling of the recognition queue: Lambda polls it only while there is work."""

import os
from collections.abc import Iterator

import boto3
import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import event_sources
from chalicelib.recognition import reconcile
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.uploads.test_uploads import upload
from tests.support import pdf_books, scans
from tests.support.scans import Scanner

SCAN = scans.scan(pdf_books.prose_page("The harbour master counted the lanterns along the embankment."), Scanner(150))
TRUST = '{"Version": "2012-10-17", "Statement": []}'


class PolledQueue:
    """The recognition queue, whose messages go to a function that does nothing."""

    def __init__(self, cloud: Cloud) -> None:
        self._lambda = boto3.client("lambda")
        role = boto3.client("iam").create_role(RoleName="recognize", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        self._lambda.create_function(
            FunctionName="recognize",
            Runtime="python3.13",
            Role=role,
            Handler="app.app",
            Code={"ZipFile": b"PK\5\6" + bytes(18)},
        )
        attributes = cloud.sqs.get_queue_attributes(
            QueueUrl=os.environ["RECOGNITION_QUEUE_URL"], AttributeNames=["QueueArn"]
        )["Attributes"]
        mapping = self._lambda.create_event_source_mapping(
            FunctionName="recognize", EventSourceArn=attributes["QueueArn"], Enabled=False
        )
        self.id: str = mapping["UUID"]

    def is_polled(self) -> bool:
        return self._lambda.get_event_source_mapping(UUID=self.id)["State"] == "Enabled"


@pytest.fixture
def queue(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[PolledQueue]:
    source = PolledQueue(cloud)
    monkeypatch.setenv("RECOGNITION_EVENT_SOURCE", source.id)
    config.settings.cache_clear()
    event_sources.client.cache_clear()
    yield source
    event_sources.client.cache_clear()


def test_the_arrival_of_a_scan_starts_the_polling_and_the_sweep_ends_it(
    platform: Platform, queue: PolledQueue, alice: User, sweeping: Sweeping
) -> None:
    upload(platform, alice, b"A sentence.", filename="a.txt", media_type="text/plain")
    assert not queue.is_polled()
    upload(platform, alice, SCAN, filename="scan.pdf", media_type="application/pdf")
    assert queue.is_polled()
    with sweeping():
        reconcile.reconcile()
    assert queue.is_polled(), "the scan is not recognised yet"
    platform.run()
    with sweeping():
        reconcile.reconcile()
    assert not queue.is_polled()


def test_a_scan_is_ready_even_if_the_polling_cannot_be_started(
    platform: Platform, queue: PolledQueue, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep starts it later."""
    monkeypatch.setenv("RECOGNITION_EVENT_SOURCE", "another")
    config.settings.cache_clear()
    assert upload(platform, alice, SCAN, filename="scan.pdf", media_type="application/pdf")["status"] == "ready"
    assert not queue.is_polled()
