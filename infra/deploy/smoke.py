"""The smoke test of a deployment as a client: /health, then the live suite with two test users."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable

import boto3
import requests

from chalicelib.api.origin_verification import HEADER
from infra.deploy.stacks import DeployError
from infra.packaging.bundle import ROOT

USERS = ("smoke-test", "smoke-test-other")
# A paused database takes up to 30 s to resume, a new distribution up to a minute to respond.
HEALTH_TIMEOUT_S = float(os.environ.get("SMOKE_PATIENCE_S", "90"))


def check(
    api: str, version: str, *, origin_secret: str, wait_s: float = 2.0, timeout_s: float = HEALTH_TIMEOUT_S
) -> None:
    """Poll /health until it is healthy and reports this version. Raises DeployError with the last response.

    Sends CloudFront's secret, because the emulator's API is called without CloudFront, which would overwrite it.
    """
    headers = {HEADER: origin_secret} if origin_secret else {}
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            response = requests.get(f"{api}/health", headers=headers, timeout=35)
            outcome = response.text[:500]
            if response.status_code == 200 and response.json()["version"] == version:
                return
        except (requests.RequestException, ValueError, KeyError) as error:
            outcome = str(error)
        if time.monotonic() > deadline:
            raise DeployError(f"{api}/health is not healthy, or not at version {version}: {outcome}")
        time.sleep(wait_s)


def run_suite(api: str, user_pool: str, client_id: str, origin: str, report: Callable[[str], None]) -> None:
    """Run the live suite (`make test-api`). Raises DeployError if a check fails."""
    first, second = (_token(user_pool, client_id, user) for user in USERS)
    settings = {"BASE_URL": api, "TOKEN": first, "OTHER_TOKEN": second, "ORIGIN": origin}
    completed = subprocess.run(
        [sys.executable, "-m", "tests.api"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    report(completed.stdout.strip().splitlines()[-1] if completed.stdout.strip() else "the live suite printed nothing")
    if completed.returncode != 0:
        raise DeployError(f"The live suite failed:\n{completed.stdout[-4000:]}{completed.stderr[-1000:]}")


def _token(user_pool: str, client_id: str, user: str) -> str:
    """Return an access token of a user, who is created if missing. The password is random and new every time."""
    client = boto3.client("cognito-idp")
    password = secrets.token_urlsafe(32)
    with contextlib.suppress(client.exceptions.UsernameExistsException):
        client.admin_create_user(UserPoolId=user_pool, Username=user, MessageAction="SUPPRESS")
    client.admin_set_user_password(UserPoolId=user_pool, Username=user, Password=password, Permanent=True)
    response = client.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return response["AuthenticationResult"]["AccessToken"]
