"""Turns of inspections: files of one owner hold up nobody else's, and each of them gets its turn."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.uploads import reconcile, turns
from tests.integration.conftest import (
    Cloud,
    Platform,
    Sweeping,
    User,
    WorkerDiedError,
    die,
    intercept_s3,
    object_created_event,
)
from tests.integration.uploads.test_uploads import TEXT, get, start

MANY = 60


def send(platform: Platform, user: User, count: int = 1) -> list[str]:
    """Start uploads and send their bytes; return their keys."""
    keys = []
    for _ in range(count):
        key = f"uploads/{user.id}/{start(platform.client, user, TEXT).json_body['media']['id']}"
        platform.cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
        keys.append(key)
    return keys


def status(platform: Platform, user: User, key: str) -> str:
    return str(get(platform.client, user, key.rsplit("/", 1)[-1])["status"])


def deliver(platform: Platform, *keys: str) -> None:
    assert platform.deliver("ingest", [object_created_event(key) for key in keys]) == []


def called(cloud: Cloud) -> list[str]:
    """Receive the messages in the ingest queue; return their keys."""
    messages = cloud.messages("ingest")
    return [json.loads(message["Body"])["Records"][0]["s3"]["object"]["key"] for message in messages]


def during_inspection(platform: Platform, key: str, action: Callable[[], None]) -> None:
    """Deliver an arrival, and run an action when the inspection downloads the object: what a second worker does meanwhile."""
    pending = [action]

    def act(**_: Any) -> None:
        if pending:
            pending.pop()()

    with intercept_s3("GetObject", act):
        deliver(platform, key)
    assert not pending


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def set_number(number: int) -> None:
        monkeypatch.setenv("INGEST_WORKERS", str(number))
        config.settings.cache_clear()

    return set_number


@pytest.mark.parametrize(("number", "share"), [(1, 1), (2, 1), (3, 1), (10, 5), (20, 10)])
def test_an_owner_gets_half_of_the_workers_and_at_least_one(
    platform: Platform, workers: Callable[[int], None], number: int, share: int
) -> None:
    assert platform
    workers(number)
    assert turns.max_per_owner() == share


def test_a_second_worker_inspects_another_owners_file_and_not_the_next_sixty(
    platform: Platform, alice: User, bob: User, cloud: Cloud
) -> None:
    slow, *others = send(platform, bob, MANY + 1)
    (mine,) = send(platform, alice)
    states: list[str] = []

    def second_worker() -> None:
        deliver(platform, *others)
        states.extend(status(platform, bob, key) for key in others)
        deliver(platform, mine)
        states.append(status(platform, alice, mine))
        assert called(cloud) == [], "a waiting upload is in no queue"

    during_inspection(platform, slow, second_worker)
    assert states == ["inspecting"] * MANY + ["ready"]
    for expected in others:
        assert called(cloud) == [expected], "one turn, one message, oldest first"
        deliver(platform, expected)
        assert status(platform, bob, expected) == "ready"
    assert called(cloud) == []


def test_an_owner_uses_all_of_its_turns(
    platform: Platform, bob: User, cloud: Cloud, workers: Callable[[int], None]
) -> None:
    workers(4)
    first, second, third, fourth = send(platform, bob, 4)
    seen: list[list[str]] = []

    def third_worker() -> None:
        deliver(platform, third)
        deliver(platform, fourth)
        seen.append([status(platform, bob, key) for key in (third, fourth)])

    during_inspection(platform, first, lambda: during_inspection(platform, second, third_worker))
    assert seen == [["inspecting", "inspecting"]]
    assert status(platform, bob, second) == "ready"
    # The second ended first and called one upload; the first ended with two free turns and called the other.
    assert called(cloud) == [third, fourth]


def test_a_repeated_event_takes_no_turn(platform: Platform, bob: User, cloud: Cloud) -> None:
    first, second = send(platform, bob, 2)

    def repeat() -> None:
        deliver(platform, first, second, second)
        assert called(cloud) == []

    during_inspection(platform, first, repeat)
    assert called(cloud) == [second]
    deliver(platform, second, second)
    assert (status(platform, bob, second), called(cloud)) == ("ready", [])


def test_a_failed_inspection_calls_the_next_upload(platform: Platform, bob: User, cloud: Cloud) -> None:
    first, second = send(platform, bob, 2)

    def disk_full(**_: object) -> None:
        deliver(platform, second)
        raise OSError("no space left on device")

    with intercept_s3("GetObject", disk_full):
        assert platform.deliver("ingest", [object_created_event(first)]) == [object_created_event(first)]
    assert called(cloud) == [second]
    deliver(platform, second, first)
    assert [status(platform, bob, key) for key in (first, second)] == ["ready", "ready"]


def test_the_turn_of_a_dead_worker_ends_with_its_lease(
    platform: Platform, alice: User, bob: User, cloud: Cloud
) -> None:
    first, second = send(platform, bob, 2)
    with intercept_s3("GetObject", die), pytest.raises(WorkerDiedError):
        platform.deliver("ingest", [object_created_event(first)])
    deliver(platform, second)
    assert status(platform, bob, second) == "inspecting"
    (mine,) = send(platform, alice)
    deliver(platform, mine)
    assert status(platform, alice, mine) == "ready"
    cloud.owner.execute("UPDATE media SET lease_until = now() - interval '1 second' WHERE status = 'inspecting'")
    deliver(platform, first)  # its message returns after the queue's visibility timeout
    assert (status(platform, bob, first), called(cloud)) == ("ready", [second])


def test_a_worker_that_dies_before_it_calls_the_next_leaves_that_to_the_redelivery(
    platform: Platform, bob: User, cloud: Cloud
) -> None:
    first, second = send(platform, bob, 2)
    with intercept_s3("ListObjectVersions", die), pytest.raises(WorkerDiedError):
        during_inspection(platform, first, lambda: deliver(platform, second))
    assert (status(platform, bob, first), called(cloud)) == ("ready", [])
    deliver(platform, first)
    assert called(cloud) == [second]


def test_the_sweep_resumes_waiting_uploads_only_when_nothing_of_their_owner_is_inspected(
    platform: Platform, bob: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    slow, *others = send(platform, bob, 4)
    swept: list[reconcile.UploadReconciliation] = []

    def later() -> None:
        deliver(platform, *others)
        cloud.owner.execute("UPDATE media SET created_at = created_at - interval '2 days'")
        cloud.owner.execute("UPDATE media SET lease_until = now() - interval '2 days' WHERE waiting_since IS NOT NULL")
        with sweeping():
            swept.append(reconcile.reconcile())

    with intercept_s3("ListObjectVersions", die), pytest.raises(WorkerDiedError):
        during_inspection(platform, slow, later)
    assert swept == [reconcile.UploadReconciliation()]
    # That worker died before it called the next, and its message went to the dead-letter queue.
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(requeued=3)
    platform.run()
    assert [status(platform, bob, key) for key in others] == ["ready"] * 3
