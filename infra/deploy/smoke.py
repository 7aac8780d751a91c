"""Is what was deployed any good? Asked from outside, as a client: first /health, then the live suite as two users made for it."""

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
# A paused database takes up to 30 s to wake up, a new distribution a minute to answer.
PATIENCE_S = float(os.environ.get("SMOKE_PATIENCE_S", "90"))


def check(api: str, version: str, *, says: str, wait_s: float = 2.0, patience_s: float = PATIENCE_S) -> None:
    """Ask /health until it is well and of this version. Raises DeployError with the last answer.

    It says what CloudFront says, since at the emulator it comes by the API's own name; CloudFront overwrites it.
    """
    headers = {HEADER: says} if says else {}
    deadline = time.monotonic() + patience_s
    while True:
        try:
            answer = requests.get(f"{api}/health", headers=headers, timeout=35)
            said = answer.text[:500]
            if answer.status_code == 200 and answer.json()["version"] == version:
                return
        except (requests.RequestException, ValueError, KeyError) as error:
            said = str(error)
        if time.monotonic() > deadline:
            raise DeployError(f"{api}/health is not well, or not {version}: {said}")
        time.sleep(wait_s)


def run_suite(api: str, user_pool: str, client_id: str, origin: str, report: Callable[[str], None]) -> None:
    """The live suite (`make test-api`). Raises DeployError when a check fails."""
    first, second = (_token(user_pool, client_id, user) for user in USERS)
    settings = {"BASE_URL": api, "TOKEN": first, "OTHER_TOKEN": second, "ORIGIN": origin}
    done = subprocess.run(
        [sys.executable, "-m", "tests.api"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    report(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "the suite said nothing")
    if done.returncode != 0:
        raise DeployError(f"The live suite failed:\n{done.stdout[-4000:]}{done.stderr[-1000:]}")


def _token(user_pool: str, client_id: str, user: str) -> str:
    """An access token of a user who is made when needed; nobody knows the password, which is new every time."""
    client = boto3.client("cognito-idp")
    password = secrets.token_urlsafe(32)
    with contextlib.suppress(client.exceptions.UsernameExistsException):
        client.admin_create_user(UserPoolId=user_pool, Username=user, MessageAction="SUPPRESS")
    client.admin_set_user_password(UserPoolId=user_pool, Username=user, Password=password, Permanent=True)
    answer = client.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user, "PASSWORD": password},
    )
    return answer["AuthenticationResult"]["AccessToken"]
