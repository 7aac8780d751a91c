"""A reading from wish to recording, spoken by the real offline voice."""

import itertools
import json
import random
import re
import time
from typing import Any

import pytest
from chalice.test import Client
from uuid6 import uuid7

from chalicelib.platform.aws import resumable_upload
from chalicelib.platform.db import outbox
from chalicelib.speech.audio import mp3
from chalicelib.speech.lifecycle import reconcile
from chalicelib.speech.lifecycle.finish import finish
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDied, at_storage, die, nth
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import let_the_dead_be_noticed

PARAGRAPHS = [
    "The keeper climbed the stairs at dusk, as every evening, and counted them without thinking: one hundred and twelve.",
    "Light needs no language. A ship that cannot read the chart can still read a flash, and knows the rock by its rhythm.",
    "In winter the sea came up to the door. The lamp burned all the same, fed by hand, hour after hour, until the morning.",
    "Nobody wrote down how often it was lit. The log counts only the nights on which it went out, and there are three.",
]
TEXT = "\n\n".join(PARAGRAPHS * 6).encode()


def start(client: Client, user: User, media_id: str, **wanted: Any) -> Any:
    return client.http.post(f"/v1/media/{media_id}/speech", headers=user.headers, body=json.dumps(wanted).encode())


def get(client: Client, user: User, path: str) -> Any:
    return client.http.get(path, headers=user.headers)


def recording(cloud: Cloud, user: User, job: dict[str, Any]) -> bytes:
    content: bytes = cloud.s3.get_object(Bucket="library", Key=f"speech/{user.id}/{job['id']}/audio.mp3")["Body"].read()
    return content


@pytest.fixture
def media(platform: Platform, alice: User) -> dict[str, Any]:
    return upload(platform, alice, TEXT)


def test_a_document_becomes_a_recording_with_a_mark_for_every_word(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    accepted = start(platform.client, alice, media["id"])
    assert (accepted.status_code, accepted.json_body["status"]) == (202, "queued")
    assert accepted.headers["Location"] == f"/v1/speech/{accepted.json_body['id']}"
    platform.run()
    job = get(platform.client, alice, accepted.headers["Location"]).json_body
    assert (job["status"], job["gaps"], job["error"]) == ("done", [], None)
    assert job["progress"]["done"] == job["progress"]["total"] > 3
    assert job["providers"] == {"espeak": job["progress"]["total"]}

    rows = cloud.owner.execute("SELECT duration_ms, frame_count FROM speech_segments ORDER BY index").fetchall()
    joined = mp3.parse(recording(cloud, alice, job))
    assert joined.duration_ms == sum(row[0] for row in rows) == job["duration_ms"]
    assert joined.frame_count == sum(row[1] for row in rows)

    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    words = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    spoken = [text[start:end] for _, _, start, end in words]
    assert spoken == re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", text)
    assert all(a[0] <= a[1] <= b[0] + 1 for a, b in itertools.pairwise(words))
    assert words[-1][1] <= job["duration_ms"]

    audio = get(platform.client, alice, f"/v1/speech/{job['id']}/audio")
    assert audio.status_code == 302
    assert "rock.mp3" in audio.headers["Location"]


def test_a_recording_is_put_together_in_as_many_visits_as_it_takes(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(platform.client, alice, media["id"]).json_body
    platform.run()
    again = start(platform.client, alice, media["id"]).json_body  # of the same audio
    monkeypatch.setattr(resumable_upload, "PART_BYTES", 30_000)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1_000)
    monkeypatch.setattr(finish, "__kwdefaults__", {"work_s": 0})
    assert platform.deliver("plan_speech", [message["Body"] for message in cloud.messages("speech_plan")]) == []
    visits = 0
    while orders := [message["Body"] for message in cloud.messages("speech_finish")]:
        for order in orders:
            assert platform.deliver("finish_speech", [order]) == []
            visits += json.loads(order)["kind"] == "finish"
    assert get(platform.client, alice, f"/v1/speech/{again['id']}").json_body["status"] == "done"
    whole = recording(cloud, alice, again)
    assert visits == -(-len(whole) // 30_000) > 2
    assert whole == recording(cloud, alice, first)
    assert cloud.s3.list_multipart_uploads(Bucket="library").get("Uploads", []) == []


def test_a_part_of_a_text_can_be_read(platform: Platform, alice: User, media: dict[str, Any]) -> None:
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    begin = text.index("Light needs")
    end = text.index("In winter")
    job = start(platform.client, alice, media["id"], start=begin, end=end).json_body
    platform.run()
    words = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    assert text[words[0][2] : words[-1][3]] == text[begin:end].strip().rstrip(".")


REFUSED = [
    ({"start": 10, "end": 10}, 422, "invalid"),
    ({"end": 10_000_000}, 422, "invalid"),
    ({"voice": "espeak:klingon"}, 422, "unknown_voice"),
    ({"speed": 2}, 422, "invalid"),
]


@pytest.mark.parametrize(("wanted", "status", "code"), REFUSED)
def test_a_wish_that_cannot_be_met_is_refused(
    platform: Platform, alice: User, media: dict[str, Any], wanted: dict[str, Any], status: int, code: str
) -> None:
    response = start(platform.client, alice, media["id"], **wanted)
    assert (response.status_code, problem(response)["code"]) == (status, code)


def test_nothing_is_there_before_it_is_finished_and_nothing_for_others(
    platform: Platform, alice: User, bob: User, media: dict[str, Any]
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    early = get(platform.client, alice, f"/v1/speech/{job['id']}/audio")
    assert (early.status_code, problem(early)["code"]) == (409, "not_finished")
    for path in ("", "/audio"):
        assert get(platform.client, bob, f"/v1/speech/{job['id']}{path}").status_code == 404
    assert start(platform.client, bob, media["id"]).status_code == 404


def test_ten_wishes_a_minute_and_no_more(platform: Platform, alice: User, bob: User, media: dict[str, Any]) -> None:
    answers = [start(platform.client, alice, media["id"], end=20) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 7
    assert start(platform.client, bob, media["id"]).status_code == 404  # somebody else is not slowed down


def test_the_same_words_are_not_bought_twice(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    first = start(platform.client, alice, media["id"]).json_body
    platform.run()
    second = start(platform.client, alice, media["id"]).json_body
    with at_storage(
        "PutObject", die
    ):  # nothing is written but the recording, which is a multipart upload, and its marks
        for queue, function in platform.FUNCTIONS[1:5]:
            for _ in range(20):
                for message in cloud.messages(queue):
                    platform.deliver(function, [message["Body"]])
    platform.run()
    again = get(platform.client, alice, f"/v1/speech/{second['id']}").json_body
    assert (again["status"], again["billed_characters"]) == ("done", 0)
    assert recording(cloud, alice, again) == recording(cloud, alice, first)


CRASH_POINTS = [(number, moment) for number in (1, 2, 3) for moment in ("before-call", "after-call")]  # of its writes


@pytest.mark.parametrize(("write", "moment"), CRASH_POINTS)
def test_a_synthesizer_that_dies_is_replaced_by_the_next_delivery(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any], write: int, moment: str
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    for message in cloud.messages("speech_plan"):
        platform.deliver("plan_speech", [message["Body"]])
    orders = [message["Body"] for message in cloud.messages("speech_express")]
    with at_storage("PutObject", nth(write), moment=moment), pytest.raises(WorkerDied):
        platform.deliver("synthesize", orders)
    let_the_dead_be_noticed(cloud)
    platform.deliver("synthesize", orders, receives=2)
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["status"] == "done"


def test_an_order_that_is_carried_out_is_not_carried_out_again_at_the_same_time(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    start(platform.client, alice, media["id"])
    for message in cloud.messages("speech_plan"):
        platform.deliver("plan_speech", [message["Body"]])
    orders = [message["Body"] for message in cloud.messages("speech_express")][:1]
    with at_storage("PutObject", nth(1), moment="after-call"), pytest.raises(WorkerDied):
        platform.deliver("synthesize", orders)  # from outside, who died a moment ago looks like one who is at work
    assert platform.deliver("synthesize", orders) == []
    assert cloud.messages("speech_results") == []
    let_the_dead_be_noticed(cloud)
    assert platform.deliver("synthesize", orders, receives=2) == []
    assert len(cloud.messages("speech_results")) == 1


def test_copies_of_an_order_buy_nothing_once_the_segment_has_another_call(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    start(platform.client, alice, media["id"])
    for message in cloud.messages("speech_plan"):
        platform.deliver("plan_speech", [message["Body"]])
    first = cloud.messages("speech_express")[0]["Body"]
    later = json.dumps({**json.loads(first), "call_id": str(uuid7())})
    with at_storage("PutObject", nth(1), moment="after-call"), pytest.raises(WorkerDied):
        platform.deliver("synthesize", [later])
    let_the_dead_be_noticed(cloud)
    platform.deliver("synthesize", [first])
    assert cloud.messages("speech_results") == []
    platform.deliver("synthesize", [later], receives=2)
    assert len(cloud.messages("speech_results")) == 1


@pytest.mark.parametrize(
    ("status", "queue", "function"),
    [("planning", "speech_plan", "plan_speech"), ("finishing", "speech_finish", "finish_speech")],
)
def test_an_order_whose_job_a_dead_worker_still_holds_comes_again_when_he_does_not(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any], status: str, queue: str, function: str
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    cloud.messages("speech_plan")
    kind = {"kind": "finish"} if status == "finishing" else {}
    order = json.dumps({**kind, "owner_id": str(alice.id), "job_id": job["id"]})
    hold = "UPDATE speech_jobs SET status = %s, lease_until = clock_timestamp() + make_interval(secs => %s)"
    cloud.owner.execute(hold, [status, 2])
    assert platform.deliver(function, [order]) == []
    assert cloud.messages(queue) == []  # not yet
    time.sleep(3)
    assert [json.loads(message["Body"]) for message in cloud.messages(queue)] == [json.loads(order)]


def test_messages_that_come_twice_and_out_of_order_change_nothing(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    chance = random.Random(7)  # noqa: S311 - a shuffled queue, no secret
    waiting: list[tuple[str, str]] = []
    for _ in range(60):
        for queue, function in platform.FUNCTIONS:
            waiting += [(function, message["Body"]) for message in cloud.messages(queue) for _ in range(2)]
        chance.shuffle(waiting)
        if not waiting:
            break
        function, body = waiting.pop()
        assert platform.deliver(function, [body]) == []
        for function, body in waiting[::3]:
            assert platform.deliver(function, [body]) == []
    for function, body in waiting:
        platform.deliver(function, [body])
    platform.run()
    done = get(platform.client, alice, f"/v1/speech/{job['id']}").json_body
    assert done["status"] == "done"
    assert mp3.parse(recording(cloud, alice, done)).duration_ms == done["duration_ms"]


def test_the_sweep_moves_a_job_whose_messages_were_lost(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    media: dict[str, Any],
    sweeping: Sweeping,
) -> None:
    def swept() -> int:
        cloud.owner.execute(
            """UPDATE speech_jobs SET updated_at = now() - interval '1 hour', lease_until = NULL;
               UPDATE speech_calls SET lease_until = now() - interval '1 hour' WHERE outcome IS NULL"""
        )
        with sweeping():
            return reconcile.reconcile()

    job = start(platform.client, alice, media["id"]).json_body
    cloud.messages("speech_plan")  # lost
    assert swept() == 1
    for message in cloud.messages("speech_plan"):
        platform.deliver("plan_speech", [message["Body"]])
    for queue in ("speech_express", "speech_bulk"):
        cloud.messages(queue)  # lost
    swept()
    for queue in ("speech_express", "speech_bulk"):
        for message in cloud.messages(queue):
            platform.deliver("synthesize", [message["Body"]])
    for message in cloud.messages("speech_results"):
        platform.deliver("record_segment", [message["Body"]])
    cloud.messages("speech_finish")  # lost
    assert swept() == 1
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["status"] == "done"


def test_a_letter_whose_sender_died_is_sent_by_the_sweep(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    media: dict[str, Any],
    sweeping: Sweeping,
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    (message,) = cloud.messages("speech_plan")
    cloud.owner.execute(
        """INSERT INTO outbox (id, owner_id, queue, body, created_at)
           VALUES (gen_random_uuid(), %s, 'speech_plan', %s, now() - interval '5 minutes')""",
        [alice.id, message["Body"]],
    )
    with sweeping():
        assert outbox.send_overdue() == 1
    assert cloud.owner.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["status"] == "done"
