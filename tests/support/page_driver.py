"""A person in front of the page; see visit.mjs."""

from __future__ import annotations

import json
import os
import re
import uuid
from typing import Any

from tests.browser.conftest import programs
from tests.browser.engines import drive
from tests.support.local_stack import RunningStack

PASSWORD = "four unrelated words here"


def visit(
    stack: RunningStack,
    engine: str,
    journey: str,
    width: int,
    theme: str,
    *,
    script: str = "page.mjs",
    user: str = "",
    password: str = PASSWORD,
    **named: Any,
) -> dict[str, Any]:
    """What a journey saw, with the files it takes along; of somebody new when no user is named."""
    job = {
        "web": stack.home.endpoints()["web"],
        "engine": engine,
        "programs": programs(engine),
        "journey": journey,
        "width": width,
        "theme": theme,
        "user": user or f"page-{uuid.uuid4().hex[:10]}",
        "password": password,
        "files": named,
        "pictures": os.environ.get("PICTURES"),
    }
    seen = drive(script, job)
    print(json.dumps(seen["steps"]))  # noqa: T201 - shown when the test fails, or with -s
    assert "failed" not in seen, f"{seen['failed']}\n{seen['text']}\n{seen['complaints']}"
    return seen


def barriers(seen: dict[str, Any]) -> dict[str, list[str]]:
    """What axe-core found, by screen."""
    return {name: screen["violations"] for name, screen in seen["screens"].items() if screen["violations"]}


def too_wide(seen: dict[str, Any]) -> list[str]:
    """The screens that do not fit their window."""
    return [name for name, screen in seen["screens"].items() if screen["tooWide"]]


def refusals(seen: dict[str, Any], *, expected: str = "never") -> list[str]:
    """What the console and the network complained about, but for answers with a status that was to come."""
    told = rf"refused: {expected} |.*status of {expected}"
    return [line for line in seen["complaints"] if not re.match(told, line)]
