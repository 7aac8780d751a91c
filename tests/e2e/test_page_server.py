"""The page of the local stack: on one origin with the API, with the headers of CloudFront."""

from __future__ import annotations

import json

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


def test_only_files_of_the_page_are_served_and_only_for_reading(web: str) -> None:
    assert requests.get(f"{web}/../outputs.json", timeout=30).status_code == 404
    assert requests.put(f"{web}/index.html", data=b"other", timeout=30).status_code == 405
