"""The page of the local stack: on one origin with the API, with the headers of CloudFront."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.support.local_stack import DeployedStack


@pytest.fixture(scope="module")
def web(stack: DeployedStack) -> str:
    return str(stack.home.endpoints()["web"])


def test_assets_of_the_page_exist_and_can_be_cached_for_ever(web: str) -> None:
    page = requests.get(web, timeout=30)
    assert page.headers["Cache-Control"] == "no-cache"
    (script,) = [part.split('"')[0] for part in page.text.split('src="./')[1:]]
    response = requests.get(f"{web}/{script}", timeout=30)
    assert response.headers["Content-Type"] == "text/javascript"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["Content-Encoding"] == "gzip"
    revalidated = requests.get(f"{web}/{script}", headers={"If-None-Match": response.headers["ETag"]}, timeout=30)
    assert (revalidated.status_code, revalidated.content) == (304, b"")


def test_every_response_has_a_policy_that_blocks_foreign_scripts(web: str, stack: DeployedStack) -> None:
    for path in ("/", "/config.json", "/nothing/here"):
        headers = requests.get(web + path, timeout=30).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
        assert policy["connect-src"] == f"'self' {stack.url}"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_configuration_contains_the_api_and_the_user_pool(web: str) -> None:
    config = requests.get(f"{web}/config.json", timeout=30).json()
    assert requests.get(f"{web}{config['api']}/health/live", timeout=30).status_code == 200
    signed_in = requests.post(
        f"{config['identity']['endpoint']}/",
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
        },
        data=json.dumps(
            {
                "ClientId": config["identity"]["clientId"],
                "AuthFlow": "USER_PASSWORD_AUTH",
                "AuthParameters": {"USERNAME": config["local"]["user"], "PASSWORD": config["local"]["password"]},
            }
        ),
        timeout=30,
    ).json()
    bearer = {"Authorization": f"Bearer {signed_in['AuthenticationResult']['AccessToken']}"}
    listed = requests.get(f"{web}/api/v1/media", params={"limit": 1}, headers=bearer, timeout=30)
    assert (listed.status_code, listed.headers["Content-Type"]) == (200, "application/json")


def test_errors_of_the_api_are_forwarded_unchanged(web: str) -> None:
    rejected = requests.post(f"{web}/api/v1/uploads", json={}, headers={"Authorization": "Bearer nonsense"}, timeout=30)
    assert (rejected.status_code, rejected.headers["Content-Type"]) == (401, "application/problem+json")
    assert rejected.json()["code"] == "unauthorized"


@contextmanager
def throttled(stack: DeployedStack) -> Iterator[None]:
    """Let Lambda run no copy of the API's function."""
    functions: Any = stack.aws("lambda")
    functions.put_function_concurrency(FunctionName="visionary-local-api", ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        functions.delete_function_concurrency(FunctionName="visionary-local-api")


@pytest.mark.parametrize("address", ["web", "api"])
def test_a_throttled_api_is_busy_and_its_error_is_not_repeated(stack: DeployedStack, address: str) -> None:
    url = stack.home.endpoints()[address] + ("/api" if address == "web" else "") + "/health/live"
    with throttled(stack):
        busy = requests.get(url, timeout=30)
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "1")
        assert busy.headers["Content-Type"] == "application/problem+json"
        assert busy.headers["Access-Control-Allow-Origin"] == "*"
    assert requests.get(url, timeout=30).status_code == 200, "CloudFront keeps no errors"


@pytest.mark.parametrize("address", ["web", "api"])
def test_responses_of_the_api_are_compressed_for_clients_that_accept_gzip(stack: DeployedStack, address: str) -> None:
    url = stack.home.endpoints()[address] + ("/api" if address == "web" else "") + "/openapi.json"
    plain = requests.get(url, headers={"Accept-Encoding": "identity"}, timeout=30)
    compressed = requests.get(url, headers={"Accept-Encoding": "gzip"}, timeout=30)
    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert compressed.content == plain.content
    assert int(compressed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 4
    assert "Accept-Encoding" in compressed.headers["Vary"]
    assert compressed.headers["ETag"] == plain.headers["ETag"]
    assert compressed.headers["ETag"].startswith("W/"), "a strong one would promise equal bytes"


@pytest.mark.parametrize("address", ["web", "api"])
def test_the_gateway_renames_headers_of_functions_but_not_its_own(stack: DeployedStack, address: str) -> None:
    base = stack.home.endpoints()[address] + ("/api" if address == "web" else "")
    by_the_function = requests.get(f"{base}/v1/u/nonsense/s3/params?filename=a.txt", timeout=30)
    assert (by_the_function.status_code, by_the_function.headers["x-amzn-Remapped-WWW-Authenticate"]) == (401, "Bearer")
    assert "WWW-Authenticate" not in by_the_function.headers
    by_the_gateway = requests.get(f"{base}/v1/media", timeout=30)
    assert (by_the_gateway.status_code, by_the_gateway.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_get_with_a_body_is_rejected(web: str) -> None:
    assert requests.get(f"{web}/api/health/live", data=b"body", timeout=30).status_code == 403


def test_only_files_of_the_page_are_served_and_only_for_reading(web: str) -> None:
    assert requests.get(f"{web}/../outputs.json", timeout=30).status_code == 404
    assert requests.put(f"{web}/index.html", data=b"other", timeout=30).status_code == 405


def test_readers_of_the_catalogue_are_asked_for_a_password_and_browsers_are_not(web: str) -> None:
    """API Gateway renames the header of a function, and CloudFront adds it to the catalogue's responses."""
    catalogue = requests.get(f"{web}/api/v1/opds", timeout=30)
    assert catalogue.status_code == 401
    assert catalogue.headers["WWW-Authenticate"].startswith("Basic ")
    media = requests.get(f"{web}/api/v1/media", timeout=30)
    assert media.status_code == 401
    assert "Basic" not in media.headers.get("WWW-Authenticate", "")
