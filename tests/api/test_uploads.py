"""Uploads: one PUT, a form, parts; and rejections before and after the bytes arrive."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.api.client import Api, post_form, put

Json = Any
TEXT = b"A short text, to be deleted again.\n"


def test_an_uploaded_file_becomes_ready(book: Json, story: bytes) -> None:
    assert (book["status"], book["media_type"], book["size_bytes"]) == ("ready", "text/plain", len(story))
    assert book["rejection"] is None
    assert book["word_count"] > 20


def test_everyone_may_read_which_files_are_accepted(anonymous: Api) -> None:
    upload_types = anonymous.get("/v1/upload-types")
    endings = {ending for item in upload_types["items"] for ending in item["extensions"]}
    assert {".pdf", ".epub", ".docx", ".txt", ".mp3", ".jpg"} <= endings
    assert endings <= set(upload_types["accept"].split(","))
    assert upload_types["max_file_bytes"] > 1_000_000


def test_the_response_has_the_location_and_the_request_to_send(alice: Api) -> None:
    name = f"{alice.run} located.txt"
    body = {"filename": name, "media_type": "text/plain", "size_bytes": 3}
    response = alice.call("POST", "/v1/uploads", body, expect=201)
    media = response.json()["media"]
    alice.created.media.append(media["id"])
    assert response.headers["Location"] == f"/v1/media/{media['id']}"
    assert (media["filename"], media["status"]) == (name, "pending")
    assert response.json()["upload"]["method"] == "PUT"
    assert alice.get(f"/v1/uploads/{media['id']}")["upload"]["url"].startswith("http")


def test_storage_accepts_only_what_was_declared(alice: Api) -> None:
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    upload = alice.start_upload(TEXT, filename="exact.txt", sha256=digest)["upload"]
    assert put(upload, TEXT + b"!", **{"X-Probe": "1"}).status_code in {400, 403}
    assert put(upload, TEXT.upper(), **{"X-Probe": "1"}).status_code in {400, 403}
    assert put(upload, TEXT, **{"Content-Type": "text/html"}).status_code == 403
    assert put(upload, TEXT).status_code == 200
    assert put(upload, TEXT, **{"X-Probe": "1"}).status_code == 412


def test_a_media_cannot_be_read_before_its_inspection(alice: Api) -> None:
    media = alice.start_upload(TEXT, filename="unseen.txt")["media"]
    assert alice.expect_problem("GET", f"/v1/media/{media['id']}/url", 409)["code"] == "not_ready"
    assert alice.expect_problem("GET", f"/v1/media/stream/{media['id']}", 409)["code"] == "not_ready"
    alice.expect_problem("GET", f"/v1/media/{media['id']}/text", 409)


def test_a_file_of_another_type_is_rejected_and_never_readable(alice: Api) -> None:
    media = alice.upload(b"\x89PNG\r\n\x1a\n" + bytes(100), filename="picture.txt")
    assert media["status"] == "rejected"
    assert media["rejection"]["code"] == "type_mismatch"
    assert len(media["rejection"]["detail"]) > 20
    alice.expect_problem("GET", f"/v1/media/{media['id']}/url", 409)


def test_a_form_upload_becomes_ready(alice: Api) -> None:
    started = alice.start_upload(TEXT, filename="form.txt", method="POST")
    upload = started["upload"]
    assert post_form(upload["url"], upload["fields"], TEXT + b"!").status_code in {400, 403}
    assert post_form(upload["url"], upload["fields"], TEXT).status_code in {201, 204}
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"


def test_an_upload_in_parts_is_resumed_and_completed(alice: Api) -> None:
    started = alice.start_upload(TEXT, filename="parts.txt", method="MULTIPART")
    path = f"/v1/uploads/{started['media']['id']}"
    (part,) = started["upload"]["parts"]
    alice.expect_problem("POST", f"{path}/complete", 409, {})
    assert requests.put(part["url"], data=TEXT, timeout=60).status_code == 200
    (sent,) = alice.get(path)["upload"]["parts"]
    assert sent["url"] is None
    listed = {"parts": [{"number": 1, "etag": sent["etag"]}]}
    for _ in range(2):
        assert alice.call("POST", f"{path}/complete", listed, expect=200).json()["id"] == started["media"]["id"]
    assert alice.wait_until_inspected(started["media"]["id"])["status"] == "ready"


def test_an_upload_can_be_aborted(alice: Api) -> None:
    media = alice.start_upload(TEXT, filename="aborted.txt")["media"]
    alice.call("DELETE", f"/v1/uploads/{media['id']}", expect=204)
    alice.expect_problem("GET", f"/v1/media/{media['id']}", 404)
    alice.expect_problem("DELETE", f"/v1/uploads/{media['id']}", 404)


def test_a_repeated_request_with_the_same_key_is_executed_once(alice: Api) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"filename": f"{alice.run} once.txt", "media_type": "text/plain", "size_bytes": 1}
    first, repeated = (alice.call("POST", "/v1/uploads", body, headers=key, expect=201).json() for _ in range(2))
    alice.created.media.append(first["media"]["id"])
    assert repeated["media"] == first["media"]
    assert repeated["upload"].keys() == first["upload"].keys()  # its URLs are signed anew
    problem = alice.expect_problem("POST", "/v1/uploads", 422, {**body, "size_bytes": 2}, headers=key)
    assert problem["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filename": "a.pdf", "media_type": "application/pdf", "size_bytes": 104_857_601}, 413),
        ({"filename": "a.exe", "media_type": "application/x-msdownload", "size_bytes": 1}, 415),
        ({"filename": "a.png", "media_type": "application/pdf", "size_bytes": 1}, 415),
        ({"filename": "a.pdf", "media_type": "application/pdf", "size_bytes": 0}, 422),
        ({"filename": "a.pdf", "media_type": "application/pdf", "size_bytes": "1"}, 422),
        ({"filename": "a\r\nb.pdf", "media_type": "application/pdf", "size_bytes": 1}, 422),
        ({"filename": "a.pdf", "media_type": "application/pdf", "size_bytes": 1, "sha256": "short"}, 422),
        ({"filename": "a.pdf", "media_type": "application/pdf", "size_bytes": 1, "method": "GET"}, 422),
        ({"filename": "", "media_type": "application/pdf", "size_bytes": 1}, 422),
        ({}, 422),
    ],
)
def test_an_unacceptable_file_is_rejected_before_it_is_sent(alice: Api, body: Json, status: int) -> None:
    alice.expect_problem("POST", "/v1/uploads", status, body)
