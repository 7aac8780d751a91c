"""What everybody gets who asks for the wrong thing, in the wrong way, too much or too often."""

from __future__ import annotations

import os
from uuid import uuid4

import pytest

from tests.api.client import Api
from tests.api.contract import Operation

SOMEWHERE = "https://somewhere-else.example"


def fill(operation: Operation) -> str:
    """A path of the operation's form, of things that do not exist."""
    path = operation.path
    for parameter in operation.parameters("path"):
        value = str(uuid4()) if parameter["schema"].get("format") == "uuid" else "1"
        path = path.replace(f"{{{parameter['name']}}}", value)
    return path


@pytest.mark.parametrize("token", [None, "nonsense", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."])
def test_who_is_not_known_is_refused_by_name(nobody: Api, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    assert nobody.refused("GET", "/v1/media", 401, headers=headers)["code"] == "unauthorized"


def test_nothing_of_a_user_is_open(nobody: Api, protected: Operation) -> None:
    answer = nobody.call(protected.method, fill(protected), {} if "requestBody" in protected.described else None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/media/x/y/z", "/v2/media", "/.env"])
def test_what_does_not_exist_is_404(alice: Api, path: str) -> None:
    assert alice.refused("GET", path, 404)["code"] == "not_found"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_method_that_a_path_does_not_take_is_refused(alice: Api, method: str) -> None:
    assert alice.refused(method, "/v1/media", 404)["code"] in {"not_found", "method_not_allowed"}


@pytest.mark.parametrize("body", ["{", "", "nonsense", '{"filename": "a.pdf"', "[" * 100 + "]" * 100, "\x00"])
def test_what_is_no_json_is_said_to_be_none(alice: Api, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    status = 422 if body == "" else 400  # nothing at all counts as an object without members
    alice.refused("POST", "/v1/uploads", status, data=body, headers=headers)


def test_a_body_of_another_type_is_415(alice: Api) -> None:
    headers = {"Content-Type": "text/xml"}
    assert alice.refused("POST", "/v1/uploads", 415, data="<a/>", headers=headers)["code"] == "unsupported_type"


def test_a_body_that_is_too_large_is_413(alice: Api) -> None:
    alice.refused("POST", "/v1/uploads", 413, {"filename": "a" * 300_000})


def test_members_that_are_not_described_are_refused_by_name(alice: Api) -> None:
    body = {
        "filename": "a.txt",
        "media_type": "text/plain",
        "size_bytes": 1,
        "owner_id": str(uuid4()),
        "status": "ready",
    }
    problem = alice.refused("POST", "/v1/uploads", 422, body)
    assert {error["field"] for error in problem["errors"]} == {"owner_id", "status"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=many", "cursor=nonsense", "colour=blue", "limit=1&limit=2"]
)
def test_a_query_that_is_not_described_is_refused(alice: Api, query: str) -> None:
    for path in ("/v1/media", "/v1/collections", "/v1/speech"):
        alice.refused("GET", f"{path}?{query}", 422)


@pytest.mark.parametrize(
    "identifier", ["nonsense", "1", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --", "%00", "a" * 500]
)
def test_an_id_that_is_none_is_404(alice: Api, identifier: str) -> None:
    for collection in ("media", "collections", "speech", "uploads"):
        alice.refused("GET", f"/v1/{collection}/{identifier}", 404)


def test_text_that_a_database_cannot_hold_is_refused(alice: Api) -> None:
    alice.refused("POST", "/v1/collections", 422, {"name": "a\x00b"})
    alice.call("GET", "/v1/search?q=a%00b", expect={200, 422})
    alice.call("GET", "/v1/media?q=a%00b&tag=%00", expect={200, 422})


def test_every_path_answers_preflights(nobody: Api, described_path: str) -> None:
    asked = described_path.replace("{", "").replace("}", "")
    headers = {"Origin": SOMEWHERE, "Access-Control-Request-Method": "GET"}
    answer = nobody.call("OPTIONS", asked, headers=headers, expect=204)
    methods = {m.upper() for m in nobody.contract.document["paths"][described_path]}
    assert methods <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_pages_of_ours_may_read_answers_and_pages_of_others_may_not(alice: Api) -> None:
    origin = os.environ.get("ORIGIN")
    assert "Access-Control-Allow-Origin" not in alice.call("GET", "/v1/media", headers={"Origin": SOMEWHERE}).headers
    if not origin:
        pytest.skip("ORIGIN is not set: an origin that the deployment allows")
    for path, status in (("/v1/media", 200), (f"/v1/media/{uuid4()}", 404), ("/v1/media?limit=0", 422)):
        headers = alice.call("GET", path, headers={"Origin": origin}, expect=status).headers
        assert headers["Access-Control-Allow-Origin"] == origin
        assert {"Location", "RateLimit", "X-Request-Id"} <= set(headers["Access-Control-Expose-Headers"].split(", "))
        assert "Origin" in headers["Vary"]


def test_any_page_may_read_what_the_gateway_refuses(nobody: Api) -> None:
    for path, status in (("/v1/media", 401), ("/nothing", 404)):
        assert (
            nobody.call("GET", path, headers={"Origin": SOMEWHERE}, expect=status).headers[
                "Access-Control-Allow-Origin"
            ]
            == "*"
        )


def test_every_answer_tells_how_one_stands_with_the_limit(alice: Api) -> None:
    headers = alice.call("GET", "/v1/media", expect=200).headers
    assert headers["RateLimit-Policy"].startswith('"API";q=')
    assert headers["RateLimit"].startswith('"API";r=')


def test_who_asks_for_speech_too_often_is_told_when_to_come_again(bob: Api) -> None:
    for _ in range(12):
        answer = bob.call("POST", f"/v1/media/{uuid4()}/speech", {}, patient=False, expect={404, 429})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429, "twelve requests in a moment, and none was refused"
    assert answer.json()["code"] == "rate_limited"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert '"speech";r=0' in answer.headers["RateLimit"]
