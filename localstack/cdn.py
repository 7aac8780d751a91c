"""CloudFront's treatment of requests to the API, for the page server: what it withholds and adds, and which errors it repeats.

The rules are read from the stage's template, infra/edge.yaml, so that a template without them fails locally as it would on AWS.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from infra.deploy.stage import INFRA

# CloudFront caches these whatever their Cache-Control says; docs.aws.amazon.com, "HTTP status codes that CloudFront caches".
CACHED_STATUSES = frozenset({500, 502, 503, 504})
CACHED_METHODS = frozenset({"GET", "HEAD"})
DEFAULT_ERROR_TTL_S = 10.0
# "If-Modified-Since and If-None-Match conditional requests are not supported" where cookies are forwarded (Cookies.html).
CONDITIONAL_HEADERS = frozenset({"if-modified-since", "if-none-match"})


@dataclass(frozen=True, slots=True)
class Response:
    """A response of the API."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ApiBehavior:
    """The distribution's behaviors for `/api/*`, which differ in the headers that they add, with their cache of errors."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        resources = template["Resources"]
        config = resources["Distribution"]["Properties"]["DistributionConfig"]
        *others, behavior = config["CacheBehaviors"]
        policy = _policy(resources, behavior["OriginRequestPolicyId"])
        if any(other["OriginRequestPolicyId"] != behavior["OriginRequestPolicyId"] for other in others):
            raise ValueError("the behaviors of the API forward different requests")
        self._added = [(item["PathPattern"], _added_headers(resources, item)) for item in config["CacheBehaviors"]]
        self._withheld = {name.lower() for name in policy["HeadersConfig"]["Headers"]}
        if policy["CookiesConfig"]["CookieBehavior"] == "none":
            self._withheld.add("cookie")
        else:
            self._withheld |= CONDITIONAL_HEADERS
        self._error_ttls_s = {
            error["ErrorCode"]: float(error.get("ErrorCachingMinTTL", DEFAULT_ERROR_TTL_S))
            for error in config.get("CustomErrorResponses", [])
        }
        self._errors: dict[str, tuple[float, Response]] = {}

    @classmethod
    def of_the_template(cls) -> ApiBehavior:
        return cls(yaml_parse((INFRA / "edge.yaml").read_text()))

    def forwarded_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a request that reach the API."""
        return {name: value for name, value in headers.items() if name.lower() not in self._withheld}

    def added_headers(self, url: str) -> dict[str, str]:
        """Return the headers that every response for a path gets; they replace those of the API."""
        path = urlsplit(url).path
        return next((added for pattern, added in self._added if fnmatchcase(path, pattern)), {})

    def cached_error(self, method: str, url: str) -> Response | None:
        """Return the error that CloudFront still repeats for this path, to every client."""
        expires_at, response = self._errors.get(urlsplit(url).path, (0.0, None))
        return response if method in CACHED_METHODS and time.monotonic() < expires_at else None

    def cache_error(self, method: str, url: str, response: Response) -> None:
        """Keep an error of the API as long as the template says. Other responses are never cached."""
        if method not in CACHED_METHODS or response.status not in CACHED_STATUSES:
            return
        ttl_s = self._error_ttls_s.get(response.status, DEFAULT_ERROR_TTL_S)
        if ttl_s > 0:
            # The key of AWS's "CachingDisabled" is the path alone: no query, no Authorization.
            self._errors[urlsplit(url).path] = (time.monotonic() + ttl_s, response)


def _added_headers(resources: Mapping[str, Any], behavior: Mapping[str, Any]) -> dict[str, str]:
    """Return the custom headers of a behavior's response headers policy."""
    if "ResponseHeadersPolicyId" not in behavior:
        return {}
    config = resources[behavior["ResponseHeadersPolicyId"]["Ref"]]["Properties"]["ResponseHeadersPolicyConfig"]
    return {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}


def _policy(resources: Mapping[str, Any], policy_id: Any) -> Mapping[str, Any]:
    """Return the origin request policy of the template; for AWS's own ids the one that passes everything except Host."""
    if isinstance(policy_id, dict):
        config: Mapping[str, Any] = resources[policy_id["Ref"]]["Properties"]["OriginRequestPolicyConfig"]
        return config
    return {"HeadersConfig": {"Headers": ["Host"]}, "CookiesConfig": {"CookieBehavior": "all"}}
