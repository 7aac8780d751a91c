"""The OpenAPI document still describes the API of 0.1: clients generated from that version keep working."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import app
from chalicelib.api.openapi import document

PROSE = {"description", "summary", "title", "example", "examples"}
NAME_MAPS = {"properties", "schemas", "parameters", "responses", "headers"}  # their keys are names, not keywords


def without_prose(value: Any, *, is_name_map: bool = False) -> Any:
    """Return the document without texts for people."""
    if isinstance(value, dict):
        return {
            key: without_prose(item, is_name_map=key in NAME_MAPS and isinstance(item, dict))
            for key, item in value.items()
            if is_name_map or key not in PROSE
        }
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    return value


def apply_known_changes(described: dict[str, Any]) -> None:
    """Change the document of 0.1 where the present one corrects it."""
    for methods in described["paths"].values():
        if "head" in methods:  # API Gateway sent them with the length 0; they are redirects like those of GET
            del methods["head"]["responses"]["200"]
            methods["head"]["responses"]["302"] = methods["get"]["responses"]["302"]
    for name in ("Content-Length", "Accept-Ranges", "ETag"):
        del described["components"]["headers"][name]
    del described["components"]["headers"]["WWW-Authenticate"]["schema"]["const"]  # the catalogue asks for Basic
    schemas = described["components"]["schemas"]
    for model, name in (("MediaChanges", "title"), ("CollectionChanges", "name")):  # null was always rejected
        (schemas[model]["properties"][name],) = (
            option for option in schemas[model]["properties"][name]["anyOf"] if option["type"] != "null"
        )
    export = described["paths"]["/v1/speech/{job_id}/exports"]["post"]["responses"]["202"]["content"][
        "application/json"
    ]
    export["schema"]["$ref"] = "#/components/schemas/ReadySpeechExport"  # the same schema with the URL
    requests = required_fields(described)
    for (
        name,
        schema,
    ) in schemas.items():  # a default of null, or of any field of a request, made generated clients demand it
        for field in schema.get("properties", {}).values():
            if name in requests or field.get("default", "") is None:
                field.pop("default", None)


def differences(before: Any, now: Any, place: str = "") -> Iterator[str]:
    """Yield where a document lacks something of another. What it has in addition is no difference."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name, value in before.items():
            if name not in now:
                yield f"{place}/{name} is gone"
            else:
                yield from differences(value, now[name], f"{place}/{name}")
    elif isinstance(before, list) and isinstance(now, list):
        for item in before:
            if not any(not list(differences(item, other)) for other in now):
                yield f"{place} lacks {item}"
    elif before != now:
        yield f"{place} was {before}, is {now}"


def required_fields(described: dict[str, Any]) -> dict[str, set[str]]:
    """Return the fields that requests must have, by schema."""
    names = {
        content["schema"]["$ref"].rpartition("/")[2]
        for methods in described["paths"].values()
        for operation in methods.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }
    return {name: set(described["components"]["schemas"][name].get("required", ())) for name in names}


@pytest.mark.usefixtures("deployment")
def test_the_document_only_adds_to_that_of_version_0_1() -> None:
    before = json.loads(Path(__file__).with_name("openapi-0.1.0.json").read_text())
    apply_known_changes(before)
    now = json.loads(json.dumps(without_prose(document.build(app.routes, version="0.1.0"))))
    assert list(differences(before, now)) == []
    for name, fields in required_fields(before).items():
        assert required_fields(now)[name] == fields, f"a client of 0.1 does not send the new fields of {name}"
    for path, methods in before["paths"].items():
        for method, operation in methods.items():
            known = [parameter.get("name") or parameter.get("$ref") for parameter in operation["parameters"]]
            added = [
                parameter
                for parameter in now["paths"][path][method]["parameters"]
                if (parameter.get("name") or parameter.get("$ref")) not in known
            ]
            assert not any(parameter.get("required") for parameter in added), f"{method} {path}"


def test_a_missing_path_field_and_value_is_a_difference() -> None:
    before = {"a": {"type": "string", "enum": ["x", "y"]}, "b": 1}
    assert list(differences(before, {"a": {"type": "string", "enum": ["y", "x", "z"]}, "b": 1, "c": 2})) == []
    assert list(differences(before, {"a": {"type": "integer", "enum": ["x"]}})) == [
        "/a/type was string, is integer",
        "/a/enum lacks y",
        "/b is gone",
    ]
