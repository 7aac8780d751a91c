"""When the sweep runs: woken within minutes while anything is unfinished, once a day otherwise, and never twice at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chalicelib.maintenance import sweep_runs
from chalicelib.platform import config
from chalicelib.platform.aws import queues
from chalicelib.platform.db import sweep_schedule
from chalicelib.platform.db.sweep_schedule import SweepMessage
from tests.fakes import lambda_service
from tests.integration.account.test_erasure import erase_account
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.exports.test_account_exports import request_export
from tests.integration.maintenance.test_maintenance import SWEEP, start_scans_again, sweep
from tests.integration.speech.test_speech import start as request_speech
from tests.integration.uploads.test_uploads import TEXT, start, upload
from tests.support.media_rows import LONG_AGO, create_collection, insert_media, list_all

MESSAGE = SweepMessage().model_dump_json()


@pytest.fixture
def functions(platform: Platform, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Serve the sweep, in its own database role, to the function that wakes it; return the list of its results."""
    results: list[Any] = []

    def run(event: Any) -> Any:
        with sweeping():
            results.append(platform.client.lambda_.invoke("sweep", event).payload)
        return results[-1]

    with lambda_service.serve({"visionary-test-sweep": run}) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", address)
        yield results


def wake_at(cloud: Cloud) -> datetime | None:
    row = cloud.owner.execute("SELECT last_wake_at FROM sweep_schedule").fetchone()
    return row[0] if row else None


def delayed_messages(cloud: Cloud) -> int:
    attributes = cloud.sqs.get_queue_attributes(
        QueueUrl=os.environ["ACCOUNT_QUEUE_URL"], AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessagesDelayed"])


def pass_time(cloud: Cloud, seconds: int) -> None:
    """Age the schedule, and what is left undone."""
    for table, columns in {
        "sweep_schedule": ("first_wake_at", "last_wake_at", "running_until"),
        "speech_jobs": ("updated_at", "lease_until"),
        "outbox": ("created_at",),
    }.items():
        for column in columns:
            cloud.owner.execute(f"UPDATE {table} SET {column} = {column} - make_interval(secs => %s)", [seconds])  # noqa: S608
    sweep_schedule._memory.cache_clear()


# ---- arming ------------------------------------------------------------------------------------------------------------


def test_requests_that_change_something_arm_the_sweep_with_one_message_for_all_owners(
    platform: Platform, cloud: Cloud, alice: User, bob: User
) -> None:
    for user in (alice, bob):
        create_collection(platform.client, user, "Books")
        sweep_schedule._memory.cache_clear()  # as another copy of the function
        create_collection(platform.client, user, "Letters")
    assert delayed_messages(cloud) == 1
    wake = wake_at(cloud)
    assert wake is not None
    assert timedelta(0) < wake - datetime.now(UTC) <= timedelta(seconds=sweep_schedule.WAKE_AFTER_S)


def test_reading_arms_nothing(platform: Platform, cloud: Cloud, alice: User) -> None:
    list_all(platform.client, alice, "/v1/media")
    assert (delayed_messages(cloud), wake_at(cloud)) == (0, None)


def test_work_that_may_end_after_the_wake_up_arms_another(platform: Platform, cloud: Cloud, alice: User) -> None:
    create_collection(platform.client, alice, "Books")
    pass_time(cloud, sweep_schedule.PAUSE_S - 10)
    create_collection(platform.client, alice, "Letters")
    assert delayed_messages(cloud) == 1
    pass_time(cloud, 20)
    create_collection(platform.client, alice, "Papers")
    assert delayed_messages(cloud) == 2


def test_an_arrived_upload_arms_the_sweep(platform: Platform, cloud: Cloud, alice: User) -> None:
    start(platform.client, alice, TEXT)
    cloud.owner.execute("TRUNCATE sweep_schedule")
    sweep_schedule._memory.cache_clear()
    platform.deliver("ingest", [json.dumps({"Records": []})])
    assert wake_at(cloud) is not None


def test_the_message_is_sent_before_the_row_and_before_the_work(platform: Platform, cloud: Cloud, alice: User) -> None:
    rows: list[Any] = []

    def look(**_: object) -> None:
        rows.append(
            cloud.owner.execute(
                "SELECT (SELECT count(*) FROM sweep_schedule), (SELECT count(*) FROM collections)"
            ).fetchone()
        )

    events = queues.client().meta.events
    events.register("before-call.sqs.SendMessage", look)
    create_collection(platform.client, alice, "Books")
    assert rows == [(0, 0)]


def test_a_request_succeeds_though_the_queue_takes_no_message_and_the_next_one_arms(
    platform: Platform, cloud: Cloud, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("ACCOUNT_QUEUE_URL", os.environ["ACCOUNT_QUEUE_URL"] + "-none")
        config.settings.cache_clear()
        create_collection(platform.client, alice, "Books")
        assert wake_at(cloud) is None
    config.settings.cache_clear()
    create_collection(platform.client, alice, "Letters")
    assert wake_at(cloud) is not None


# ---- running -----------------------------------------------------------------------------------------------------------


def test_a_lost_event_is_found_by_the_wake_up_that_its_request_armed(
    platform: Platform, cloud: Cloud, alice: User, functions: list[Any]
) -> None:
    media = upload(platform, alice, TEXT)
    request_speech(platform.client, alice, media["id"])
    cloud.messages("speech_jobs")  # lost
    pass_time(cloud, sweep_schedule.WAKE_AFTER_S)
    assert platform.deliver("run_account_job", [MESSAGE]) == []
    assert [run["speech_moved"] for run in functions] == [1]
    (message,) = cloud.messages("speech_jobs")
    assert json.loads(message["Body"])["kind"] == "plan"
    wake = wake_at(cloud)
    assert wake is not None
    assert wake > datetime.now(UTC)


UNFINISHED: dict[str, Callable[[Platform, Cloud, User], object]] = {
    "an upload": lambda platform, _, user: start(platform.client, user, TEXT),
    "an inspection": lambda _, cloud, user: insert_media(
        cloud, user, status="inspecting", lease_until=datetime.now(UTC) + timedelta(minutes=1)
    ),
    "a speech job": lambda platform, _, user: request_speech(platform.client, user, upload(platform, user, TEXT)["id"]),
    "an export": lambda platform, _, user: request_export(platform.client, user),
    "an erasure": lambda platform, _, user: erase_account(platform.client, user),
    "an outbox message": lambda _, cloud, user: cloud.owner.execute(
        "INSERT INTO outbox (id, owner_id, queue, body) VALUES (%s, %s, 'account', '{}')", [uuid4(), user.id]
    ),
    "an object to delete": lambda _, cloud, user: cloud.owner.execute(
        "INSERT INTO object_deletions (id, owner_id, key) VALUES (%s, %s, 'media/x')", [uuid4(), user.id]
    ),
    "a scan": lambda _, cloud, __: cloud.owner.execute(
        "INSERT INTO sweep_rounds (name, place) VALUES ('of a test', 'here')"
    ),
}


@pytest.mark.parametrize("kind", UNFINISHED)
def test_the_sweep_arms_itself_while_anything_is_unfinished(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, kind: str
) -> None:
    sweep(platform, sweeping)
    sweep(platform, sweeping)  # finds nothing
    UNFINISHED[kind](platform, cloud, alice)
    cloud.owner.execute("TRUNCATE sweep_schedule")
    sweep(platform, sweeping)
    wake = wake_at(cloud)
    assert wake is not None
    assert timedelta(0) < wake - datetime.now(UTC) <= timedelta(seconds=queues.MAX_DELAY_S)


def test_the_sweep_sleeps_when_what_is_left_is_due_in_days(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    upload(platform, alice, TEXT)
    insert_media(cloud, alice, status="trashed", trashed_at=datetime.now(UTC))
    in_a_day = datetime.now(UTC) + timedelta(days=1)
    insert_media(cloud, alice, status="pending", created_at=LONG_AGO, upload_expires_at=in_a_day)  # of several parts
    request_export(platform.client, alice)
    platform.run()
    cloud.owner.execute("UPDATE media SET trashed_at = now() WHERE status = 'trashed'")
    sweep(platform, sweeping)
    assert (delayed_messages(cloud), wake_at(cloud) is not None) == (1, True)  # of the requests
    for _ in range(5):  # a run may find work that was too young for the one before, such as rows of rate limits
        cloud.owner.execute("UPDATE sweep_schedule SET first_wake_at = now(), last_wake_at = now()")
        if not sweep(platform, sweeping):
            break
    assert wake_at(cloud) is None


def test_a_run_that_found_work_is_followed_by_another_until_one_finds_none(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping
) -> None:
    insert_media(cloud, alice, status="rejected", updated_at=LONG_AGO)
    runs = [sweep(platform, sweeping)]
    while wake_at(cloud) is not None:
        cloud.owner.execute("UPDATE sweep_schedule SET first_wake_at = now(), last_wake_at = now()")
        cloud.owner.execute("UPDATE object_deletions SET created_at = %s", [LONG_AGO])
        runs.append(sweep(platform, sweeping))
    assert [run.get("refused_forgotten", run.get("removals_carried_out")) for run in runs] == [1, 2, None]


def test_steady_use_does_not_postpone_the_sweep(
    platform: Platform, cloud: Cloud, alice: User, functions: list[Any]
) -> None:
    now_s, arrivals_s = 0, list[int]()

    def note(params: dict[str, Any], **_: object) -> None:
        arrivals_s.append(now_s + params["DelaySeconds"])

    queues.client().meta.events.register("before-parameter-build.sqs.SendMessage", note)
    for number in range(30):
        create_collection(platform.client, alice, f"Books {number}")
        now_s += 60
        pass_time(cloud, 60)
        for _ in [arrival_s for arrival_s in arrivals_s if now_s - 60 < arrival_s <= now_s]:
            assert platform.deliver("run_account_job", [MESSAGE]) == []
    assert len(functions) == sum(arrival_s <= now_s for arrival_s in arrivals_s) >= 4
    assert all(functions), "a message that a later one had replaced"


def test_a_duplicate_of_the_message_runs_nothing(
    platform: Platform, cloud: Cloud, alice: User, functions: list[Any]
) -> None:
    start(platform.client, alice, TEXT)
    pass_time(cloud, sweep_schedule.WAKE_AFTER_S)
    assert platform.deliver("run_account_job", [MESSAGE, MESSAGE, MESSAGE]) == []
    assert [bool(run) for run in functions] == [True, False, False]
    assert delayed_messages(cloud) == 2  # the request's, and one of the run


def test_runs_do_not_overlap_and_a_crashed_one_is_made_up_for_when_its_message_returns(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, functions: list[Any]
) -> None:
    start(platform.client, alice, TEXT)
    pass_time(cloud, sweep_schedule.WAKE_AFTER_S)
    with sweeping():
        assert sweep_runs.start(is_woken=True)  # and crashes
    assert platform.deliver("run_account_job", [MESSAGE]) == []
    with sweeping():
        assert platform.client.lambda_.invoke("sweep", SWEEP).payload == {}
    assert functions == [{}]
    pass_time(cloud, sweep_runs.RUN_S)
    assert platform.deliver("run_account_job", [MESSAGE]) == []
    assert functions[1]


def test_a_message_returns_when_the_sweep_fails(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Any) -> Any:
        raise OSError("out of memory")

    with lambda_service.serve({"visionary-test-sweep": fail}) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", address)
        assert platform.deliver("run_account_job", [MESSAGE]) == [MESSAGE]


def test_the_daily_run_of_an_idle_stage_publishes_no_metric_and_wakes_the_database_once(
    platform: Platform, cloud: Cloud, alice: User, sweeping: Sweeping, capsys: pytest.CaptureFixture[str]
) -> None:
    upload(platform, alice, TEXT)
    sweep(platform, sweeping)
    start_scans_again(cloud)
    cloud.owner.execute("TRUNCATE sweep_schedule, rate_limits")  # the upload's own limit is forgotten after some time
    capsys.readouterr()
    sweep(platform, sweeping)
    assert '"_aws"' not in capsys.readouterr().out
    assert wake_at(cloud) is None
