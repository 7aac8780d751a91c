"""The contract of Uppy Companion, with bearer tokens and with link tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.api.client import Api, post_form

Json = Any
TEXT = b"Sent as Uppy sends it.\n"
Call = Callable[..., Json]


@pytest.fixture(params=["bearer", "capability"])
def uppy(request: pytest.FixtureRequest, alice: Api, anonymous: Api) -> Call:
    """Send requests below /s3 in both ways."""
    if request.param == "bearer":
        sender, prefix = alice, "/v1"
    else:
        sender, prefix = anonymous, alice.call("POST", "/v1/uploads/capability", expect=200).json()["path"]

    def call(method: str, path: str, body: Json = None, **more: Any) -> Json:
        return sender.call(method, f"{prefix}/s3{path}", body, expect=200, **more).json()

    return call


def test_a_form_upload(alice: Api, uppy: Call) -> None:
    query = {"filename": f"{alice.run} form.txt", "type": "text/plain", "metadata[size]": len(TEXT)}
    form = uppy("GET", "/params", params=query)
    media_id = form["fields"]["key"].rpartition("/")[2]
    alice.created.media.append(media_id)
    assert form["method"] == "POST"
    assert post_form(form["url"], form["fields"], TEXT).status_code in {201, 204}
    assert alice.wait_until_inspected(media_id)["status"] == "ready"


def test_an_upload_in_parts(alice: Api, uppy: Call) -> None:
    file = {"filename": f"{alice.run} parts.txt", "type": "text/plain", "metadata": {"size": len(TEXT)}}
    started = uppy("POST", "/multipart", file)
    alice.created.media.append(started["uploadId"])
    path, key = f"/multipart/{started['uploadId']}", {"key": started["key"]}
    assert uppy("GET", path, params=key) == []
    assert uppy("GET", f"{path}/batch", params={**key, "partNumbers": "1"})["presignedUrls"].keys() == {"1"}
    url = uppy("GET", f"{path}/1", params=key)["url"]
    assert requests.put(url, data=TEXT, timeout=60).status_code == 200
    (part,) = uppy("GET", path, params=key)
    assert (part["PartNumber"], part["Size"]) == (1, len(TEXT))
    parts = {"parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    assert uppy("POST", f"{path}/complete", parts, params=key)["location"] == f"/v1/media/{started['uploadId']}"
    assert alice.wait_until_inspected(started["uploadId"])["status"] == "ready"


def test_aborting_an_upload(alice: Api, uppy: Call) -> None:
    started = uppy("POST", "/multipart", {"filename": f"{alice.run} no.txt", "type": "text/plain"})
    alice.created.media.append(started["uploadId"])
    assert uppy("DELETE", f"/multipart/{started['uploadId']}", params={"key": started["key"]}) == {}
    alice.expect_problem("GET", f"/v1/media/{started['uploadId']}", 404)


def test_signing_requests_for_uppy_6(alice: Api) -> None:
    request = {"method": "PUT", "key": f"{alice.run} signed.txt", "contentType": "text/plain"}
    signed = alice.call("POST", "/v1/s3/sign", request, expect=200).json()
    media_id = signed["key"].rpartition("/")[2]
    alice.created.media.append(media_id)
    assert post_form(signed["url"], signed["fields"], TEXT).status_code in {201, 204}
    assert alice.wait_until_inspected(media_id)["status"] == "ready"
    alice.expect_problem("POST", "/v1/s3/sign", 422, {"method": "DELETE", "key": signed["key"]})


def test_an_invalid_link_token_is_unauthorized(anonymous: Api) -> None:
    anonymous.expect_problem("GET", "/v1/u/nonsense/s3/params?filename=a.txt", 401)


def test_credentials_are_never_issued(alice: Api) -> None:
    alice.expect_problem("GET", "/v1/s3/sts", 404)
