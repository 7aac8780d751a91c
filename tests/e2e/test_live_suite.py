"""The live suite, run against the local stack like against any deployment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from localstack.home import ROOT
from tests.support.local_stack import DeployedStack, wait_until


def start_suite(
    stack: DeployedStack, reports: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    # As run by `make test-api`, with a shell without variables of this test run.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")} | dict(settings or {})
    return subprocess.Popen(
        [sys.executable, "-m", "tests.api", "--reports", str(reports), *arguments],
        cwd=ROOT,
        env=environment | {"LOCAL_STACK": str(stack.home.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def leftovers(stack: DeployedStack) -> list[str]:
    """Return the names of all media of suites: each run has users of its own, who are deleted."""
    with psycopg.connect(stack.postgres().url("postgres")) as connection:  # the superuser sees the rows of all owners
        rows = connection.execute("SELECT filename FROM media WHERE filename LIKE 'api-suite-%'").fetchall()
    return [row[0] for row in rows]


def user_names(stack: DeployedStack) -> list[str]:
    """Return the users of suites in the pool."""
    pool = stack.home.endpoints()["auth"]["issuer"].rsplit("/", 1)[-1]
    users = stack.aws("cognito-idp").list_users(UserPoolId=pool)["Users"]
    return [user["Username"] for user in users if user["Username"].startswith("api-suite")]


def behind_cloudfront(stack: DeployedStack) -> dict[str, str]:
    """Return the variables of `make test-api BASE_URL=…` for the address that browsers use."""
    users = {"TOKEN": "api-suite", "OTHER_TOKEN": "api-suite-other", "LEAVING_TOKEN": "leaves-behind-cloudfront"}
    tokens = {variable: stack.token(user) for variable, user in users.items()}
    return {"BASE_URL": f"{stack.home.endpoints()['web']}/api", "ORIGIN": "http://localhost:3000", **tokens}


@pytest.mark.parametrize("address", ["gateway", pytest.param("cloudfront", marks=pytest.mark.long)])
def test_the_suite_passes_reports_and_leaves_nothing_behind(stack: DeployedStack, tmp_path: Path, address: str) -> None:
    suite = start_suite(stack, tmp_path, settings=behind_cloudfront(stack) if address == "cloudfront" else {})
    output, _ = suite.communicate(timeout=600)
    assert suite.returncode == 0, output[-5_000:]
    (file,) = tmp_path.glob("*.json")
    report: dict[str, Any] = json.loads(file.read_text())
    assert report["passed"] >= 200
    assert (report["failed"], report["skipped"], report["left_behind"]) == (0, 0, [])
    assert f"{report['passed']} checks passed" in file.with_suffix(".md").read_text()
    assert leftovers(stack) == []
    assert address == "cloudfront" or user_names(stack) == []
    with psycopg.connect(stack.postgres().url("postgres")) as connection:
        assert set(connection.execute("SELECT status FROM erasures").fetchall()) == {("done",)}


@pytest.mark.long
def test_the_suite_cleans_up_when_it_is_interrupted(stack: DeployedStack, tmp_path: Path) -> None:
    suite = start_suite(stack, tmp_path, "tests/api/test_uploads.py")
    try:
        wait_until(lambda: leftovers(stack), seconds=60, event="the first upload of the suite")
        time.sleep(0.5)
    finally:
        os.killpg(suite.pid, signal.SIGINT)
        suite.communicate(timeout=240)
    assert leftovers(stack) == []
