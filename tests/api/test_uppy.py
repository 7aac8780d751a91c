"""Uppy's own contract, with a bearer token and with a capability in the path."""

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
def uppy(request: pytest.FixtureRequest, alice: Api, nobody: Api) -> Call:
    """Asks below /s3, in both ways."""
    if request.param == "bearer":
        sender, prefix = alice, "/v1"
    else:
        sender, prefix = nobody, alice.call("POST", "/v1/uploads/capability", expect=200).json()["path"]

    def call(method: str, path: str, body: Json = None, **more: Any) -> Json:
        return sender.call(method, f"{prefix}/s3{path}", body, expect=200, **more).json()

    return call


def test_a_form(alice: Api, uppy: Call) -> None:
    query = {"filename": f"{alice.run} form.txt", "type": "text/plain", "metadata[size]": len(TEXT)}
    form = uppy("GET", "/params", params=query)
    media_id = form["fields"]["key"].rpartition("/")[2]
    alice.created.media.append(media_id)
    assert form["method"] == "POST"
    assert post_form(form["url"], form["fields"], TEXT).status_code in {201, 204}
    assert alice.settled(media_id)["status"] == "ready"


def test_parts(alice: Api, uppy: Call) -> None:
    announced = {"filename": f"{alice.run} parts.txt", "type": "text/plain", "metadata": {"size": len(TEXT)}}
    begun = uppy("POST", "/multipart", announced)
    alice.created.media.append(begun["uploadId"])
    path, key = f"/multipart/{begun['uploadId']}", {"key": begun["key"]}
    assert uppy("GET", path, params=key) == []
    assert uppy("GET", f"{path}/batch", params={**key, "partNumbers": "1"})["presignedUrls"].keys() == {"1"}
    url = uppy("GET", f"{path}/1", params=key)["url"]
    assert requests.put(url, data=TEXT, timeout=60).status_code == 200
    (part,) = uppy("GET", path, params=key)
    assert (part["PartNumber"], part["Size"]) == (1, len(TEXT))
    parts = {"parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    assert uppy("POST", f"{path}/complete", parts, params=key)["location"] == f"/v1/media/{begun['uploadId']}"
    assert alice.settled(begun["uploadId"])["status"] == "ready"


def test_giving_up(alice: Api, uppy: Call) -> None:
    begun = uppy("POST", "/multipart", {"filename": f"{alice.run} no.txt", "type": "text/plain"})
    alice.created.media.append(begun["uploadId"])
    assert uppy("DELETE", f"/multipart/{begun['uploadId']}", params={"key": begun["key"]}) == {}
    alice.refused("GET", f"/v1/media/{begun['uploadId']}", 404)


def test_signing_for_version_6(alice: Api) -> None:
    wanted = {"method": "PUT", "key": f"{alice.run} signed.txt", "contentType": "text/plain"}
    signed = alice.call("POST", "/v1/s3/sign", wanted, expect=200).json()
    media_id = signed["key"].rpartition("/")[2]
    alice.created.media.append(media_id)
    assert post_form(signed["url"], signed["fields"], TEXT).status_code in {201, 204}
    assert alice.settled(media_id)["status"] == "ready"
    alice.refused("POST", "/v1/s3/sign", 422, {"method": "DELETE", "key": signed["key"]})


def test_a_capability_that_is_none_opens_nothing(nobody: Api) -> None:
    nobody.refused("GET", "/v1/u/nonsense/s3/params?filename=a.txt", 401)


def test_nobody_hands_out_credentials(alice: Api) -> None:
    alice.refused("GET", "/v1/s3/sts", 404)
