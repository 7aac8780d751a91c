"""Bodies that are not plain JSON in UTF-8: refused for what they are, in our own sentences, on every route with a body."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any
from uuid import uuid4

import pytest
from chalice.local import LambdaContext
from chalice.test import Client, HTTPResponse

from app import app
from chalicelib.api.parse import MAX_NUMBER_CHARACTERS
from chalicelib.platform import config
from tests.integration.conftest import User

ROUTES = sorted(
    (path, method)
    for path, methods in app.routes.items()
    for method, entry in methods.items()
    if method != "OPTIONS" and vars(entry.view_function)["operation"].body and "{token}" not in path
)
UPLOAD = '{"filename":"café.txt","media_type":"text/plain","size_bytes":3}'
FOREIGN_SENTENCE = re.compile(r"sys\.|codec|Expecting|char \d|Exceeds|Input should|escape at|<|Error")
MALFORMED = {
    "a BOM": b"\xef\xbb\xbf" + UPLOAD.encode(),
    "UTF-16 with a BOM": UPLOAD.encode("utf-16"),
    "UTF-16 without a BOM": UPLOAD.encode("utf-16-le"),
    "UTF-32": UPLOAD.encode("utf-32"),
    "Latin-1": UPLOAD.encode("latin-1"),
    "an encoded surrogate": b'{"filename":"\xed\xa0\x80.txt"}',
    "an overlong encoding": b'{"filename":"\xc0\xaf.txt"}',
    "what the gateway makes of other bytes": UPLOAD.replace("é", "\ufffd").encode(),
    "half of a pair": b'{"filename":"\\ud800.txt"}',
    "the other half": b'{"filename":"a\\udc00"}',
    "a pair in the wrong order": b'{"filename":"\\udc00\\ud800"}',
    "half of a pair in a name": b'{"\\ud800":1}',
    "NaN": b'{"size_bytes":NaN}',
    "Infinity": b'{"size_bytes":-Infinity}',
    "gzip without a header": gzip.compress(UPLOAD.encode()),
    "half a body": b'{"filename":',
    "single quotes": b"{'filename':1}",
    "a trailing comma": b'{"filename":"a",}',
    "a line break in a text": b'{"filename":"a\nb"}',
    "two values": b"{} {}",
    "no JSON": b"filename=a.txt",
    "depth": b'{"a":' * 20 + b"1" + b"}" * 20,
}


@pytest.fixture(autouse=True)
def without_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client
    monkeypatch.setenv("USER_RATE_LIMIT", "1000000")
    config.settings.cache_clear()


def send(client: Client, user: User, path: str, method: str, body: bytes, **headers: str) -> HTTPResponse:
    address = re.sub(r"\{\w+\}", str(uuid4()), path) + ("?key=k" if "/s3/" in path else "")
    return client.http.request(method, address, headers={**user.headers, **headers}, body=body)


@pytest.mark.parametrize("reason", MALFORMED)
def test_a_body_that_is_not_json_in_utf_8_is_malformed_everywhere(client: Client, alice: User, reason: str) -> None:
    assert len(ROUTES) >= 10
    for path, method in ROUTES:
        response = send(client, alice, path, method, MALFORMED[reason])
        assert (response.status_code, response.json_body["code"]) == (400, "malformed_json"), f"{method} {path}"
        assert not FOREIGN_SENTENCE.search(response.json_body["detail"]), response.json_body["detail"]


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP", "gzip, gzip", "nonsense"])
def test_an_encoded_body_is_refused_with_the_way_out(client: Client, alice: User, coding: str) -> None:
    for path, method in ROUTES:
        headers = {"Content-Encoding": coding}
        response = send(client, alice, path, method, gzip.compress(UPLOAD.encode()), **headers)
        assert (response.status_code, response.json_body["code"]) == (415, "unsupported_encoding"), f"{method} {path}"
        assert "without Content-Encoding" in response.json_body["detail"]
        assert response.headers["Accept-Encoding"] == "identity"


def test_a_body_that_says_that_it_is_not_encoded_is_taken(client: Client, alice: User) -> None:
    body = b'{"name":"Shelf"}'
    assert send(client, alice, "/v1/collections", "POST", body, **{"Content-Encoding": "identity"}).status_code == 201


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1" + "0" * 5_000 + ".5", "1e" + "9" * 5_000])
def test_a_huge_number_is_refused_in_plain_words(client: Client, alice: User, number: str) -> None:
    body = f'{{"filename":"a.txt","media_type":"text/plain","size_bytes":{number}}}'
    response = send(client, alice, "/v1/uploads", "POST", body.encode())
    assert (response.status_code, response.json_body["code"]) == (422, "invalid")
    assert f"use numbers of at most {MAX_NUMBER_CHARACTERS}" in response.json_body["detail"]


@pytest.mark.parametrize(
    "number", ["9" * MAX_NUMBER_CHARACTERS, "1e400", "-1e400", "1.5", "1e2", "true", '"9"', "null"]
)
def test_every_other_number_that_is_no_size_names_its_field(client: Client, alice: User, number: str) -> None:
    body = f'{{"filename":"a.txt","media_type":"text/plain","size_bytes":{number}}}'
    response = send(client, alice, "/v1/uploads", "POST", body.encode())
    assert response.status_code in {413, 422}, response.body
    assert not FOREIGN_SENTENCE.search(response.json_body["detail"]), response.json_body["detail"]
    if response.status_code == 422:
        assert [error["field"] for error in response.json_body["errors"]] == ["size_bytes"]


def test_characters_beyond_ascii_are_kept_in_every_spelling(client: Client, alice: User) -> None:
    for name in ('"caf\\u00e9 \\ud83d\\ude00"', '"café 😀"'):
        response = send(client, alice, "/v1/collections", "POST", f'{{"name":{name}}}'.encode())
        if response.status_code == 201:
            assert response.json_body["name"] == "café 😀"
    assert response.json_body["code"] == "name_taken"


def test_a_replacement_character_can_be_sent_as_an_escape(client: Client, alice: User) -> None:
    response = send(client, alice, "/v1/collections", "POST", b'{"name":"a\\ufffdb"}')
    assert (response.status_code, response.json_body["name"]) == (201, "a\ufffdb")


@pytest.mark.parametrize(
    "address",
    [
        "/v1/media?q={0}", "/v1/media?tag={0}", "/v1/media?media_type=text/{0}", "/v1/media?cursor={0}", "/v1/media?{0}=1",
        "/v1/media?sort={0}", "/v1/media?limit={0}", "/v1/search?q={0}", "/v1/voices?language={0}", "/v1/media/{0}",
        "/v1/collections/{0}/media", "/v1/s3/params?filename={0}", "/v1/s3/multipart/{0}/{0}?key={0}", "/docs/{0}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["%ED%A0%80", "%FF%FE", "%00", "%EF%BB%BF", "%C0%AF", "%F4%90%80%80", "9" * 5_000])
def test_bytes_that_are_not_utf_8_in_an_address_are_no_error_of_the_server(
    client: Client, alice: User, address: str, text: str
) -> None:
    response = client.http.get(address.format(text), headers=alice.headers)
    assert response.status_code in {200, 403, 404, 415, 422}, response.body
    if response.status_code >= 400:
        assert not FOREIGN_SENTENCE.search(response.json_body["detail"]), response.json_body["detail"]


@pytest.mark.parametrize("field", ["q", "tag", "cursor", "sort", "\ud800"])
def test_a_lone_surrogate_in_the_gateways_event_is_no_error_of_the_server(
    client: Client, alice: User, field: str
) -> None:
    assert client
    for event in (
        event_of("GET", "/v1/media", alice, query={field: ["a\ud800"]}),
        event_of("GET", "/v1/media/{media_id}", alice, values={"media_id": "\udfff"}),
        event_of("POST", "/v1/uploads", alice, body='{"filename":"\ud800"}'),
    ):
        response = app(event, LambdaContext("api", 512))
        assert response["statusCode"] in {200, 400, 404, 422}, response
        json.dumps(response).encode()


def event_of(
    method: str, path: str, user: User, *, query: Any = None, values: Any = None, body: str | None = None
) -> dict[str, Any]:
    """Return a request as API Gateway sends it to the function."""
    return {
        "requestContext": {
            "httpMethod": method,
            "resourcePath": path,
            "requestId": "r",
            "identity": {},
            "authorizer": {"principalId": str(user.id)},
        },
        "headers": {"content-type": "application/json"},
        "multiValueQueryStringParameters": query,
        "pathParameters": values,
        "stageVariables": {},
        "body": body,
        "isBase64Encoded": False,
    }
