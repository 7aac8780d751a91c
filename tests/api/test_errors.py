"""Errors: unknown users, unknown resources, invalid requests, CORS."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest

from tests.api.client import Api
from tests.api.contract import Operation

FOREIGN_ORIGIN = "https://somewhere-else.example"
# with the algorithm "none"
UNSIGNED = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."  # pragma: allowlist secret


def fill(operation: Operation) -> str:
    """Return a path of the operation with ids that do not exist."""
    path = operation.path
    for parameter in operation.parameters("path"):
        value = str(uuid4()) if parameter["schema"].get("format") == "uuid" else "1"
        path = path.replace(f"{{{parameter['name']}}}", value)
    return path


@pytest.mark.parametrize("token", [None, "nonsense", UNSIGNED])
def test_a_request_without_a_valid_token_is_unauthorized(anonymous: Api, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert anonymous.expect_problem("GET", "/v1/media", 401, headers=headers)["code"] == "unauthorized"


def test_every_protected_operation_needs_a_token(anonymous: Api, protected: Operation) -> None:
    response = anonymous.call(protected.method, fill(protected), {} if "requestBody" in protected.described else None)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/media/x/y/z", "/v2/media"])
def test_an_unknown_path_is_not_found(alice: Api, path: str) -> None:
    assert alice.expect_problem("GET", path, 404)["code"] == "not_found"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_an_unsupported_method_is_rejected(alice: Api, method: str) -> None:
    assert alice.expect_problem(method, "/v1/media", 404)["code"] in {"not_found", "method_not_allowed"}


@pytest.mark.parametrize("body", ["{", "", "nonsense", '{"filename": "a.pdf"', "[" * 100 + "]" * 100, "\x00"])
def test_malformed_json_is_rejected(alice: Api, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    status = 422 if body == "" else 400  # an empty body counts as an empty object
    alice.expect_problem("POST", "/v1/uploads", status, data=body, headers=headers)


def test_a_body_of_an_unsupported_type_is_rejected(alice: Api) -> None:
    headers = {"Content-Type": "text/xml"}
    assert alice.expect_problem("POST", "/v1/uploads", 415, data="<a/>", headers=headers)["code"] == "unsupported_type"


def test_a_body_that_is_too_large_is_rejected(alice: Api) -> None:
    alice.expect_problem("POST", "/v1/uploads", 413, {"filename": "a" * 300_000})


def test_unknown_fields_are_rejected_by_name(alice: Api) -> None:
    body = {
        "filename": "a.txt",
        "media_type": "text/plain",
        "size_bytes": 1,
        "owner_id": str(uuid4()),
        "status": "ready",
    }
    problem = alice.expect_problem("POST", "/v1/uploads", 422, body)
    assert {error["field"] for error in problem["errors"]} == {"owner_id", "status"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=many", "cursor=nonsense", "colour=blue", "limit=1&limit=2"]
)
def test_an_invalid_query_is_rejected(alice: Api, query: str) -> None:
    for path in ("/v1/media", "/v1/collections", "/v1/speech"):
        alice.expect_problem("GET", f"{path}?{query}", 422)


@pytest.mark.parametrize(
    "identifier", ["nonsense", "1", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --", "a" * 500]
)
def test_an_invalid_id_is_not_found(alice: Api, identifier: str) -> None:
    for collection in ("media", "collections", "speech", "uploads"):
        alice.expect_problem("GET", f"/v1/{collection}/{identifier}", 404)


def test_no_firewall_rejects_what_users_write(alice: Api) -> None:
    hostile = "../../etc/passwd <script>alert(1)</script> http://169.254.169.254/ a.ini"
    collection = alice.create_collection(hostile)
    assert collection["name"].endswith(hostile)
    for path in ("/v1/search", "/v1/media", "/v1/collections"):
        query = {} if path == "/v1/collections" else {"q": hostile}
        alice.call("GET", path, params=query, expect=200)
    alice.expect_problem("GET", "/v1/media", 422, params={"cursor": "A" * 2_000, "q": "a" * 100})


def test_text_that_postgres_cannot_store_is_rejected(alice: Api) -> None:
    alice.expect_problem("POST", "/v1/collections", 422, {"name": "a\x00b"})
    alice.call("GET", "/v1/search?q=a%00b", expect={200, 422})
    alice.call("GET", "/v1/media?q=a%00b&tag=%00", expect={200, 422})


def test_every_path_supports_preflight_requests(anonymous: Api, documented_path: str) -> None:
    path = documented_path.replace("{", "").replace("}", "")
    headers = {"Origin": FOREIGN_ORIGIN, "Access-Control-Request-Method": "GET"}
    response = anonymous.call("OPTIONS", path, headers=headers, expect=204)
    methods = {m.upper() for m in anonymous.contract.document["paths"][documented_path]}
    assert methods <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = response.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    assert "Access-Control-Allow-Origin" not in response.headers


def test_only_allowed_origins_may_read_responses(alice: Api) -> None:
    origin = os.environ.get("ORIGIN")
    assert (
        "Access-Control-Allow-Origin" not in alice.call("GET", "/v1/media", headers={"Origin": FOREIGN_ORIGIN}).headers
    )
    if not origin:
        pytest.skip("ORIGIN is not set. Set it to an origin that the deployment allows.")
    for path, status in (("/v1/media", 200), (f"/v1/media/{uuid4()}", 404), ("/v1/media?limit=0", 422)):
        headers = alice.call("GET", path, headers={"Origin": origin}, expect=status).headers
        assert headers["Access-Control-Allow-Origin"] == origin
        assert {"Location", "RateLimit", "X-Request-Id"} <= set(headers["Access-Control-Expose-Headers"].split(", "))
        assert "Origin" in headers["Vary"]


def test_any_origin_may_read_errors_of_the_gateway(anonymous: Api) -> None:
    for path, status in (("/v1/media", 401), ("/nothing", 404)):
        assert (
            anonymous.call("GET", path, headers={"Origin": FOREIGN_ORIGIN}, expect=status).headers[
                "Access-Control-Allow-Origin"
            ]
            == "*"
        )
