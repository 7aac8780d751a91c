"""The values of the templates' parameters: their sources, and those that derive from others. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.platform.addresses import parse_origin
from infra.deploy import secrets
from infra.deploy.stacks import DeployError
from infra.packaging import web

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
PLACEHOLDER_ORIGIN = "https://page.invalid"  # until CloudFront has assigned the page's domain

# A stack is not created if the operator sets one of these.
REPLACES_STACK = {
    "network": {"SubnetIds"},
    "database": {"DatabaseUrl"},
}


def environment_name(parameter: str) -> str:
    """Return the environment variable of a parameter: SubnetIds is SUBNET_IDS."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()


def check_target(stage: str, environment: Mapping[str, str]) -> None:
    """Raise DeployError if stage and endpoint do not match: a mistake must not reach an account."""
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    is_loopback = urlsplit(endpoint).hostname in LOOPBACK
    if stage == "local" and not is_loopback:
        raise DeployError("The local stage is for the emulator: set AWS_ENDPOINT_URL to it, or use `make up`")
    if stage != "local" and endpoint:
        raise DeployError(f"{stage} is for AWS, but AWS_ENDPOINT_URL points to {endpoint}; unset it")
    if not (environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")):
        raise DeployError("Set AWS_DEFAULT_REGION to the region to deploy to, such as us-east-1")


def is_provided(part: str, environment: Mapping[str, str], settings: Mapping[str, str]) -> bool:
    """Return whether the operator provides what this stack would create."""
    names = REPLACES_STACK.get(part, set())
    return any(environment_name(name) in environment or name in settings for name in names)


def values(
    stack: str,
    declared: Mapping[str, Mapping[str, Any]],
    *,
    outputs: Mapping[str, str],
    environment: Mapping[str, str],
    settings: Mapping[str, str],
) -> dict[str, str]:
    """Return a value for every parameter of a template. Raises DeployError that names all that are missing."""
    resolved, missing = {}, []
    for name, definition in declared.items():
        variable = environment_name(name)
        for source, key in ((outputs, name), (environment, variable), (settings, name)):
            if key in source:
                resolved[name] = source[key]
                break
        else:
            if "Default" not in definition:
                missing.append(f"  {variable:24} {definition.get('Description', '')}".rstrip())
    if missing:
        raise DeployError(f"{stack} requires these settings in the environment:\n" + "\n".join(missing))
    return resolved


def configuration_hash(values: Mapping[str, str]) -> str:
    """Return a hash of parameters: another one makes the functions behind the API publish new versions."""
    configuration = {name: value for name, value in values.items() if name != "TrafficShift"}
    return hashlib.sha256(json.dumps(configuration, sort_keys=True).encode()).hexdigest()


def from_environment(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the values of these parameters that the operator has set."""
    variables = {name: environment_name(name) for name in names}
    return {name: environment[variable] for name, variable in variables.items() if variable in environment}


def bucket_suffix(incoming_bucket: str | None, region: str) -> str:
    """Return the end of the buckets' names: that of existing buckets, which no release may rename, else the region."""
    if incoming_bucket is None:
        return f"-{region}"
    return re.sub(r"^visionary-[a-z]+-incoming-\d+", "", incoming_bucket)


def has_foreign_dns(environment: Mapping[str, str]) -> bool:
    """Return whether the operator creates the records of the page's domain, perhaps only after the first deployment."""
    return bool(environment.get("DOMAIN_NAME")) and not environment.get("HOSTED_ZONE_ID")


def page_url(environment: Mapping[str, str], edge: Mapping[str, str]) -> str | None:
    """Return the page's address: the operator's domain, or CloudFront's once it exists."""
    domain = environment.get("DOMAIN_NAME")
    return f"https://{domain}" if domain else edge.get("SiteUrl")


def addresses(environment: Mapping[str, str], edge: Mapping[str, str]) -> dict[str, str]:
    """Return the allowed origins and the API's public URL, derived from the page's address.

    Raises DeployError for a text in CORS_ORIGINS that is no origin.
    """
    page = page_url(environment, edge)
    origins = [page or "", *environment.get("CORS_ORIGINS", "").split(",")]
    try:
        distinct = dict.fromkeys(parse_origin(origin.strip()) for origin in origins if origin.strip())
    except ValueError as error:
        raise DeployError(f"CORS_ORIGINS: {error}") from None
    return {
        "CorsOrigins": ",".join(distinct) or PLACEHOLDER_ORIGIN,
        "PublicApiUrl": environment.get("PUBLIC_API_URL") or (f"{page}/api" if page else ""),
    }


def api_url(environment: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """Return the URL at which a deployment's smoke test reaches the API."""
    if endpoint := environment.get("AWS_ENDPOINT_URL"):
        return f"{endpoint}/_aws/execute-api/{outputs['RestAPIId']}/api"
    if has_foreign_dns(environment):
        return f"https://{outputs['DistributionDomain']}/api"
    return f"{outputs['SiteUrl']}/api"


def origin(
    environment: Mapping[str, str], outputs: Mapping[str, str], functions: Mapping[str, str], region: str
) -> dict[str, str]:
    """Return the API's address behind CloudFront, and the page's policy; the emulator has one address for everything."""
    if endpoint := environment.get("AWS_ENDPOINT_URL"):
        address = urlsplit(endpoint)
        return {
            "ApiOriginDomain": address.hostname or "",
            "ApiOriginPort": str(address.port),
            "ApiOriginPath": f"/_aws/execute-api/{functions['RestAPIId']}",
            "PagePolicy": _policy(endpoint, endpoint),
        }
    hosts = (f"s3.{region}.amazonaws.com", f"s3.dualstack.{region}.amazonaws.com")
    storage = [f"https://{outputs[bucket]}.{host}" for bucket in ("IncomingBucket", "LibraryBucket") for host in hosts]
    issuer = urlsplit(outputs["AuthIssuer"])
    return {
        "ApiOriginDomain": functions["ApiOriginDomain"],
        "PagePolicy": _policy(" ".join(storage), f"{issuer.scheme}://{issuer.netloc}"),
    }


def page_configuration(
    environment: Mapping[str, str], outputs: Mapping[str, str], settings: Mapping[str, str]
) -> dict[str, Any]:
    """Return the arguments of `web.configuration`: the user pool, and what the local stack offers."""
    issuer = urlsplit(outputs["AuthIssuer"])
    return {
        "client_id": outputs["AuthClientId"],
        "identity": environment.get("IDENTITY_ENDPOINT") or f"{issuer.scheme}://{issuer.netloc}",
        "sign_up": (environment.get("SELF_SIGN_UP") or settings.get("SelfSignUp")) == "true",
        "local": json.loads(environment.get("PAGE_LOCAL", "null")),
    }


def _policy(storage: str, identity: str) -> str:
    return web.security_headers(storage, identity)["Content-Security-Policy"]


def secrets_location(stage: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return where functions find secrets: in Parameter Store, or by value in a local stack that has SIGNING_SECRET."""
    if stage == "local" and environment.get("SIGNING_SECRET"):
        return {"SecretsPath": ""}
    by_value = (name.title().replace("_", "") for name in secrets.READERS)
    return {"SecretsPath": secrets.path(stage)} | dict.fromkeys(by_value, "")


def origin_header(known_secrets: Mapping[str, str]) -> str:
    """Return the secret that CloudFront sends to the API: the first of the list; the API still accepts the second."""
    return known_secrets.get("ORIGIN_SECRET", "").partition(",")[0]
