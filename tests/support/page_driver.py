"""Run journeys through the page in a browser; see tests/browser/journey.mjs."""

from __future__ import annotations

import json
import os
import re
import uuid
from typing import Any

from tests.browser.conftest import programs
from tests.browser.engines import run_script
from tests.support.local_stack import DeployedStack

MAX_FIRST_SCRIPTS_BYTES = 45_000  # compressed, of the sign-in page: what a slow phone loads within a second
PASSWORD = "four unrelated words here"


def run_journey(
    stack: DeployedStack,
    engine: str,
    journey: str,
    width: int,
    theme: str,
    *,
    script: str = "whole_page.mjs",
    user: str = "",
    password: str = PASSWORD,
    is_proxied: bool = False,
    **files: Any,
) -> dict[str, Any]:
    """Run a journey with these files and return what it observed. Without a user it signs up a new one."""
    job = {
        "web": stack.home.endpoints()["web"],
        "engine": engine,
        "programs": programs(engine),
        "journey": journey,
        "width": width,
        "theme": theme,
        "user": user or f"page-{uuid.uuid4().hex[:10]}",
        "password": password,
        "isProxied": is_proxied,
        "files": files,
        "pictures": os.environ.get("PICTURES"),
    }
    observed = run_script(script, job)
    print(json.dumps(observed["steps"]))  # noqa: T201 - shown when the test fails, or with -s
    assert "failed" not in observed, f"{observed['failed']}\n{observed['text']}\n{observed['errors']}"
    return observed


def violations(observed: dict[str, Any]) -> dict[str, list[str]]:
    """Return what axe-core found, by screen."""
    return {name: screen["violations"] for name, screen in observed["screens"].items() if screen["violations"]}


def too_wide(observed: dict[str, Any]) -> list[str]:
    """Return the screens that are wider than their window."""
    return [name for name, screen in observed["screens"].items() if screen["tooWide"]]


def unexpected_errors(observed: dict[str, Any], *, expected_status: str = "none") -> list[str]:
    """Return errors of the console and failed requests, except for responses with the expected status."""
    expected = rf"failed request: {expected_status} |.*status of {expected_status}"
    return [line for line in observed["errors"] if not re.match(expected, line)]
