"""A person in front of the page; see page.mjs."""

from __future__ import annotations

import json
import os
import uuid
from typing import Any

from tests.browser.conftest import programs
from tests.browser.engines import drive
from tests.e2e.running import RunningStack


def visit(
    stack: RunningStack, engine: str, journey: str, width: int, theme: str, *, script: str = "page.mjs", **named: Any
) -> dict[str, Any]:
    """What a journey saw, with the files it takes along."""
    job = {
        "web": stack.home.endpoints()["web"],
        "engine": engine,
        "programs": programs(engine),
        "journey": journey,
        "width": width,
        "theme": theme,
        "user": f"page-{uuid.uuid4().hex[:10]}",
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
