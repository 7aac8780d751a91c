"""The deployed stack with a real clamd: what it finds is refused, and while it is ill nothing becomes readable or gets lost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.support import clamd
from tests.support.api_uploader import Uploader, override_settings
from tests.support.local_stack import LIBRARY, DeployedStack, wait_until

pytestmark = clamd.needs_clamd
TEXT = b"The lighthouse keeper counts the waves. There are always more of them.\n"
AGAIN_S = 4  # after which the queue brings back what failed; as deployed it is 105
SCAN_S = 2


@pytest.fixture(scope="module")
def daemon(stack: DeployedStack) -> Iterator[clamd.ClamdDaemon]:
    """A clamd that the stack's functions use, and a queue that is quick to try again."""
    queues, queue = stack.aws("sqs"), stack.queue_url("ingest")
    before = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    with tempfile.TemporaryDirectory(
        prefix="clamd-"
    ) as folder:  # pytest's own folders have names too long for a socket
        running = clamd.ClamdDaemon(Path(folder) / "clamd")
        running.start()
        chosen = {"AV_ENGINE": "clamd", "CLAMD_ADDRESS": running.address}
        queues.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(AGAIN_S)})
        try:
            with (
                override_settings(stack, "ingest", **chosen, CLAMD_TIMEOUT_S=str(SCAN_S)),
                override_settings(stack, "api", **chosen),
            ):
                yield running
        finally:
            queues.set_queue_attributes(QueueUrl=queue, Attributes=before)
            running.stop()


@pytest.fixture(scope="module")
def alice(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "alice")


def send(user: Uploader, content: bytes) -> str:
    started = user.start_upload(content)
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=30).raise_for_status()
    return str(started["media"]["id"])


def scanner(stack: DeployedStack) -> str:
    return str(stack.call("GET", "/health").json()["services"]["antivirus"]["status"])


def test_what_clamd_finds_is_refused_by_name_and_the_rest_is_ready(
    daemon: clamd.ClamdDaemon, alice: Uploader, stack: DeployedStack
) -> None:
    assert daemon
    assert scanner(stack) == "healthy"
    clean, infected = send(alice, TEXT), send(alice, TEXT + clamd.THREAT)
    assert alice.wait_until_inspected(clean)["status"] == "ready"
    refused = alice.wait_until_inspected(infected)
    assert (refused["status"], refused["rejection"]["code"]) == ("rejected", "malware:Test.Threat.UNOFFICIAL")
    assert alice.call("GET", f"/v1/media/{infected}/url", expect=409)["code"] == "not_ready"


@dataclass(frozen=True)
class Illness:
    """What befalls clamd before an upload comes, while it looks at it, and what helps."""

    before: Callable[[clamd.ClamdDaemon], None]
    remedy: Callable[[clamd.ClamdDaemon], None]
    meanwhile: Callable[[clamd.ClamdDaemon], None] = lambda _: None


def start_narrow(daemon: clamd.ClamdDaemon) -> None:
    """Run with a limit that every upload exceeds: the answer is an ERROR."""
    daemon.kill()
    daemon.start(stream_max="16")


def start_anew(daemon: clamd.ClamdDaemon) -> None:
    daemon.stop()
    daemon.start()


ILLNESSES = {
    "hung": Illness(clamd.ClamdDaemon.hang, clamd.ClamdDaemon.resume),
    "killed in the middle": Illness(clamd.ClamdDaemon.hang, start_anew, meanwhile=clamd.ClamdDaemon.kill),
    "answering errors": Illness(start_narrow, start_anew),
}


@pytest.mark.parametrize("illness", ILLNESSES.values(), ids=ILLNESSES.keys())
def test_while_clamd_is_ill_an_upload_waits_unreadable_and_becomes_ready_when_it_is_well_again(
    daemon: clamd.ClamdDaemon, alice: Uploader, stack: DeployedStack, illness: Illness
) -> None:
    illness.before(daemon)
    media_id = send(alice, TEXT)
    wait_until(lambda: alice.call("GET", f"/v1/media/{media_id}")["status"] == "inspecting", event="its inspection")
    time.sleep(SCAN_S / 2)
    illness.meanwhile(daemon)
    time.sleep(SCAN_S)  # the scan has failed by now
    waiting = alice.call("GET", f"/v1/media/{media_id}")
    assert (waiting["status"], waiting["rejection"]) == ("inspecting", None)
    assert alice.call("GET", f"/v1/media/{media_id}/url", expect=409)["code"] == "not_ready"
    kept = stack.aws("s3").list_objects_v2(Bucket=LIBRARY).get("Contents", [])
    assert not [entry["Key"] for entry in kept if media_id in entry["Key"]]
    illness.remedy(daemon)
    assert alice.wait_until_inspected(media_id)["status"] == "ready"
    assert scanner(stack) == "healthy"
