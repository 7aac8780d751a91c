"""Rate limits, after the checks that start recordings as the second user: its limit is used up here."""

from __future__ import annotations

from uuid import uuid4

from tests.api.client import Api


def test_every_response_has_rate_limit_headers(alice: Api) -> None:
    headers = alice.call("GET", "/v1/media", expect=200).headers
    assert headers["RateLimit-Policy"].startswith('"API";q=')
    assert headers["RateLimit"].startswith('"API";r=')


def test_a_rate_limited_request_says_when_to_retry(bob: Api) -> None:
    for _ in range(12):
        response = bob.call("POST", f"/v1/media/{uuid4()}/speech", {}, retries=False, expect={404, 429})
        if response.status_code == 429:
            break
    assert response.status_code == 429, "twelve requests at once, and none was rejected"
    assert response.json()["code"] == "rate_limited"
    assert 1 <= int(response.headers["Retry-After"]) <= 66  # a minute, in slots of a tenth
    assert '"speech";r=0' in response.headers["RateLimit"]
