"""The connection of operator tools to a stage: buckets, and the database with a role.

The buckets are outputs of the storage stack. DATABASE_URL has to point to the database, from inside its network (a CloudShell
in the VPC, a tunnel): there is no access from outside. For the local stack, `make` sets the environment.
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
CERTIFICATES_ON_LAMBDA = "/var/task/chalicelib/platform/rds-ca.pem"


class StageConnectionError(Exception):
    """A missing setting or stack; the message names it."""


def connect(stage: str, *, role: str = "visionary_owner") -> None:
    """Set this process's environment to a stage's, with a database role. Raises StageConnectionError."""
    load_outputs(stage)
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise StageConnectionError("DATABASE_URL is not set; set it to the address of the stage's database")
    os.environ["DATABASE_URL"] = _with_role(role, url.replace(CERTIFICATES_ON_LAMBDA, str(CERTIFICATES)))
    os.environ.setdefault("DATABASE_IAM_AUTH", "false" if stage == "local" else "true")
    settings.cache_clear()


def _with_role(role: str, url: str) -> str:
    """Return the address with another of our roles; one with a password stays as it is."""
    parts = urlsplit(url)
    match = re.fullmatch(r"visionary_\w+(@.*)", parts.netloc)
    return urlunsplit(parts._replace(netloc=f"{role}{match[1]}")) if match else url


def load_outputs(stage: str) -> None:
    """Set the stacks' outputs as environment variables; variables that are set are kept.

    Raises StageConnectionError without buckets.
    """
    os.environ["STAGE"] = stage
    client = boto3.client("cloudformation")
    for part in ("storage", "database"):
        try:
            (stack,) = client.describe_stacks(StackName=f"visionary-{stage}-{part}")["Stacks"]
        except client.exceptions.ClientError:
            continue
        for output in stack.get("Outputs", []):
            os.environ.setdefault(environment_name(output["OutputKey"]), output["OutputValue"])
    if missing := [name for name in ("INCOMING_BUCKET", "LIBRARY_BUCKET") if name not in os.environ]:
        raise StageConnectionError(
            f"{', '.join(missing)} not set: the stage {stage} has no storage stack, and the environment does not name the buckets"
        )
