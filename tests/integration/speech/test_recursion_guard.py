"""Lambda's recursion guard, replayed: no recording is stopped, because the packaged template allows its functions to recurse."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import queues
from infra.packaging import bundle
from localstack import recursion
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Platform, User
from tests.integration.speech.test_jobs import paragraphs, start_job, upload_text
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.clock import get_job

MAX_INVOCATIONS = (
    16  # of a function in one chain: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
)
SEGMENT_CHARACTERS = 200  # the smallest setting: a slot's chain of 17 segments is short
READERS = 20


class Guard:
    """Delivers messages as Lambda does: counts invocations by chain, and stops the 17th unless a function may recurse."""

    def __init__(self, platform: Platform, monkeypatch: pytest.MonkeyPatch, recursive: set[str]) -> None:
        self.longest = Counter[str]()
        self.stopped = Counter[str]()
        self._platform, self._monkeypatch, self._recursive = platform, monkeypatch, recursive
        self._traces: dict[str, str] = {}  # by message
        events = queues.client().meta.events
        events.register("before-sign.sqs.SendMessage", self._on_request)
        events.register("after-call.sqs.SendMessage", self._on_response)

    def _on_request(self, request: Any, **_: object) -> None:
        request.context["trace"] = request.headers.get("X-Amzn-Trace-Id", "")  # set by botocore in a function

    def _on_response(self, parsed: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        self._traces[parsed["MessageId"]] = context["trace"]

    def run(self) -> None:
        """Deliver messages until every queue is empty."""
        has_delivered = True
        while has_delivered:
            has_delivered = False
            for queue, function in self._platform.FUNCTIONS:
                for message in self._platform.cloud.messages(queue):
                    has_delivered = True
                    self._deliver(function, message)

    def _deliver(self, function: str, message: dict[str, Any]) -> None:
        invocations = recursion.extend(function, [self._traces[message["MessageId"]]])
        self.longest[function] = max(self.longest[function], invocations[function])
        if invocations[function] > MAX_INVOCATIONS and function not in self._recursive:
            self.stopped[function] += 1
            return
        with self._monkeypatch.context() as invocation:
            invocation.setenv("AWS_LAMBDA_FUNCTION_NAME", function)
            invocation.setenv("_X_AMZN_TRACE_ID", recursion.trace_header(invocations))
            assert self._platform.deliver(function, [message["Body"]]) == []


@pytest.fixture(scope="module")
def recursive() -> set[str]:
    """Return the functions that the packaged template allows to recurse."""
    resources: dict[str, Any] = json.loads(bundle.build("local").template.read_text())["Resources"]
    properties = [r["Properties"] for r in resources.values() if r["Properties"].get("RecursiveLoop") == "Allow"]
    names = [p["FunctionName"]["Fn::Sub"].removeprefix("visionary-${Stage}-") for p in properties]
    return {name.replace("-", "_") for name in names}


@pytest.fixture
def slots(request: pytest.FixtureRequest, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Give the provider so many slots, and small segments."""
    assert provider
    monkeypatch.setenv("TTS_CONCURRENCY", f"speechify={request.param}")
    monkeypatch.setenv("TTS_PER_SECOND", "speechify=1000")  # nothing waits for the clock
    monkeypatch.setenv("TTS_MAX_CHARACTERS", f"speechify={SEGMENT_CHARACTERS}")
    config.settings.cache_clear()
    yield int(request.param)
    config.settings.cache_clear()


def start(platform: Platform, user: User, *, segments: int) -> str:
    """Start a job with at least this number of segments."""
    text, number = list[str](), 0
    while sum(map(len, text)) < segments * SEGMENT_CHARACTERS:
        text += paragraphs(1, number)
        number += 1
    return start_job(platform, user, upload_text(platform, user, text))


@pytest.mark.parametrize("slots", [1, 2, pytest.param(15, marks=pytest.mark.long)], indirect=True)
def test_a_long_recording_finishes(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch, slots: int, recursive: set[str]
) -> None:
    guard = Guard(platform, monkeypatch, recursive)
    job_id = start(platform, alice, segments=(MAX_INVOCATIONS + 1) * slots)
    guard.run()
    assert guard.longest["synthesize"] > MAX_INVOCATIONS
    assert guard.longest["record_segment"] > MAX_INVOCATIONS
    assert get_job(platform, alice, job_id)["status"] == "done"
    assert not guard.stopped


@pytest.mark.parametrize("slots", [1, 2, pytest.param(15, marks=pytest.mark.long)], indirect=True)
def test_twenty_recordings_at_once_finish(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, slots: int, recursive: set[str]
) -> None:
    guard = Guard(platform, monkeypatch, recursive)
    readers = [User(uuid4()) for _ in range(READERS)]
    segments = (MAX_INVOCATIONS + 1) * slots // READERS + 1
    jobs = [(reader, start(platform, reader, segments=segments)) for reader in readers]
    guard.run()
    assert guard.longest["record_segment"] > MAX_INVOCATIONS
    assert [get_job(platform, reader, job_id)["status"] for reader, job_id in jobs] == ["done"] * READERS
    assert not guard.stopped


@pytest.mark.parametrize("slots", [1], indirect=True)
def test_the_same_recording_would_get_stuck_without_the_templates_permission(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch, slots: int
) -> None:
    guard = Guard(platform, monkeypatch, recursive=set())
    job_id = start(platform, alice, segments=(MAX_INVOCATIONS + 1) * slots)
    guard.run()
    job = get_job(platform, alice, job_id)
    assert job["status"] == "speaking"
    assert job["progress"]["done"] < job["progress"]["total"]
    assert guard.stopped
