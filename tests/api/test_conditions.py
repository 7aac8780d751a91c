"""HEAD, ETags and conditions, and bodies that are not JSON in UTF-8, through the gateway of the deployment."""

from __future__ import annotations

import gzip
import re
from uuid import uuid4

import pytest

from tests.api.client import Api

UPLOAD = '{"filename":"café.txt","media_type":"text/plain","size_bytes":3}'


def test_head_has_the_status_of_get_and_no_body(alice: Api, fetched_path: str) -> None:
    path = re.sub(r"\{\w+\}", str(uuid4()), fetched_path)
    get, head = alice.call("GET", path), alice.call("HEAD", path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_method_that_a_path_does_not_support_is_404(alice: Api) -> None:
    for method, path in (("PUT", "/v1/media"), ("POST", "/health"), ("PATCH", "/v1/account")):
        problem = alice.expect_problem(method, path, 404)
        assert "does not support this method" in problem["detail"]


@pytest.mark.parametrize("kind", ["media", "collections"])
def test_a_stale_change_is_refused(alice: Api, kind: str) -> None:
    if kind == "media":
        path, field = f"/v1/media/{alice.upload(b'A light.')['id']}", "title"
    else:
        path, field = f"/v1/collections/{alice.create_collection('versions')['id']}", "name"
    first = alice.call("GET", path, expect=200)
    name = first.json()[field]
    tag = first.headers["ETag"]
    assert alice.call("GET", path, headers={"If-None-Match": tag}, expect=304).content == b""
    changed = alice.call("PATCH", path, {field: f"{name} 2"}, headers={"If-Match": tag}, expect=200)
    assert changed.headers["ETag"] == alice.call("GET", path, expect=200).headers["ETag"] != tag
    problem = alice.expect_problem("PATCH", path, 412, {field: f"{name} 3"}, headers={"If-Match": tag})
    assert problem["code"] == "precondition_failed"
    assert alice.get(path)[field] == f"{name} 2"
    compressed = alice.call("GET", path, headers={"Accept-Encoding": "gzip"}, expect=200)
    assert compressed.headers["ETag"] == changed.headers["ETag"], "the tag of a compressed response matches, too"


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + UPLOAD.encode(),
        UPLOAD.encode("utf-16"),
        UPLOAD.encode("utf-16-be"),
        UPLOAD.encode("latin-1"),
        b'{"filename":"\\ud800.txt"}',
        b'{"filename":"\xed\xa0\x80.txt"}',
    ],
)
def test_a_body_that_is_not_json_in_utf_8_is_malformed(alice: Api, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    problem = alice.expect_problem("POST", "/v1/uploads", 400, data=body, headers=headers)
    assert problem["code"] == "malformed_json"


def test_a_compressed_body_is_refused_or_was_decompressed_by_the_gateway(alice: Api) -> None:
    """API Gateway may decompress a body before the API sees it: then the API rejects the unknown field inside."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = alice.call("POST", "/v1/uploads", data=gzip.compress(b'{"x":1}'), headers=headers, expect={415, 422})
    assert response.json()["code"] in {"unsupported_encoding", "unsupported_type", "invalid"}
