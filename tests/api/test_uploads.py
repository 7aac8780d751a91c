"""Getting files in: one PUT, a form, parts; and what is refused, before and after the bytes came."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.api.client import Api, post_form, put

Json = Any
TEXT = b"A short text, to be thrown away again.\n"


def test_a_file_that_was_announced_and_sent_is_ready(book: Json, story: bytes) -> None:
    assert (book["status"], book["media_type"], book["size_bytes"]) == ("ready", "text/plain", len(story))
    assert book["rejection"] is None
    assert book["word_count"] > 20


def test_the_answer_says_where_the_media_is_and_what_to_send(alice: Api) -> None:
    name = f"{alice.run} located.txt"
    body = {"filename": name, "media_type": "text/plain", "size_bytes": 3}
    answer = alice.call("POST", "/v1/uploads", body, expect=201)
    media = answer.json()["media"]
    alice.created.media.append(media["id"])
    assert answer.headers["Location"] == f"/v1/media/{media['id']}"
    assert (media["filename"], media["status"]) == (name, "pending")
    assert answer.json()["upload"]["method"] == "PUT"
    assert alice.get(f"/v1/uploads/{media['id']}")["upload"]["url"].startswith("http")


def test_storage_takes_nothing_but_what_was_announced(alice: Api) -> None:
    digest = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()
    upload = alice.begin(TEXT, filename="exact.txt", sha256=digest)["upload"]
    assert put(upload, TEXT + b"!", **{"X-Probe": "1"}).status_code in {400, 403}
    assert put(upload, TEXT.upper(), **{"X-Probe": "1"}).status_code in {400, 403}
    assert put(upload, TEXT, **{"Content-Type": "text/html"}).status_code == 403
    assert put(upload, TEXT).status_code == 200
    assert put(upload, TEXT, **{"X-Probe": "1"}).status_code == 412


def test_nothing_is_readable_before_it_was_inspected(alice: Api) -> None:
    media = alice.begin(TEXT, filename="unseen.txt")["media"]
    assert alice.refused("GET", f"/v1/media/{media['id']}/url", 409)["code"] == "not_ready"
    assert alice.refused("GET", f"/v1/media/stream/{media['id']}", 409)["code"] == "not_ready"
    alice.refused("GET", f"/v1/media/{media['id']}/text", 409)


def test_a_file_that_is_not_what_it_was_said_to_be_is_rejected_and_never_readable(alice: Api) -> None:
    media = alice.upload(b"\x89PNG\r\n\x1a\n" + bytes(100), filename="picture.txt")
    assert media["status"] == "rejected"
    assert media["rejection"]["code"] == "type_mismatch"
    assert len(media["rejection"]["detail"]) > 20
    alice.refused("GET", f"/v1/media/{media['id']}/url", 409)


def test_a_form_can_be_used_instead(alice: Api) -> None:
    started = alice.begin(TEXT, filename="form.txt", method="POST")
    upload = started["upload"]
    assert post_form(upload["url"], upload["fields"], TEXT + b"!").status_code in {400, 403}
    assert post_form(upload["url"], upload["fields"], TEXT).status_code in {201, 204}
    assert alice.settled(started["media"]["id"])["status"] == "ready"


def test_an_upload_in_parts_can_be_looked_at_and_completed(alice: Api) -> None:
    started = alice.begin(TEXT, filename="parts.txt", method="MULTIPART")
    path = f"/v1/uploads/{started['media']['id']}"
    (part,) = started["upload"]["parts"]
    alice.refused("POST", f"{path}/complete", 409, {})
    assert requests.put(part["url"], data=TEXT, timeout=60).status_code == 200
    (sent,) = alice.get(path)["upload"]["parts"]
    assert sent["url"] is None
    named = {"parts": [{"number": 1, "etag": sent["etag"]}]}
    for _ in range(2):
        assert alice.call("POST", f"{path}/complete", named, expect=200).json()["id"] == started["media"]["id"]
    assert alice.settled(started["media"]["id"])["status"] == "ready"


def test_an_upload_can_be_given_up(alice: Api) -> None:
    media = alice.begin(TEXT, filename="given up.txt")["media"]
    alice.call("DELETE", f"/v1/uploads/{media['id']}", expect=204)
    alice.refused("GET", f"/v1/media/{media['id']}", 404)
    alice.refused("DELETE", f"/v1/uploads/{media['id']}", 404)


def test_the_same_request_with_the_same_key_is_done_once(alice: Api) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    body = {"filename": f"{alice.run} once.txt", "media_type": "text/plain", "size_bytes": 1}
    first, again = (alice.call("POST", "/v1/uploads", body, headers=key, expect=201).json() for _ in range(2))
    alice.created.media.append(first["media"]["id"])
    assert again == first
    problem = alice.refused("POST", "/v1/uploads", 422, {**body, "size_bytes": 2}, headers=key)
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
def test_what_would_be_refused_anyway_is_refused_before_it_is_sent(alice: Api, body: Json, status: int) -> None:
    alice.refused("POST", "/v1/uploads", status, body)
