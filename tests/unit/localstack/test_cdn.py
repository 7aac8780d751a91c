"""The page server treats requests to the API as CloudFront does, by the rules of the stage's template."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from chalicelib.api.api_key_authentication import BASIC_CHALLENGE
from infra.deploy.stage import INFRA
from localstack.cdn import ApiBehavior, Response

PATH = "/api/v1/media"
HEADERS = {
    "Host": "page.example",
    "Authorization": "Bearer x",
    "Cookie": "a=b",
    "If-None-Match": '"1"',
    "Range": "bytes=0-",
}
AWS_POLICY = "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # AllViewerExceptHostHeader


def error(status: int) -> Response:
    return Response(status, (("Cache-Control", "no-store"),), b"another user's error")


@pytest.fixture
def template() -> dict[str, Any]:
    return copy.deepcopy(dict(yaml_parse((INFRA / "edge.yaml").read_text())))


def config(template: dict[str, Any]) -> dict[str, Any]:
    distribution: dict[str, Any] = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    return distribution


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_is_not_repeated_to_the_next_client(template: dict[str, Any], status: int) -> None:
    behavior = ApiBehavior(template)
    behavior.cache_error("GET", PATH, error(status))
    assert behavior.cached_error("GET", PATH) is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_the_templates_rule_an_error_is_repeated_by_path_alone(template: dict[str, Any], method: str) -> None:
    del config(template)["CustomErrorResponses"]
    behavior = ApiBehavior(template)
    behavior.cache_error("GET", f"{PATH}?limit=1", error(503))
    assert behavior.cached_error(method, f"{PATH}?limit=2") == error(503)
    assert behavior.cached_error("POST", PATH) is None
    assert behavior.cached_error(method, f"{PATH}/other") is None


@pytest.mark.parametrize("status", [200, 404, 429, 501])
def test_other_responses_are_never_cached(template: dict[str, Any], status: int) -> None:
    del config(template)["CustomErrorResponses"]
    behavior = ApiBehavior(template)
    behavior.cache_error("GET", PATH, error(status))
    assert behavior.cached_error("GET", PATH) is None


def test_an_error_of_a_write_is_never_cached(template: dict[str, Any]) -> None:
    del config(template)["CustomErrorResponses"]
    behavior = ApiBehavior(template)
    behavior.cache_error("POST", PATH, error(500))
    assert behavior.cached_error("GET", PATH) is None


def test_everything_but_host_and_cookies_reaches_the_api(template: dict[str, Any]) -> None:
    assert ApiBehavior(template).forwarded_headers(HEADERS).keys() == {"Authorization", "If-None-Match", "Range"}


def test_with_cookies_conditional_requests_do_not_reach_the_api(template: dict[str, Any]) -> None:
    for behavior in config(template)["CacheBehaviors"]:
        behavior["OriginRequestPolicyId"] = AWS_POLICY
    assert ApiBehavior(template).forwarded_headers(HEADERS).keys() == {"Authorization", "Cookie", "Range"}


@pytest.mark.parametrize("path", ["/api/v1/opds", "/api/v1/opds?x=1", "/api/v1/opds/v2/media"])
def test_readers_of_the_catalogue_are_asked_for_basic_authentication(template: dict[str, Any], path: str) -> None:
    assert ApiBehavior(template).added_headers(path) == {"WWW-Authenticate": BASIC_CHALLENGE}


@pytest.mark.parametrize("path", [PATH, "/api/v1/media?q=/api/v1/opds", "/api/openapi.json"])
def test_browsers_are_not_asked_for_basic_authentication(template: dict[str, Any], path: str) -> None:
    assert ApiBehavior(template).added_headers(path) == {}
