"""The OpenAPI document still describes the API of 0.1: clients generated from that version keep working."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.api.openapi import document

PROSE = {"description", "summary", "title", "example", "examples"}
NAME_MAPS = {"properties", "schemas", "parameters", "responses", "headers"}  # their keys are names, not keywords


def without_prose(value: Any, *, is_name_map: bool = False) -> Any:
    """Return the document without texts for people, and with lists of alternatives in a fixed order."""
    if isinstance(value, dict):
        return {
            key: without_prose(item, is_name_map=key in NAME_MAPS and isinstance(item, dict))
            for key, item in value.items()
            if is_name_map or key not in PROSE
        }
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    return value


def redirect_head(described: dict[str, Any]) -> None:
    """Replace the responses to HEAD of 0.1, which API Gateway sent with the length 0, by the redirects of GET."""
    for methods in described["paths"].values():
        if "head" in methods:
            del methods["head"]["responses"]["200"]
            methods["head"]["responses"]["302"] = methods["get"]["responses"]["302"]
    for name in ("Content-Length", "Accept-Ranges", "ETag"):
        del described["components"]["headers"][name]


@pytest.mark.usefixtures("deployment")
def test_the_document_differs_from_version_0_1_in_its_prose_and_in_redirects_of_head_only() -> None:
    before = json.loads(Path(__file__).with_name("openapi-0.1.0.json").read_text())
    redirect_head(before)
    now = json.loads(json.dumps(without_prose(document.build(app.routes, version="0.1.0"))))
    for part in ("paths", "components"):
        for name, expected in before[part].items():
            assert now[part].get(name) == expected, f"{part}: {name}"
    assert now == before
