"""Uploads in parts and as forms: begun, interrupted, looked at again, completed, given up, forgotten."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import requests
from chalice.test import Client

from chalicelib.platform.db import rate_limit
from chalicelib.uploads import reconcile, start
from chalicelib.uploads.parts import PART_BYTES
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDied, arrival, at_storage, die
from tests.integration.uploads.test_uploads import TEXT, get, keys, quota

LINE = b"The keeper wrote down what the sea did, and the sea did what it always does.\n"
LONG = LINE * (2 * PART_BYTES // len(LINE) + 1_000)  # three parts


def begin(client: Client, user: User, content: bytes = LONG, **changes: Any) -> dict[str, Any]:
    wanted = {"filename": "log.txt", "media_type": "text/plain", "size_bytes": len(content), "method": "MULTIPART"}
    response = client.http.post("/v1/uploads", headers=user.headers, body=json.dumps({**wanted, **changes}).encode())
    assert response.status_code == 201, response.body
    answer: dict[str, Any] = response.json_body
    return answer


def look(client: Client, user: User, media_id: str) -> dict[str, Any]:
    response = client.http.get(f"/v1/uploads/{media_id}", headers=user.headers)
    assert response.status_code == 200, response.body
    state: dict[str, Any] = response.json_body
    return state


def complete(client: Client, user: User, media_id: str, parts: list[dict[str, Any]] | None = None) -> Any:
    body = json.dumps({} if parts is None else {"parts": parts}).encode()
    return client.http.post(f"/v1/uploads/{media_id}/complete", headers=user.headers, body=body)


def send(upload: dict[str, Any], content: bytes, *, only: set[int] | None = None) -> list[dict[str, Any]]:
    """PUT the parts that have a URL; answers them as a client would name them."""
    named = []
    for part in upload["parts"]:
        if part["url"] and (only is None or part["number"] in only):
            first = (part["number"] - 1) * upload["part_size_bytes"]
            answer = requests.put(part["url"], data=content[first : first + part["size_bytes"]], timeout=10)
            assert answer.status_code == 200, answer.text
            named.append({"number": part["number"], "etag": answer.headers["ETag"]})
    return named


def open_parts(cloud: Cloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.s3.list_multipart_uploads(Bucket="incoming").get("Uploads", [])
    return found


def arrive(platform: Platform, user: User, media_id: str) -> None:
    assert platform.deliver("ingest", [arrival(f"uploads/{user.id}/{media_id}")]) == []


def test_a_file_in_parts_becomes_ready(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = begin(platform.client, alice)
    media_id, upload = started["media"]["id"], started["upload"]
    assert [(part["number"], part["size_bytes"], part["etag"]) for part in upload["parts"]] == [
        (1, PART_BYTES, None),
        (2, PART_BYTES, None),
        (3, len(LONG) - 2 * PART_BYTES, None),
    ]
    assert upload["upload_id"] == media_id
    named = send(upload, LONG)
    answer = complete(platform.client, alice, media_id, named)
    assert (answer.status_code, answer.json_body["status"]) == (200, "pending"), answer.body
    arrive(platform, alice, media_id)
    assert get(platform.client, alice, media_id)["status"] == "ready"
    kept = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media_id}/original")["Body"].read()
    assert kept == LONG
    assert (quota(cloud, alice), open_parts(cloud)) == ((len(LONG), 1), [])
    assert look(platform.client, alice, media_id)["upload"] is None


def test_whoever_comes_back_sends_only_what_is_missing(client: Client, alice: User) -> None:
    started = begin(client, alice)
    media_id, before = started["media"]["id"], started["upload"]
    named = send(before, LONG, only={1, 3})
    after = look(client, alice, media_id)["upload"]
    assert after["part_size_bytes"] == before["part_size_bytes"]
    assert [part["url"] is None for part in after["parts"]] == [True, False, True]
    assert [part["etag"] for part in after["parts"]] == [named[0]["etag"].strip('"'), None, named[1]["etag"].strip('"')]
    assert after["resumable_until"] == before["resumable_until"]
    rest = send(after, LONG)
    assert [part["number"] for part in rest] == [2]
    assert complete(client, alice, media_id, [*named, *rest]).status_code == 200


def test_what_is_not_whole_is_not_completed(client: Client, alice: User, cloud: Cloud) -> None:
    started = begin(client, alice)
    media_id = started["media"]["id"]
    named = send(started["upload"], LONG, only={1, 3})
    answer = complete(client, alice, media_id, named)
    assert (answer.status_code, problem(answer)["code"]) == (409, "parts_missing")
    assert "incomplete: 2." in problem(answer)["detail"]
    named += send(started["upload"], LONG, only={2})
    for wrong in (named[:2], [*named[:2], {"number": 2, "etag": "0" * 32}]):
        answer = complete(client, alice, media_id, wrong)
        assert (answer.status_code, problem(answer)["code"]) == (409, "parts_mismatch")
    assert keys(cloud, "incoming") == set()
    assert (
        complete(client, alice, media_id).status_code == 200
    )  # naming them is the client's own check, ours is made anyway
    assert keys(cloud, "incoming") == {f"uploads/{alice.id}/{media_id}"}


def test_completing_again_changes_nothing(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = begin(platform.client, alice)
    media_id = started["media"]["id"]
    named = send(started["upload"], LONG)
    answers = [complete(platform.client, alice, media_id, named) for _ in range(2)]
    arrive(platform, alice, media_id)
    answers += [complete(platform.client, alice, media_id, named)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json_body["status"] for answer in answers] == ["pending", "pending", "ready"]
    assert quota(cloud, alice) == (len(LONG), 1)


def test_an_answer_that_was_lost_can_be_asked_for_again(client: Client, alice: User) -> None:
    started = begin(client, alice)
    media_id = started["media"]["id"]
    named = send(started["upload"], LONG)
    with at_storage("CompleteMultipartUpload", die, moment="after-call"), pytest.raises(WorkerDied):
        complete(client, alice, media_id, named)
    assert complete(client, alice, media_id, named).status_code == 200
    assert look(client, alice, media_id)["upload"] is None


def test_a_begin_that_died_is_taken_up_by_its_retry(client: Client, alice: User, cloud: Cloud) -> None:
    wanted = {"filename": "log.txt", "media_type": "text/plain", "size_bytes": len(LONG), "method": "MULTIPART"}
    headers = {**alice.headers, "Idempotency-Key": "parts"}
    with at_storage("CreateMultipartUpload", die, moment="after-call"), pytest.raises(WorkerDied):
        client.http.post("/v1/uploads", headers=headers, body=json.dumps(wanted).encode())
    answer = client.http.post("/v1/uploads", headers=headers, body=json.dumps(wanted).encode())
    assert answer.status_code == 201, answer.body
    assert quota(cloud, alice) == (len(LONG), 1)
    assert send(answer.json_body["upload"], LONG, only={1})


def test_giving_up_returns_everything(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = begin(platform.client, alice)
    media_id = started["media"]["id"]
    send(started["upload"], LONG, only={1})
    path = f"/v1/uploads/{media_id}"
    assert platform.client.http.delete(path, headers=alice.headers).status_code == 204
    assert (quota(cloud, alice), open_parts(cloud)) == ((0, 0), [])
    assert platform.client.http.get(path, headers=alice.headers).status_code == 404
    assert platform.client.http.delete(path, headers=alice.headers).status_code == 404
    # A URL that was handed out works on for minutes: what comes is thrown away unread.
    assert platform.arrive(f"uploads/{alice.id}/{media_id}", TEXT) == []
    assert keys(cloud, "incoming") == set()


def test_what_is_inspected_or_settled_cannot_be_given_up(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = begin(platform.client, alice, TEXT, method="PUT")
    media_id = started["media"]["id"]
    platform.arrive(f"uploads/{alice.id}/{media_id}", TEXT)
    for status in ("ready", "inspecting"):
        cloud.owner.execute("UPDATE media SET status = %s", [status])
        answer = platform.client.http.delete(f"/v1/uploads/{media_id}", headers=alice.headers)
        assert (answer.status_code, problem(answer)["code"]) == (409, "not_pending")
    assert quota(cloud, alice) == (len(TEXT), 1)


def test_what_nobody_finishes_is_thrown_away(client: Client, alice: User, cloud: Cloud, sweeping: Sweeping) -> None:
    started = begin(client, alice)
    media_id = started["media"]["id"]
    send(started["upload"], LONG, only={1})
    cloud.owner.execute(
        """UPDATE media SET created_at = created_at - interval '20 hours',
                            upload_expires_at = upload_expires_at - interval '20 hours'"""
    )
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation()  # it may still go on
    cloud.owner.execute("UPDATE media SET upload_expires_at = now() - interval '2 hours'")
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(expired=1)
    assert (quota(cloud, alice), open_parts(cloud)) == ((0, 0), [])
    assert look(client, alice, media_id)["media"]["status"] == "expired"
    answer = complete(client, alice, media_id)
    assert (answer.status_code, problem(answer)["code"]) == (409, "upload_expired")


def test_completed_parts_whose_event_was_lost_are_found(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    started = begin(platform.client, alice)
    media_id = started["media"]["id"]
    complete(platform.client, alice, media_id, send(started["upload"], LONG))
    cloud.owner.execute("UPDATE media SET created_at = now() - interval '20 minutes'")
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(requeued=1)
    platform.run()
    assert get(platform.client, alice, media_id)["status"] == "ready"


def test_a_form_takes_this_key_type_and_size_only(client: Client, alice: User) -> None:
    upload = begin(client, alice, TEXT, method="POST")["upload"]
    policy = json.loads(base64.b64decode(upload["fields"]["policy"]))
    key = upload["fields"]["key"]
    assert key.startswith(f"uploads/{alice.id}/")
    for condition in (
        {"key": key},
        {"Content-Type": "text/plain"},
        {"success_action_status": "201"},
        {"bucket": "incoming"},
        ["content-length-range", len(TEXT), len(TEXT)],
    ):
        assert condition in policy["conditions"]
    assert not [rule for rule in policy["conditions"] if isinstance(rule, list) and rule[0] == "starts-with"]
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_request_that_ran_out_is_signed_again(client: Client, alice: User, cloud: Cloud, method: str) -> None:
    media_id = begin(client, alice, TEXT, method=method)["media"]["id"]
    cloud.owner.execute(
        "UPDATE media SET created_at = now() - interval '70 minutes', upload_expires_at = now() - interval '55 minutes'"
    )
    upload = look(client, alice, media_id)["upload"]
    assert (upload["method"], upload["url"].partition("?")[0]) == (method, upload["url"].partition("?")[0])
    (until,) = cloud.owner.execute("SELECT upload_expires_at FROM media").fetchone() or (None,)
    assert until is not None
    assert until > datetime.now(UTC) + timedelta(minutes=14), "the sweep would expire it under the new URL"
    cloud.owner.execute("UPDATE media SET created_at = now() - interval '25 hours'")
    assert look(client, alice, media_id)["upload"] is None


def test_only_parts_are_completed(client: Client, alice: User) -> None:
    media_id = begin(client, alice, TEXT, method="PUT")["media"]["id"]
    answer = complete(client, alice, media_id)
    assert (answer.status_code, problem(answer)["code"]) == (409, "not_multipart")


def test_another_users_upload_does_not_exist(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    media_id = begin(client, alice)["media"]["id"]
    for someone, wanted in ((bob, media_id), (alice, str(uuid4()))):
        path = f"/v1/uploads/{wanted}"
        assert client.http.get(path, headers=someone.headers).status_code == 404
        assert client.http.delete(path, headers=someone.headers).status_code == 404
        assert complete(client, someone, wanted).status_code == 404
    assert len(open_parts(cloud)) == 1


def test_who_begins_too_often_waits(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    for _ in range(start.PER_MINUTE.requests):
        rate_limit.consume(start.PER_MINUTE, str(alice.id))
    wanted = json.dumps({"filename": "a.txt", "media_type": "text/plain", "size_bytes": 1}).encode()
    answer = client.http.post("/v1/uploads", headers=alice.headers, body=wanted)
    assert (answer.status_code, problem(answer)["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) >= 1
    assert quota(cloud, alice) == (0, 0)
    assert client.http.post("/v1/uploads", headers=bob.headers, body=wanted).status_code == 201
