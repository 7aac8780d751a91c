"""What every answer carries, whatever was asked."""

import json
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client, HTTPResponse

from chalicelib.api import authorizer
from chalicelib.api.operation import PER_MINUTE
from chalicelib.platform import config
from chalicelib.platform.db import rate_limit
from tests.integration.conftest import Cloud, User

SECURITY = (
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "X-Request-Id",
)


def problem(response: HTTPResponse) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.body)
    assert {"type", "title", "status", "code", "detail", "message", "errors", "request_id"} == document.keys()
    assert document["status"] == response.status_code
    assert document["message"] == document["detail"]
    return document


def ask(client: Client, method: str, path: str, user: User, body: bytes = b"", **headers: str) -> HTTPResponse:
    return client.http.request(method, path, headers={**user.headers, **headers}, body=body)


REFUSALS = [
    ("GET", "/v1/media/00000000-0000-7000-8000-000000000000", b"", 404, "not_found"),
    ("GET", "/v1/media/nonsense", b"", 404, "not_found"),
    ("GET", "/v1/media?limit=0", b"", 422, "invalid"),
    ("GET", "/v1/media?limit=many", b"", 422, "invalid"),
    ("GET", "/v1/media?colour=blue", b"", 422, "invalid"),
    ("GET", "/v1/media?cursor=nonsense", b"", 422, "invalid"),
    ("POST", "/v1/uploads", b"{", 400, "malformed_json"),
    ("POST", "/v1/uploads", b"[" * 100 + b"]" * 100, 400, "malformed_json"),
    ("POST", "/v1/uploads", b"[]", 422, "invalid"),
    ("POST", "/v1/uploads", b"", 422, "invalid"),
    (
        "POST",
        "/v1/uploads",
        b'{"filename":"a.pdf","media_type":"application/pdf","size_bytes":1,"owner_id":"x"}',
        422,
        "invalid",
    ),
    ("POST", "/v1/uploads", b" " * 300_000, 413, "too_large"),
    ("DELETE", "/v1/uploads", b"", 405, "method_not_allowed"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), REFUSALS)
def test_every_refusal_has_one_shape(
    client: Client, alice: User, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    response = ask(client, method, path, alice, body)
    assert response.status_code == status, response.body
    assert problem(response)["code"] == code
    assert all(response.headers.get(name) is not None for name in SECURITY)


@pytest.mark.parametrize("size", [b'"1"', b"1.5", b"true", b"null", b"[1]"])
def test_nothing_else_is_taken_for_a_number(client: Client, alice: User, size: bytes) -> None:
    body = b'{"filename":"a.pdf","media_type":"application/pdf","size_bytes":%s}' % size
    assert [error["field"] for error in problem(ask(client, "POST", "/v1/uploads", alice, body))["errors"]] == [
        "size_bytes"
    ]


def test_a_body_of_another_type_is_refused(client: Client, alice: User) -> None:
    response = client.http.post("/v1/uploads", headers={**alice.headers, "Content-Type": "text/xml"}, body=b"<a/>")
    assert (response.status_code, problem(response)["code"]) == (415, "unsupported_type")


def test_the_offending_field_is_named(client: Client, alice: User) -> None:
    body = b'{"filename":"a.pdf","media_type":"application/pdf","size_bytes":"large"}'
    errors = problem(ask(client, "POST", "/v1/uploads", alice, body))["errors"]
    assert [error["field"] for error in errors] == ["size_bytes"]


@pytest.mark.parametrize("origin", ["https://app.example", "https://admin.example"])
def test_allowed_origins_may_read_answers_and_refusals(client: Client, alice: User, origin: str) -> None:
    for path in ("/v1/media", "/v1/media/nonsense", "/health/live"):
        assert ask(client, "GET", path, alice, Origin=origin).headers["Access-Control-Allow-Origin"] == origin


def test_other_origins_may_not(client: Client, alice: User) -> None:
    response = ask(client, "GET", "/v1/media", alice, Origin="https://app.example.evil.example")
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_preflight_is_answered_without_a_token(client: Client) -> None:
    response = client.http.request(
        "OPTIONS", "/v1/uploads", headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


def test_health_says_what_is_well_and_what_is_not(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    well = client.http.get("/health")
    assert (well.status_code, well.json_body["status"]) == (200, "healthy")
    assert well.json_body["services"].keys() == {"database", "storage", "queues", "speech", "antivirus"}
    assert well.json_body["services"]["antivirus"]["status"] == "off", "what is not scanned is not called well"

    monkeypatch.setenv("LIBRARY_BUCKET", "a-bucket-that-is-not-there")
    config.settings.cache_clear()
    ill = client.http.get("/health")
    assert (ill.status_code, ill.json_body["status"]) == (503, "unhealthy")
    assert ill.json_body["services"]["storage"]["status"] == "unhealthy"
    assert ill.json_body["services"]["database"]["status"] == "healthy"
    assert client.http.get("/health/live").status_code == 200


def test_every_answer_to_a_user_tells_how_one_stands_with_the_limit(client: Client, alice: User, bob: User) -> None:
    for _ in range(2):  # a fiftieth of a second brings one back
        answer = ask(client, "GET", "/v1/media", alice)
        assert answer.headers["RateLimit-Policy"] == '"API";q=3000;w=60'
        assert answer.headers["RateLimit"] in {'"API";r=2999;t=1', '"API";r=2998;t=1'}
    assert ask(client, "GET", "/v1/media", bob).headers["RateLimit"] == '"API";r=2999;t=1'
    assert "RateLimit" not in client.http.get("/health/live").headers


def test_a_route_with_a_limit_of_its_own_tells_both_and_when_to_come_again(client: Client, alice: User) -> None:
    nothing = f"/v1/media/{uuid4()}/speech"
    for remaining in range(9, -1, -1):
        answer = ask(client, "POST", nothing, alice)
        assert answer.status_code == 404
        assert answer.headers["RateLimit-Policy"] == '"API";q=3000;w=60, "speech";q=10;w=60'
        assert answer.headers["RateLimit"].endswith(f', "speech";r={remaining};t=6')
    refused = ask(client, "POST", nothing, alice)
    assert problem(refused)["code"] == "too_often"
    assert 1 <= int(refused.headers["Retry-After"]) <= 6
    assert refused.headers["RateLimit"].endswith(f', "speech";r=0;t={refused.headers["Retry-After"]}')


def test_who_asks_too_often_is_refused_before_anything_is_done(
    client: Client, cloud: Cloud, alice: User, bob: User
) -> None:
    cloud.owner.execute(
        "INSERT INTO rate_limits (key, arrival) VALUES (%s, clock_timestamp() + interval '90 s')",
        [rate_limit.bucket(PER_MINUTE, str(alice.id))],
    )
    refused = ask(client, "GET", "/v1/media", alice)
    assert (refused.status_code, problem(refused)["code"]) == (429, "too_often")
    wait_s = int(refused.headers["Retry-After"])
    assert 20 <= wait_s <= 31
    assert refused.headers["RateLimit"] == f'"API";r=0;t={wait_s}'
    assert ask(client, "GET", "/v1/media", bob).status_code == 200


def test_an_idempotency_key_belongs_to_one_thing_as_well_as_to_one_body(client: Client, alice: User) -> None:
    key = {"Idempotency-Key": "the same"}
    one, other = f"/v1/media/{uuid4()}/speech", f"/v1/media/{uuid4()}/speech"
    for _ in range(2):
        assert ask(client, "POST", one, alice, b"{}", **key).status_code == 404
    assert problem(ask(client, "POST", other, alice, b"{}", **key))["code"] == "idempotency_key_reused"


def test_what_takes_no_body_does_not_mind_its_type(client: Client, alice: User) -> None:
    for method, path in (("GET", "/v1/media"), ("DELETE", f"/v1/media/{uuid4()}"), ("POST", "/v1/uploads/capability")):
        answer = client.http.request(method, path, headers={**alice.headers, "Content-Type": "text/plain"}, body=b"x")
        assert answer.status_code in {200, 404}


def test_a_host_that_is_not_ours_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "api.example,.visionary.example")
    config.settings.cache_clear()
    for host, status in (
        ("api.example", 200),
        ("eu.visionary.example", 200),
        ("evil.example", 403),
        ("xapi.example", 403),
    ):
        assert client.http.get("/health/live", headers={"Host": host}).status_code == status, host


def test_where_the_distribution_says_a_secret_nothing_is_answered_without_it(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, before = "n" * 40, "b" * 40
    monkeypatch.setenv("ORIGIN_SECRET", f"{new},{before}")
    config.settings.cache_clear()
    for path in ("/v1/media", "/health", "/health/live", "/openapi.json"):
        for said in (
            {},
            {"X-Origin-Secret": "n" * 39},
            {"X-Origin-Secret": f"{new},{before}"},
            {"X-Origin-Secret": ""},
        ):
            refused = client.http.get(path, headers=alice.headers | said)
            assert (refused.status_code, problem(refused)["code"]) == (403, "not_this_way")
        for secret in (new, before):
            assert client.http.get(path, headers=alice.headers | {"x-origin-secret": secret}).status_code == 200


def test_the_authorizers_refuse_who_comes_past_the_distribution_and_write_nothing_down(
    cloud: Cloud, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORIGIN_SECRET", "n" * 40)
    config.settings.cache_clear()
    arn = "arn:aws:execute-api:us-east-1:123456789012:api/api/GET/v1/media"
    for authorize in (authorizer.authorize_request, authorizer.authorize_player_request):
        headers = dict(alice.headers)
        event = {"methodArn": arn, "headers": headers, "requestContext": {"requestId": "r"}}
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            authorize(event, None)
        headers["X-Origin-Secret"] = "n" * 40
        assert authorize(event, None)["principalId"] == str(alice.id)
    assert cloud.messages("account") == [], "what comes this way may claim any address"
