"""The deployment's own OpenAPI document, to compare responses with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    method: str
    path: str
    described: Mapping[str, Json]

    @property
    def id(self) -> str:
        return str(self.described["operationId"])

    @property
    def ids(self) -> list[str]:
        """Return the path parameters that identify resources of a user."""
        return [p["name"] for p in self.parameters("path") if p["schema"].get("format") == "uuid"]

    @property
    def protected(self) -> bool:
        return bool(self.described["security"])

    @property
    def takes_password(self) -> bool:
        """Whether it takes an API key as the password of Basic authentication, and no token."""
        return any("basic" in requirement for requirement in self.described["security"])

    @property
    def succeeds_with(self) -> set[int]:
        return {int(status) for status in self.described["responses"] if status < "4"}

    def parameters(self, location: str) -> list[Mapping[str, Json]]:
        return [parameter for parameter in self.described["parameters"] if parameter.get("in") == location]


class Contract:
    """An OpenAPI document."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self.document = document
        self.operations = [
            Operation(method.upper(), path, described)
            for path, methods in document["paths"].items()
            for method, described in methods.items()
        ]
        # literal segments take precedence over parameters, as in the gateway
        self._patterns = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", operation.path)), operation)
            for operation in sorted(self.operations, key=lambda operation: operation.path.count("{"))
        ]

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation of a request."""
        return next((o for p, o in self._patterns if o.method == method and p.fullmatch(path)), None)

    def resolve(self, schema: Mapping[str, Json]) -> Mapping[str, Json]:
        """Return a schema with its references resolved."""
        while "$ref" in schema:
            target: Json = self.document
            for name in schema["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            schema = target
        return schema

    def example(self, operation: Operation) -> Json:
        """Return an example body for the operation, or None if it has no body."""
        content = operation.described.get("requestBody", {}).get("content")
        return self.resolve(content["application/json"]["schema"])["examples"][0] if content else None

    def differences(self, operation: Operation, status: int, media_type: str, body: Json) -> Iterator[str]:
        """Yield how a response differs from the document. `body` is the parsed JSON, or None for another type."""
        responses = operation.described["responses"]
        described = responses.get(str(status)) or responses.get(f"{status // 100}XX")
        if described is None:
            yield f"status {status} is not documented; only {', '.join(responses)}"
            return
        content = self.resolve(described).get("content", {})
        if operation.method == "HEAD" or not content:
            return
        if media_type not in {name.partition(";")[0] for name in content}:
            yield f"type {media_type!r} is not documented for {status}; only {', '.join(content)}"
        elif body is not None:
            yield from self._differences(next(iter(content.values()))["schema"], body, "body")

    def _differences(self, schema: Mapping[str, Json], value: Json, where: str) -> Iterator[str]:
        schema = self.resolve(schema)
        alternatives = schema.get("anyOf") or schema.get("oneOf")
        if alternatives:
            differences = [list(self._differences(alternative, value, where)) for alternative in alternatives]
            if all(differences):
                yield from min(differences, key=len)
            return
        kind = schema.get("type")
        if kind and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
            yield f"{where} is {value!r}, not of type {kind}"
        elif "const" in schema and value != schema["const"]:
            yield f"{where} is {value!r} instead of {schema['const']!r}"
        elif "enum" in schema and value not in schema["enum"]:
            yield f"{where} is {value!r}, not one of {schema['enum']}"
        elif isinstance(value, dict):
            yield from self._members(schema, value, where)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._differences(schema.get("items", {}), item, f"{where}[{index}]")

    def _members(self, schema: Mapping[str, Json], value: Mapping[str, Json], where: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        additional = schema.get("additionalProperties", not properties)
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where}.{name} is missing"
        for name, member in value.items():
            if name in properties:
                yield from self._differences(properties[name], member, f"{where}.{name}")
            elif not additional:
                yield f"{where}.{name} is not documented"
            elif isinstance(additional, dict):
                yield from self._differences(additional, member, f"{where}.{name}")
