"""The values of the templates' parameters: where each comes from, and those that are made of others. Pure, but for one secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3

from infra.deploy.stacks import DeployError
from infra.packaging import web

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
NOBODYS_ORIGIN = "https://page.invalid"  # until CloudFront has given the page its name

# The stack is not made when one of these is given.
GIVEN_INSTEAD = {
    "network": {"SubnetIds"},
    "database": {"DatabaseUrl"},
    "secrets": {"SigningSecret", "SigningSecretsArn"},
}
# A secret comes by value or by the ARN of the Secrets Manager's entry that holds it.
NEEDS_ONE_OF = (frozenset({"SigningSecret", "SigningSecretsArn"}),)
# Without it the API's own name would lead past the firewall; on a laptop there is none.
CLOUD_NEEDS_ONE_OF = (frozenset({"OriginSecret", "OriginSecretsArn"}),)


def environment_name(parameter: str) -> str:
    """The environment variable of a parameter: SubnetIds is SUBNET_IDS."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).upper()


def check_target(stage: str, environment: Mapping[str, str]) -> None:
    """Raise DeployError when stage and endpoint do not belong together: a slip must not reach an account."""
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    here = urlsplit(endpoint).hostname in LOOPBACK
    if stage == "local" and not here:
        raise DeployError("The local stage is for the emulator: set AWS_ENDPOINT_URL to it, or use `make up`")
    if stage != "local" and endpoint:
        raise DeployError(f"{stage} is for AWS, but AWS_ENDPOINT_URL points to {endpoint}; unset it")
    if not (environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")):
        raise DeployError("Set AWS_DEFAULT_REGION to the region to deploy to, such as us-east-1")


def given_instead(part: str, environment: Mapping[str, str], settings: Mapping[str, str]) -> bool:
    """Whether the operator has what this stack would make."""
    names = GIVEN_INSTEAD.get(part, set())
    return any(environment_name(name) in environment or name in settings for name in names)


def values(
    stack: str,
    declared: Mapping[str, Mapping[str, Any]],
    *,
    known: Mapping[str, str],
    environment: Mapping[str, str],
    settings: Mapping[str, str],
) -> dict[str, str]:
    """A value for every parameter of a template. Raises DeployError that names all that are missing."""
    found, missing = {}, []
    for name, definition in declared.items():
        variable = environment_name(name)
        for source, key in ((known, name), (environment, variable), (settings, name)):
            if key in source:
                found[name] = source[key]
                break
        else:
            if "Default" not in definition:
                missing.append(f"  {variable:24} {definition.get('Description', '')}".rstrip())
    cloud = known["Stage"] != "local"
    missing += [
        "  " + " or ".join(sorted(map(environment_name, alternatives)))
        for alternatives in NEEDS_ONE_OF + (CLOUD_NEEDS_ONE_OF if cloud else ())
        if alternatives <= declared.keys() and not any(found.get(name) for name in alternatives)
    ]
    if missing:
        raise DeployError(f"{stack} needs these settings in the environment:\n" + "\n".join(missing))
    return found


def chosen(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What the operator says about these parameters."""
    variables = {name: environment_name(name) for name in names}
    return {name: environment[variable] for name, variable in variables.items() if variable in environment}


def site(environment: Mapping[str, str], edge: Mapping[str, str]) -> str | None:
    """The page's address: the operator's domain, or CloudFront's name once there is one."""
    domain = environment.get("DOMAIN_NAME")
    return f"https://{domain}" if domain else edge.get("SiteUrl")


def addresses(environment: Mapping[str, str], edge: Mapping[str, str]) -> dict[str, str]:
    """The origins that may call from a browser, and where clients reach the API: both follow from the page's address."""
    page = site(environment, edge)
    origins = [page, *environment.get("CORS_ORIGINS", "").split(",")]
    distinct = dict.fromkeys(origin.strip() for origin in origins if origin and origin.strip())
    return {
        "CorsOrigins": ",".join(distinct) or NOBODYS_ORIGIN,
        "PublicApiUrl": environment.get("PUBLIC_API_URL") or (f"{page}/api" if page else ""),
    }


def api(environment: Mapping[str, str], known: Mapping[str, str]) -> str:
    """Where a deployment's own tests reach the API."""
    if endpoint := environment.get("AWS_ENDPOINT_URL"):
        return f"{endpoint}/_aws/execute-api/{known['RestAPIId']}/api"
    return f"{known['SiteUrl']}/api"


def origin(
    environment: Mapping[str, str], known: Mapping[str, str], functions: Mapping[str, str], region: str
) -> dict[str, str]:
    """Where CloudFront finds the API, and what the page may talk to; the emulator has everything at one address."""
    if endpoint := environment.get("AWS_ENDPOINT_URL"):
        address = urlsplit(endpoint)
        return {
            "ApiOriginDomain": address.hostname or "",
            "ApiOriginPort": str(address.port),
            "ApiOriginPath": f"/_aws/execute-api/{functions['RestAPIId']}",
            "PagePolicy": _policy(endpoint, endpoint),
        }
    hosts = (f"s3.{region}.amazonaws.com", f"s3.dualstack.{region}.amazonaws.com")
    storage = [f"https://{known[bucket]}.{host}" for bucket in ("IncomingBucket", "LibraryBucket") for host in hosts]
    issuer = urlsplit(known["AuthIssuer"])
    return {
        "ApiOriginDomain": functions["ApiOriginDomain"],
        "PagePolicy": _policy(" ".join(storage), f"{issuer.scheme}://{issuer.netloc}"),
    }


def page(environment: Mapping[str, str], known: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, Any]:
    """What the page is told: where users are, and what a laptop's stack lets it do."""
    issuer = urlsplit(known["AuthIssuer"])
    return {
        "client_id": known["AuthClientId"],
        "identity": environment.get("IDENTITY_ENDPOINT") or f"{issuer.scheme}://{issuer.netloc}",
        "sign_up": (environment.get("SELF_SIGN_UP") or settings.get("SelfSignUp")) == "true",
        "local": json.loads(environment.get("PAGE_LOCAL", "null")),
    }


def _policy(storage: str, identity: str) -> str:
    return web.security_headers(storage, identity)["Content-Security-Policy"]


def origin_header(environment: Mapping[str, str], known: Mapping[str, str]) -> str:
    """What CloudFront says to the API: the first of its secrets; those after it are still taken for a while."""
    held = environment.get("ORIGIN_SECRET", "")
    if arn := known.get("OriginSecretsArn") or environment.get("ORIGIN_SECRETS_ARN"):
        held = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])[
            "ORIGIN_SECRET"
        ]
    return str(held).partition(",")[0]
