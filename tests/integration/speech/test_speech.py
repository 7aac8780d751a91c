"""A speech job from request to recording, synthesized by the real offline voice."""

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
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, die, intercept_s3, on_call
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import expire_pending_audio

PARAGRAPHS = [
    "The keeper climbed the stairs at dusk, as every evening, and counted them without thinking: one hundred and twelve.",
    "Light needs no language. A ship that cannot read the chart can still read a flash, and knows the rock by its rhythm.",
    "In winter the sea came up to the door. The lamp burned all the same, fed by hand, hour after hour, until the morning.",
    "Nobody wrote down how often it was lit. The log counts only the nights on which it went out, and there are three.",
]
TEXT = "\n\n".join(PARAGRAPHS * 6).encode()


def start(client: Client, user: User, media_id: str, **request: Any) -> Any:
    return client.http.post(f"/v1/media/{media_id}/speech", headers=user.headers, body=json.dumps(request).encode())


def get(client: Client, user: User, path: str) -> Any:
    return client.http.get(path, headers=user.headers)


def recording(cloud: Cloud, user: User, job: dict[str, Any]) -> bytes:
    content: bytes = cloud.s3.get_object(Bucket="library", Key=f"speech/{user.id}/{job['id']}/audio.mp3")["Body"].read()
    return content


@pytest.fixture
def media(platform: Platform, alice: User) -> dict[str, Any]:
    return upload(platform, alice, TEXT)


def test_the_jobs_of_a_document_are_listed_newest_first_for_its_owner(
    platform: Platform, alice: User, bob: User, media: dict[str, Any]
) -> None:
    client, path = platform.client, f"/v1/media/{media['id']}/speech"
    other = upload(platform, alice, TEXT + b" Another one.")
    whole = start(client, alice, media["id"]).json_body
    start(client, alice, other["id"])
    part = start(client, alice, media["id"], start=118, end=236).json_body
    first_page = get(client, alice, f"{path}?limit=1").json_body
    last_page = get(client, alice, f"{path}?limit=1&cursor={first_page['next_cursor']}").json_body
    assert [(job["id"], job["start"], job["end"]) for job in first_page["items"]] == [(part["id"], 118, 236)]
    assert [(job["id"], job["start"], job["end"]) for job in last_page["items"]] == [(whole["id"], 0, len(TEXT))]
    assert last_page["next_cursor"] is None
    assert get(client, bob, path).status_code == 404


def test_a_document_becomes_a_recording_with_the_timing_of_every_word(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    response = start(platform.client, alice, media["id"])
    assert (response.status_code, response.json_body["status"]) == (202, "queued")
    assert response.headers["Location"] == f"/v1/speech/{response.json_body['id']}"
    platform.run()
    job = get(platform.client, alice, response.headers["Location"]).json_body
    assert (job["status"], job["gaps"], job["error"]) == ("done", [], None)
    assert job["progress"]["done"] == job["progress"]["total"] > 3
    assert job["providers"] == {"espeak": job["progress"]["total"]}

    rows = cloud.owner.execute("SELECT duration_ms, frame_count FROM speech_segments ORDER BY index").fetchall()
    joined = mp3.parse(recording(cloud, alice, job))
    assert joined.duration_ms == sum(row[0] for row in rows) == job["duration_ms"]
    assert joined.frame_count == sum(row[1] for row in rows)

    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    words = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    timed_words = [text[start:end] for _, _, start, end in words]
    assert timed_words == re.findall(r"[^\W_]+(?:[-'’][^\W_]+)*", text)
    assert all(a[0] <= a[1] <= b[0] + 1 for a, b in itertools.pairwise(words))
    assert words[-1][1] <= job["duration_ms"]

    audio = get(platform.client, alice, f"/v1/speech/{job['id']}/audio")
    assert audio.status_code == 302
    assert "rock.mp3" in audio.headers["Location"]


def test_a_recording_is_assembled_in_as_many_runs_as_it_takes(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = start(platform.client, alice, media["id"]).json_body
    platform.run()
    second = start(platform.client, alice, media["id"]).json_body  # of the same audio
    monkeypatch.setattr(resumable_upload, "PART_BYTES", 30_000)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1_000)
    monkeypatch.setattr(finish, "__kwdefaults__", {"work_s": 0})
    assert platform.deliver("run_speech_job", [message["Body"] for message in cloud.messages("speech_jobs")]) == []
    runs = 0
    while bodies := [message["Body"] for message in cloud.messages("speech_jobs")]:
        for body in bodies:
            assert platform.deliver("run_speech_job", [body]) == []
            runs += json.loads(body)["kind"] == "finish"
    assert get(platform.client, alice, f"/v1/speech/{second['id']}").json_body["status"] == "done"
    whole = recording(cloud, alice, second)
    assert runs == -(-len(whole) // 30_000) > 2
    assert whole == recording(cloud, alice, first)
    assert cloud.s3.list_multipart_uploads(Bucket="library").get("Uploads", []) == []


def test_a_part_of_a_text_can_be_read(platform: Platform, alice: User, media: dict[str, Any]) -> None:
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    start_offset = text.index("Light needs")
    end = text.index("In winter")
    job = start(platform.client, alice, media["id"], start=start_offset, end=end).json_body
    platform.run()
    words = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    assert text[words[0][2] : words[-1][3]] == text[start_offset:end].strip().rstrip(".")


INVALID = [
    ({"start": 10, "end": 10}, 422, "invalid"),
    ({"end": 10_000_000}, 422, "invalid"),
    ({"voice": "espeak:klingon"}, 422, "unknown_voice"),
    ({"speed": 2}, 422, "invalid"),
]


@pytest.mark.parametrize(("request_body", "status", "code"), INVALID)
def test_an_invalid_request_is_rejected(
    platform: Platform, alice: User, media: dict[str, Any], request_body: dict[str, Any], status: int, code: str
) -> None:
    response = start(platform.client, alice, media["id"], **request_body)
    assert (response.status_code, problem(response)["code"]) == (status, code)


def test_a_recording_is_not_available_before_it_is_finished_nor_to_other_users(
    platform: Platform, alice: User, bob: User, media: dict[str, Any]
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    early = get(platform.client, alice, f"/v1/speech/{job['id']}/audio")
    assert (early.status_code, problem(early)["code"]) == (409, "not_finished")
    for path in ("", "/audio"):
        assert get(platform.client, bob, f"/v1/speech/{job['id']}{path}").status_code == 404
    assert start(platform.client, bob, media["id"]).status_code == 404


def test_more_than_ten_jobs_a_minute_are_rate_limited(
    platform: Platform, alice: User, bob: User, media: dict[str, Any]
) -> None:
    responses = [start(platform.client, alice, media["id"], end=20) for _ in range(12)]
    assert [response.status_code for response in responses] == [202] * 10 + [429] * 2
    assert 40 <= int(responses[-1].headers["Retry-After"]) <= 66  # until the first has left the minute
    assert start(platform.client, bob, media["id"]).status_code == 404  # other users are not limited


def test_the_same_text_is_not_bought_twice(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    first = start(platform.client, alice, media["id"]).json_body
    platform.run()
    second = start(platform.client, alice, media["id"]).json_body
    with intercept_s3("PutObject", die):  # nothing is synthesized: its audio would be stored
        (message,) = cloud.messages("speech_jobs")
        assert platform.deliver("run_speech_job", [message["Body"]]) == []
        assert [*cloud.messages("speech_express"), *cloud.messages("speech_bulk")] == []
    platform.run()
    cached = get(platform.client, alice, f"/v1/speech/{second['id']}").json_body
    assert (cached["status"], cached["billed_characters"]) == ("done", 0)
    assert recording(cloud, alice, cached) == recording(cloud, alice, first)


CRASH_POINTS = [
    (number, moment) for number in (1, 2, 3) for moment in ("before-call", "after-call")
]  # of a call's writes


@pytest.mark.parametrize(("write", "moment"), CRASH_POINTS)
def test_a_redelivery_replaces_a_synthesizer_that_crashed(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any], write: int, moment: str
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    bodies = [message["Body"] for message in cloud.messages("speech_express")]
    with intercept_s3("PutObject", on_call(write), moment=moment), pytest.raises(WorkerDiedError):
        platform.deliver("synthesize", bodies)
    expire_pending_audio(cloud)
    platform.deliver("synthesize", bodies, receives=2)
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["status"] == "done"


def test_a_duplicate_message_is_ignored_while_its_call_is_running(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    start(platform.client, alice, media["id"])
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    bodies = [message["Body"] for message in cloud.messages("speech_express")][:1]
    with intercept_s3("PutObject", on_call(1), moment="after-call"), pytest.raises(WorkerDiedError):
        platform.deliver("synthesize", bodies)  # a worker that crashed a moment ago looks like one that is running
    assert platform.deliver("synthesize", bodies) == []
    assert cloud.messages("speech_results") == []
    expire_pending_audio(cloud)
    assert platform.deliver("synthesize", bodies, receives=2) == []
    assert len(cloud.messages("speech_results")) == 1


def test_duplicates_of_a_message_buy_nothing_once_the_segment_has_another_call(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    start(platform.client, alice, media["id"])
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    first = cloud.messages("speech_express")[0]["Body"]
    later = json.dumps({**json.loads(first), "call_id": str(uuid7())})
    with intercept_s3("PutObject", on_call(1), moment="after-call"), pytest.raises(WorkerDiedError):
        platform.deliver("synthesize", [later])
    expire_pending_audio(cloud)
    platform.deliver("synthesize", [first])
    assert cloud.messages("speech_results") == []
    platform.deliver("synthesize", [later], receives=2)
    assert len(cloud.messages("speech_results")) == 1


@pytest.mark.parametrize(("status", "kind"), [("planning", "plan"), ("finishing", "finish")])
def test_a_message_is_requeued_until_the_lease_of_a_crashed_worker_has_expired(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any], status: str, kind: str
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    cloud.messages("speech_jobs")
    body = json.dumps({"kind": kind, "owner_id": str(alice.id), "job_id": job["id"]})
    claim = "UPDATE speech_jobs SET status = %s, lease_until = clock_timestamp() + make_interval(secs => %s)"
    cloud.owner.execute(claim, [status, 2])
    assert platform.deliver("run_speech_job", [body]) == []
    assert cloud.messages("speech_jobs") == []  # not yet
    time.sleep(3)
    assert [json.loads(message["Body"]) for message in cloud.messages("speech_jobs")] == [json.loads(body)]


def test_duplicate_and_reordered_messages_change_nothing(
    platform: Platform, alice: User, cloud: Cloud, media: dict[str, Any]
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    chance = random.Random(7)  # noqa: S311 - a shuffled queue, no secret
    pending: list[tuple[str, str]] = []
    for _ in range(60):
        for queue, function in platform.FUNCTIONS:
            pending += [(function, message["Body"]) for message in cloud.messages(queue) for _ in range(2)]
        chance.shuffle(pending)
        if not pending:
            break
        function, body = pending.pop()
        assert platform.deliver(function, [body]) == []
        for function, body in pending[::3]:
            assert platform.deliver(function, [body]) == []
    for function, body in pending:
        platform.deliver(function, [body])
    platform.run()
    done = get(platform.client, alice, f"/v1/speech/{job['id']}").json_body
    assert done["status"] == "done"
    assert mp3.parse(recording(cloud, alice, done)).duration_ms == done["duration_ms"]


def test_the_sweep_resumes_a_job_with_lost_messages(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    media: dict[str, Any],
    sweeping: Sweeping,
) -> None:
    def sweep() -> int:
        cloud.owner.execute(
            """UPDATE speech_jobs SET updated_at = now() - interval '1 hour', lease_until = NULL;
               UPDATE speech_calls SET lease_until = now() - interval '1 hour' WHERE outcome IS NULL;
               UPDATE speech_pending_jobs SET ready_at = now() - interval '1 hour'"""
        )
        with sweeping():
            return reconcile.reconcile()

    job = start(platform.client, alice, media["id"]).json_body
    cloud.messages("speech_jobs")  # lost
    assert sweep() == 1
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    for queue in ("speech_express", "speech_bulk"):
        cloud.messages(queue)  # lost
    sweep()
    for queue in ("speech_express", "speech_bulk"):
        for message in cloud.messages(queue):
            platform.deliver("synthesize", [message["Body"]])
    for message in cloud.messages("speech_results"):
        platform.deliver("record_segment", [message["Body"]])
    cloud.messages("speech_jobs")  # lost
    assert sweep() == 1
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["status"] == "done"


def test_the_sweep_sends_outbox_messages_of_a_crashed_sender(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    media: dict[str, Any],
    sweeping: Sweeping,
) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    (message,) = cloud.messages("speech_jobs")
    cloud.owner.execute(
        """INSERT INTO outbox (id, owner_id, queue, body, created_at)
           VALUES (gen_random_uuid(), %s, 'speech_jobs', %s, now() - interval '5 minutes')""",
        [alice.id, message["Body"]],
    )
    with sweeping():
        assert outbox.send_overdue() == 1
    assert cloud.owner.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["status"] == "done"
