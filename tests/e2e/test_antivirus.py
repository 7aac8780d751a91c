"""The deployed stack with a real clamd: malware is rejected, and failures lose or expose no upload."""

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
RETRY_S = 4  # visibility timeout of the queue, instead of the deployed 105 s
SCAN_S = 2


@pytest.fixture(scope="module")
def daemon(stack: DeployedStack) -> Iterator[clamd.ClamdDaemon]:
    """Yield a clamd that the stack's functions use, with a short visibility timeout of the queue."""
    queues, queue = stack.aws("sqs"), stack.queue_url("ingest")
    before = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder:  # names of pytest's folders are too long for a socket
        running = clamd.ClamdDaemon(Path(folder) / "clamd")
        running.start()
        engine_settings = {"AV_ENGINE": "clamd", "CLAMD_ADDRESS": running.address}
        queues.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": str(RETRY_S)})
        try:
            with (
                override_settings(stack, "ingest", **engine_settings, CLAMD_TIMEOUT_S=str(SCAN_S)),
                override_settings(stack, "api", **engine_settings),
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


def scanner_status(stack: DeployedStack) -> str:
    return str(stack.call("GET", "/health").json()["services"]["antivirus"]["status"])


def test_malware_is_rejected_with_its_name_and_other_files_are_accepted(
    daemon: clamd.ClamdDaemon, alice: Uploader, stack: DeployedStack
) -> None:
    assert daemon
    assert scanner_status(stack) == "healthy"
    clean, infected = send(alice, TEXT), send(alice, TEXT + clamd.THREAT)
    assert alice.wait_until_inspected(clean)["status"] == "ready"
    rejected = alice.wait_until_inspected(infected)
    assert (rejected["status"], rejected["rejection"]["code"]) == ("rejected", "malware:Test.Threat.UNOFFICIAL")
    assert alice.call("GET", f"/v1/media/{infected}/url", expect=409)["code"] == "not_ready"


@dataclass(frozen=True)
class Failure:
    """A failure of clamd before an upload or during its scan, and the recovery."""

    before: Callable[[clamd.ClamdDaemon], None]
    recovery: Callable[[clamd.ClamdDaemon], None]
    during_scan: Callable[[clamd.ClamdDaemon], None] = lambda _: None


def start_with_low_limit(daemon: clamd.ClamdDaemon) -> None:
    """Start clamd with a limit that every upload exceeds: it responds with an ERROR."""
    daemon.kill()
    daemon.start(stream_max="16")


def restart(daemon: clamd.ClamdDaemon) -> None:
    daemon.stop()
    daemon.start()


FAILURES = {
    "hung": Failure(clamd.ClamdDaemon.hang, clamd.ClamdDaemon.resume),
    "killed in the middle": Failure(clamd.ClamdDaemon.hang, restart, during_scan=clamd.ClamdDaemon.kill),
    "responding with errors": Failure(start_with_low_limit, restart),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_an_upload_stays_unreadable_while_clamd_fails_and_becomes_ready_after_its_recovery(
    daemon: clamd.ClamdDaemon, alice: Uploader, stack: DeployedStack, failure: Failure
) -> None:
    failure.before(daemon)
    media_id = send(alice, TEXT)
    wait_until(lambda: alice.call("GET", f"/v1/media/{media_id}")["status"] == "inspecting", event="its inspection")
    time.sleep(SCAN_S / 2)
    failure.during_scan(daemon)
    time.sleep(SCAN_S)  # the scan has failed by now
    media = alice.call("GET", f"/v1/media/{media_id}")
    assert (media["status"], media["rejection"]) == ("inspecting", None)
    assert alice.call("GET", f"/v1/media/{media_id}/url", expect=409)["code"] == "not_ready"
    entries = stack.aws("s3").list_objects_v2(Bucket=LIBRARY).get("Contents", [])
    assert not [entry["Key"] for entry in entries if media_id in entry["Key"]]
    failure.recovery(daemon)
    assert alice.wait_until_inspected(media_id)["status"] == "ready"
    assert scanner_status(stack) == "healthy"
