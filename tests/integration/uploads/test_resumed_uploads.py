"""Uploads in parts and as forms: started, interrupted, resumed, completed, aborted, expired."""

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
from tests.integration.uploads.test_uploads import TEXT, get, keys, quota

LINE = b"The keeper wrote down what the sea did, and the sea did what it always does.\n"
LONG = LINE * (2 * PART_BYTES // len(LINE) + 1_000)  # three parts


def start_multipart(client: Client, user: User, content: bytes = LONG, **changes: Any) -> dict[str, Any]:
    body = {"filename": "log.txt", "media_type": "text/plain", "size_bytes": len(content), "method": "MULTIPART"}
    response = client.http.post("/v1/uploads", headers=user.headers, body=json.dumps({**body, **changes}).encode())
    assert response.status_code == 201, response.body
    started: dict[str, Any] = response.json_body
    return started


def get_upload(client: Client, user: User, media_id: str) -> dict[str, Any]:
    response = client.http.get(f"/v1/uploads/{media_id}", headers=user.headers)
    assert response.status_code == 200, response.body
    state: dict[str, Any] = response.json_body
    return state


def complete(client: Client, user: User, media_id: str, parts: list[dict[str, Any]] | None = None) -> Any:
    body = json.dumps({} if parts is None else {"parts": parts}).encode()
    return client.http.post(f"/v1/uploads/{media_id}/complete", headers=user.headers, body=body)


def send(upload: dict[str, Any], content: bytes, *, only: set[int] | None = None) -> list[dict[str, Any]]:
    """PUT the parts that have a URL; return them as a client sends them to complete the upload."""
    client_parts = []
    for part in upload["parts"]:
        if part["url"] and (only is None or part["number"] in only):
            first = (part["number"] - 1) * upload["part_size_bytes"]
            response = requests.put(part["url"], data=content[first : first + part["size_bytes"]], timeout=10)
            assert response.status_code == 200, response.text
            client_parts.append({"number": part["number"], "etag": response.headers["ETag"]})
    return client_parts


def open_parts(cloud: Cloud) -> list[dict[str, Any]]:
    uploads: list[dict[str, Any]] = cloud.s3.list_multipart_uploads(Bucket="incoming").get("Uploads", [])
    return uploads


def arrive(platform: Platform, user: User, media_id: str) -> None:
    assert platform.deliver("ingest", [object_created_event(f"uploads/{user.id}/{media_id}")]) == []


def test_a_file_in_parts_becomes_ready(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = start_multipart(platform.client, alice)
    media_id, upload = started["media"]["id"], started["upload"]
    assert [(part["number"], part["size_bytes"], part["etag"]) for part in upload["parts"]] == [
        (1, PART_BYTES, None),
        (2, PART_BYTES, None),
        (3, len(LONG) - 2 * PART_BYTES, None),
    ]
    assert upload["upload_id"] == media_id
    client_parts = send(upload, LONG)
    response = complete(platform.client, alice, media_id, client_parts)
    assert (response.status_code, response.json_body["status"]) == (200, "pending"), response.body
    arrive(platform, alice, media_id)
    assert get(platform.client, alice, media_id)["status"] == "ready"
    original = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media_id}/original")["Body"].read()
    assert original == LONG
    assert (quota(cloud, alice), open_parts(cloud)) == ((len(LONG), 1), [])
    assert get_upload(platform.client, alice, media_id)["upload"] is None


def test_a_resumed_upload_needs_only_the_missing_parts(client: Client, alice: User) -> None:
    started = start_multipart(client, alice)
    media_id, before = started["media"]["id"], started["upload"]
    client_parts = send(before, LONG, only={1, 3})
    after = get_upload(client, alice, media_id)["upload"]
    assert after["part_size_bytes"] == before["part_size_bytes"]
    assert [part["url"] is None for part in after["parts"]] == [True, False, True]
    assert [part["etag"] for part in after["parts"]] == [
        client_parts[0]["etag"].strip('"'),
        None,
        client_parts[1]["etag"].strip('"'),
    ]
    assert after["resumable_until"] == before["resumable_until"]
    remaining = send(after, LONG)
    assert [part["number"] for part in remaining] == [2]
    assert complete(client, alice, media_id, [*client_parts, *remaining]).status_code == 200


def test_an_upload_with_missing_or_other_parts_is_not_completed(client: Client, alice: User, cloud: Cloud) -> None:
    started = start_multipart(client, alice)
    media_id = started["media"]["id"]
    client_parts = send(started["upload"], LONG, only={1, 3})
    response = complete(client, alice, media_id, client_parts)
    assert (response.status_code, problem(response)["code"]) == (409, "parts_missing")
    assert "incomplete: 2." in problem(response)["detail"]
    client_parts += send(started["upload"], LONG, only={2})
    for wrong in (client_parts[:2], [*client_parts[:2], {"number": 2, "etag": "0" * 32}]):
        response = complete(client, alice, media_id, wrong)
        assert (response.status_code, problem(response)["code"]) == (409, "parts_mismatch")
    assert keys(cloud, "incoming") == set()
    assert (
        complete(client, alice, media_id).status_code == 200
    )  # sending the list is optional: sizes are checked anyway
    assert keys(cloud, "incoming") == {f"uploads/{alice.id}/{media_id}"}


def test_completing_again_changes_nothing(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = start_multipart(platform.client, alice)
    media_id = started["media"]["id"]
    client_parts = send(started["upload"], LONG)
    responses = [complete(platform.client, alice, media_id, client_parts) for _ in range(2)]
    arrive(platform, alice, media_id)
    responses += [complete(platform.client, alice, media_id, client_parts)]
    assert [response.status_code for response in responses] == [200, 200, 200]
    assert [response.json_body["status"] for response in responses] == ["pending", "pending", "ready"]
    assert quota(cloud, alice) == (len(LONG), 1)


def test_completing_can_be_repeated_after_a_lost_response(client: Client, alice: User) -> None:
    started = start_multipart(client, alice)
    media_id = started["media"]["id"]
    client_parts = send(started["upload"], LONG)
    with intercept_s3("CompleteMultipartUpload", die, moment="after-call"), pytest.raises(WorkerDiedError):
        complete(client, alice, media_id, client_parts)
    assert complete(client, alice, media_id, client_parts).status_code == 200
    assert get_upload(client, alice, media_id)["upload"] is None


def test_a_retry_continues_a_start_that_crashed(client: Client, alice: User, cloud: Cloud) -> None:
    body = {"filename": "log.txt", "media_type": "text/plain", "size_bytes": len(LONG), "method": "MULTIPART"}
    headers = {**alice.headers, "Idempotency-Key": "parts"}
    with intercept_s3("CreateMultipartUpload", die, moment="after-call"), pytest.raises(WorkerDiedError):
        client.http.post("/v1/uploads", headers=headers, body=json.dumps(body).encode())
    response = client.http.post("/v1/uploads", headers=headers, body=json.dumps(body).encode())
    assert response.status_code == 201, response.body
    assert quota(cloud, alice) == (len(LONG), 1)
    assert send(response.json_body["upload"], LONG, only={1})


def test_aborting_deletes_the_parts_and_releases_the_quota(platform: Platform, alice: User, cloud: Cloud) -> None:
    started = start_multipart(platform.client, alice)
    media_id = started["media"]["id"]
    send(started["upload"], LONG, only={1})
    path = f"/v1/uploads/{media_id}"
    assert platform.client.http.delete(path, headers=alice.headers).status_code == 204
    assert (quota(cloud, alice), open_parts(cloud)) == ((0, 0), [])
    assert platform.client.http.get(path, headers=alice.headers).status_code == 404
    assert platform.client.http.delete(path, headers=alice.headers).status_code == 404
    # URLs signed before still work for minutes: bytes that arrive are deleted unread.
    assert platform.upload_object(f"uploads/{alice.id}/{media_id}", TEXT) == []
    assert keys(cloud, "incoming") == set()


def test_an_upload_that_is_inspected_or_finished_cannot_be_aborted(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    started = start_multipart(platform.client, alice, TEXT, method="PUT")
    media_id = started["media"]["id"]
    platform.upload_object(f"uploads/{alice.id}/{media_id}", TEXT)
    for status in ("ready", "inspecting"):
        cloud.owner.execute("UPDATE media SET status = %s", [status])
        response = platform.client.http.delete(f"/v1/uploads/{media_id}", headers=alice.headers)
        assert (response.status_code, problem(response)["code"]) == (409, "not_pending")
    assert quota(cloud, alice) == (len(TEXT), 1)


def test_an_abandoned_upload_expires_with_its_parts(
    client: Client, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    started = start_multipart(client, alice)
    media_id = started["media"]["id"]
    send(started["upload"], LONG, only={1})
    cloud.owner.execute(
        """UPDATE media SET created_at = created_at - interval '20 hours',
                            upload_expires_at = upload_expires_at - interval '20 hours'"""
    )
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation()  # it can still be resumed
    cloud.owner.execute("UPDATE media SET upload_expires_at = now() - interval '2 hours'")
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(expired=1)
    assert (quota(cloud, alice), open_parts(cloud)) == ((0, 0), [])
    assert get_upload(client, alice, media_id)["media"]["status"] == "expired"
    response = complete(client, alice, media_id)
    assert (response.status_code, problem(response)["code"]) == (409, "upload_expired")


def test_the_sweep_finds_a_completed_upload_whose_event_was_lost(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    started = start_multipart(platform.client, alice)
    media_id = started["media"]["id"]
    complete(platform.client, alice, media_id, send(started["upload"], LONG))
    cloud.owner.execute("UPDATE media SET created_at = now() - interval '20 minutes'")
    with sweeping():
        assert reconcile.reconcile() == reconcile.UploadReconciliation(requeued=1)
    platform.run()
    assert get(platform.client, alice, media_id)["status"] == "ready"


def test_a_form_accepts_one_key_type_and_size_only(client: Client, alice: User) -> None:
    upload = start_multipart(client, alice, TEXT, method="POST")["upload"]
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
    valid_for = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < valid_for <= timedelta(minutes=15)


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_an_expired_request_is_signed_again(client: Client, alice: User, cloud: Cloud, method: str) -> None:
    media_id = start_multipart(client, alice, TEXT, method=method)["media"]["id"]
    cloud.owner.execute(
        "UPDATE media SET created_at = now() - interval '70 minutes', upload_expires_at = now() - interval '55 minutes'"
    )
    upload = get_upload(client, alice, media_id)["upload"]
    assert (upload["method"], upload["url"].partition("?")[0]) == (method, upload["url"].partition("?")[0])
    (until,) = cloud.owner.execute("SELECT upload_expires_at FROM media").fetchone() or (None,)
    assert until is not None
    assert until > datetime.now(UTC) + timedelta(minutes=14), "the sweep would expire it under the new URL"
    cloud.owner.execute("UPDATE media SET created_at = now() - interval '25 hours'")
    assert get_upload(client, alice, media_id)["upload"] is None


def test_only_multipart_uploads_are_completed(client: Client, alice: User) -> None:
    media_id = start_multipart(client, alice, TEXT, method="PUT")["media"]["id"]
    response = complete(client, alice, media_id)
    assert (response.status_code, problem(response)["code"]) == (409, "not_multipart")


def test_another_users_upload_does_not_exist(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    media_id = start_multipart(client, alice)["media"]["id"]
    for user, upload_id in ((bob, media_id), (alice, str(uuid4()))):
        path = f"/v1/uploads/{upload_id}"
        assert client.http.get(path, headers=user.headers).status_code == 404
        assert client.http.delete(path, headers=user.headers).status_code == 404
        assert complete(client, user, upload_id).status_code == 404
    assert len(open_parts(cloud)) == 1


def test_starting_too_many_uploads_is_limited_per_owner(client: Client, alice: User, bob: User, cloud: Cloud) -> None:
    for _ in range(start.PER_MINUTE.requests):
        rate_limit.consume(start.PER_MINUTE, str(alice.id))
    body = json.dumps({"filename": "a.txt", "media_type": "text/plain", "size_bytes": 1}).encode()
    response = client.http.post("/v1/uploads", headers=alice.headers, body=body)
    assert (response.status_code, problem(response)["code"]) == (429, "rate_limited")
    assert int(response.headers["Retry-After"]) >= 1
    assert quota(cloud, alice) == (0, 0)
    assert client.http.post("/v1/uploads", headers=bob.headers, body=body).status_code == 201
