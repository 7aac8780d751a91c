"""How the operator's own tools reach a stage: its buckets, and its database as the owner role.

Locally, without settings, it is the running stack. In the cloud the buckets are the storage stack's, and DATABASE_URL leads to
the database, from inside the network (a CloudShell in its VPC, a tunnel): there is no way in from outside.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import boto3

from chalicelib.platform.config import settings
from infra.deploy.parameters import environment_name

CERTIFICATES = Path(__file__).resolve().parent.parent.parent / "chalicelib" / "platform" / "rds-ca.pem"
ON_LAMBDA = "/var/task/chalicelib/platform/rds-ca.pem"


class ReachError(Exception):
    """The stage cannot be reached; the message says what is missing."""


def enter(stage: str, *, role: str = "visionary_owner") -> None:
    """Make this process one that works for a stage, as one of the database's roles. Raises ReachError."""
    if stage == "local" and "DATABASE_URL" not in os.environ:
        _enter_local(role)
    else:
        _enter_cloud(stage, role)
    settings.cache_clear()


def _enter_local(role: str) -> None:
    from localstack import stack
    from localstack.home import Home

    home = Home.chosen()
    if home.holder() is None:
        raise ReachError("No local stack runs; `make up` starts one, or name a database: DATABASE_URL=…")
    os.environ.update(stack.settings(home))
    os.environ["DATABASE_URL"] = _as(role, os.environ["DATABASE_URL"])
    _know_stacks("local")
    os.environ["S3_ADDRESSING_STYLE"] = "path"


def _enter_cloud(stage: str, role: str) -> None:
    _know_stacks(stage)
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise ReachError("DATABASE_URL is not set; it leads to the stage's database")
    os.environ["DATABASE_URL"] = _as(role, url.replace(ON_LAMBDA, str(CERTIFICATES)))
    os.environ.setdefault("DATABASE_IAM_AUTH", "false" if stage == "local" else "true")


def _as(role: str, url: str) -> str:
    """The address for another of our roles; one with a password is left as it is."""
    parts = urlsplit(url)
    named = re.fullmatch(r"visionary_\w+(@.*)", parts.netloc)
    return urlunsplit(parts._replace(netloc=f"{role}{named[1]}")) if named else url


def _know_stacks(stage: str) -> None:
    """The outputs of the stage's stacks, under the names by which functions know them; what the environment says wins."""
    os.environ["STAGE"] = stage
    client = boto3.client("cloudformation")
    for part in ("storage", "database"):
        try:
            (found,) = client.describe_stacks(StackName=f"visionary-{stage}-{part}")["Stacks"]
        except client.exceptions.ClientError:
            continue
        for output in found.get("Outputs", []):
            os.environ.setdefault(environment_name(output["OutputKey"]), output["OutputValue"])
    if missing := [name for name in ("INCOMING_BUCKET", "LIBRARY_BUCKET") if name not in os.environ]:
        raise ReachError(
            f"{', '.join(missing)}: the stage {stage} has no storage stack, and the environment does not say"
        )
