"""Batches of queue messages: what returns to the queue."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib.events import batch
from chalicelib.platform import config
from chalicelib.platform.deadline import Deadline


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("STAGE", "INCOMING_BUCKET", "LIBRARY_BUCKET"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Visionary")
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


def records(count: int) -> dict[str, Any]:
    arn = "arn:aws:sqs:us-east-1:123456789012:visionary-test-speech-results"
    attributes = {"ApproximateReceiveCount": "1"}
    return {
        "Records": [
            {"messageId": str(number), "body": "", "eventSourceARN": arn, "attributes": attributes}
            for number in range(count)
        ]
    }


def failures(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}


def test_what_is_not_reached_before_the_deadline_returns_to_the_queue() -> None:
    handled: list[str] = []
    deadline = Deadline(30)

    def handle(record: Mapping[str, Any]) -> None:
        handled.append(record["messageId"])
        if len(handled) == 3:
            deadline.__init__(0)  # type: ignore[misc]  # time is up

    assert batch.process_records(records(5), handle, deadline=deadline) == failures(3, 4)
    assert handled == ["0", "1", "2"]


def test_the_end_of_a_batch_runs_once_and_its_failure_returns_every_message() -> None:
    ends: list[str] = []
    assert batch.process_records(records(3), lambda _: None, finish=lambda: ends.append("end")) == failures()
    assert ends == ["end"]

    def fail() -> None:
        raise RuntimeError

    assert batch.process_records(records(3), lambda _: None, finish=fail) == failures(0, 1, 2)
