"""Every response of the API: problem documents, CORS, rate limits, allowed hosts, origin verification."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from chalice.local import LambdaContext
from chalice.test import Client, HTTPResponse

from chalicelib.api import authorizer
from chalicelib.api.operation import user_limit
from chalicelib.platform import config
from chalicelib.platform.db import database, rate_limit
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


def send(client: Client, method: str, path: str, user: User, body: bytes = b"", **headers: str) -> HTTPResponse:
    return client.http.request(method, path, headers={**user.headers, **headers}, body=body)


INVALID_REQUESTS = [
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


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), INVALID_REQUESTS)
def test_every_error_is_a_problem_document(
    client: Client, alice: User, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    response = send(client, method, path, alice, body)
    assert response.status_code == status, response.body
    assert problem(response)["code"] == code
    assert all(response.headers.get(name) is not None for name in SECURITY)


@pytest.mark.parametrize("size", [b'"1"', b"1.5", b"true", b"null", b"[1]"])
def test_other_types_are_not_converted_to_a_number(client: Client, alice: User, size: bytes) -> None:
    body = b'{"filename":"a.pdf","media_type":"application/pdf","size_bytes":%s}' % size
    assert [error["field"] for error in problem(send(client, "POST", "/v1/uploads", alice, body))["errors"]] == [
        "size_bytes"
    ]


def test_a_body_of_an_unsupported_type_is_rejected(client: Client, alice: User) -> None:
    response = client.http.post("/v1/uploads", headers={**alice.headers, "Content-Type": "text/xml"}, body=b"<a/>")
    assert (response.status_code, problem(response)["code"]) == (415, "unsupported_type")


def test_the_problem_names_the_invalid_field(client: Client, alice: User) -> None:
    body = b'{"filename":"a.pdf","media_type":"application/pdf","size_bytes":"large"}'
    errors = problem(send(client, "POST", "/v1/uploads", alice, body))["errors"]
    assert [error["field"] for error in errors] == ["size_bytes"]


@pytest.mark.parametrize("origin", ["https://app.example", "https://admin.example"])
def test_allowed_origins_may_read_responses_and_errors(client: Client, alice: User, origin: str) -> None:
    for path in ("/v1/media", "/v1/media/nonsense", "/health/live"):
        assert send(client, "GET", path, alice, Origin=origin).headers["Access-Control-Allow-Origin"] == origin


def test_other_origins_may_not_read_responses(client: Client, alice: User) -> None:
    response = send(client, "GET", "/v1/media", alice, Origin="https://app.example.evil.example")
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_preflight_request_needs_no_token(client: Client) -> None:
    response = client.http.request(
        "OPTIONS", "/v1/uploads", headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    )
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


def test_health_reports_each_service(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    healthy = client.http.get("/health")
    assert (healthy.status_code, healthy.json_body["status"]) == (200, "healthy")
    assert healthy.json_body["services"].keys() == {"database", "storage", "queues", "speech", "antivirus"}
    assert healthy.json_body["services"]["antivirus"]["status"] == "off", (
        "a deployment without a scanner does not claim a healthy one"
    )

    monkeypatch.setenv("LIBRARY_BUCKET", "a-bucket-that-is-not-there")
    config.settings.cache_clear()
    unhealthy = client.http.get("/health")
    assert (unhealthy.status_code, unhealthy.json_body["status"]) == (503, "unhealthy")
    assert unhealthy.json_body["services"]["storage"]["status"] == "unhealthy"
    assert unhealthy.json_body["services"]["database"]["status"] == "healthy"
    assert client.http.get("/health/live").status_code == 200


def test_a_request_that_finds_no_database_is_logged_with_the_reason(
    client: Client, alice: User, logged: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/library")
    config.settings.cache_clear()
    monkeypatch.setattr(database, "_connection", None)
    response = send(client, "GET", "/v1/media", alice)
    assert (response.status_code, problem(response)["code"]) == (503, "unavailable")
    (line,) = [line for line in map(json.loads, logged().splitlines()) if line["level"] == "WARNING"]
    assert line["message"] == "service unavailable"
    assert "Connection refused" in line["exception"]
    assert "somebody" not in line["exception"]


def test_every_response_to_a_user_has_rate_limit_headers(client: Client, alice: User, bob: User) -> None:
    for remaining in (499, 498):
        response = send(client, "GET", "/v1/media", alice)
        assert response.headers["RateLimit-Policy"] == '"API";q=500;w=10'
        assert re.fullmatch(rf'"API";r={remaining};t=(10|11)', response.headers["RateLimit"])
    assert send(client, "GET", "/v1/media", bob).headers["RateLimit"].startswith('"API";r=499;')
    assert "RateLimit" not in client.http.get("/health/live").headers


def test_a_route_with_its_own_limit_reports_both_limits(client: Client, alice: User) -> None:
    path = f"/v1/media/{uuid4()}/speech"
    for remaining in range(9, -1, -1):
        response = send(client, "POST", path, alice)
        assert response.status_code == 404
        assert response.headers["RateLimit-Policy"] == '"API";q=500;w=10, "speech";q=10;w=60'
        assert re.search(rf', "speech";r={remaining};t=6[0-6]$', response.headers["RateLimit"])
    rejected = send(client, "POST", path, alice)
    assert problem(rejected)["code"] == "rate_limited"
    assert 50 <= int(rejected.headers["Retry-After"]) <= 66  # until the first has left the minute
    assert rejected.headers["RateLimit"].endswith(f', "speech";r=0;t={rejected.headers["Retry-After"]}')


def test_a_rate_limited_request_is_rejected_before_any_work(
    client: Client, cloud: Cloud, alice: User, bob: User
) -> None:
    limit = user_limit()
    cloud.owner.execute(
        "SELECT app.count_request(%s, %s, %s) FROM generate_series(1, %s)",
        [rate_limit.bucket(limit, str(alice.id)), limit.requests, limit.per_s, limit.requests],
    )
    rejected = send(client, "GET", "/v1/media", alice)
    assert (rejected.status_code, problem(rejected)["code"]) == (429, "rate_limited")
    wait_s = int(rejected.headers["Retry-After"])
    assert 5 <= wait_s <= 11
    assert rejected.headers["RateLimit"] == f'"API";r=0;t={wait_s}'
    assert send(client, "GET", "/v1/media", bob).status_code == 200


def test_an_idempotency_key_belongs_to_one_path_and_one_body(client: Client, alice: User) -> None:
    key = {"Idempotency-Key": "the same"}
    one, other = f"/v1/media/{uuid4()}/speech", f"/v1/media/{uuid4()}/speech"
    for _ in range(2):
        assert send(client, "POST", one, alice, b"{}", **key).status_code == 404
    assert problem(send(client, "POST", other, alice, b"{}", **key))["code"] == "idempotency_key_reused"


def test_routes_without_a_body_ignore_its_type(client: Client, alice: User) -> None:
    for method, path in (("GET", "/v1/media"), ("DELETE", f"/v1/media/{uuid4()}"), ("POST", "/v1/uploads/capability")):
        response = client.http.request(method, path, headers={**alice.headers, "Content-Type": "text/plain"}, body=b"x")
        assert response.status_code in {200, 404}


def test_a_host_that_is_not_allowed_is_rejected(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", "api.example,.visionary.example")
    config.settings.cache_clear()
    for host, status in (
        ("api.example", 200),
        ("eu.visionary.example", 200),
        ("evil.example", 403),
        ("xapi.example", 403),
    ):
        assert client.http.get("/health/live", headers={"Host": host}).status_code == status, host


def test_with_an_origin_secret_every_request_needs_it(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, previous = "n" * 40, "b" * 40
    monkeypatch.setenv("ORIGIN_SECRET", f"{new},{previous}")
    config.settings.cache_clear()
    for path in ("/v1/media", "/health", "/health/live", "/openapi.json"):
        for headers in (
            {},
            {"X-Origin-Secret": "n" * 39},
            {"X-Origin-Secret": f"{new},{previous}"},
            {"X-Origin-Secret": ""},
        ):
            rejected = client.http.get(path, headers=alice.headers | headers)
            assert (rejected.status_code, problem(rejected)["code"]) == (403, "misdirected_request")
        for secret in (new, previous):
            assert client.http.get(path, headers=alice.headers | {"x-origin-secret": secret}).status_code == 200


def test_the_authorizers_reject_requests_that_bypass_cloudfront_and_record_nothing(
    cloud: Cloud, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORIGIN_SECRET", "n" * 40)
    config.settings.cache_clear()
    arn = "arn:aws:execute-api:us-east-1:123456789012:api/api/GET/v1/media"
    for authorize in (authorizer.authorize_request, authorizer.authorize_player_request):
        headers = dict(alice.headers)
        event = {"methodArn": arn, "headers": headers, "requestContext": {"requestId": "r"}}
        with pytest.raises(Exception, match=r"^Unauthorized$"):
            authorize(event, LambdaContext("authorize", 512))
        headers["X-Origin-Secret"] = "n" * 40
        assert authorize(event, LambdaContext("authorize", 512))["principalId"] == str(alice.id)
    assert cloud.messages("account") == [], "such a request may claim any client address"
