"""The OpenAPI 3.1 document, generated from the routes and their operations."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from chalice.app import RouteEntry
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.api.authorizer import authorize_player
from chalicelib.api.openapi import introduction, responses
from chalicelib.api.openapi.route import EXAMPLES, Json, Mode, Route, Schemas, routes_of
from chalicelib.api.problem import Problem
from chalicelib.platform.db.idempotency import MAX_KEY_CHARACTERS
from chalicelib.platform.lazy_model import LazyModel

IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes the request safe to repeat: the same key with the same request gets the same response.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS},
}
IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "Changes the resource only if its ETag is one of these, or with `*` if it exists; otherwise 412.",
    "schema": {"type": "string"},
}
SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "vm_…",
        "description": "An API key. An operation names the scope that it needs; without one, no key may call it.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "An API key as password, with any user name."},
    "capability": {
        "type": "apiKey",
        "in": "query",
        "name": "t",
        "description": "For players, which cannot send headers: a link token for one media item or one recording.",
    },
}
# Component names that generated clients of 0.1 use, by the class names of today.
SCHEMA_NAMES = {
    "AuditTrailEnd": "TrailEnd",
    "CollectionSort": "CollectionOrder",
    "CompletedPart": "NamedPart",
    "CreatedMultipartUpload": "BegunUpload",
    "EmptyResponse": "Nothing",
    "ErasureReceipt": "Receipt",
    "IndexedWord": "Moment",
    "InspectionFinding": "Remark",
    "IssuedLinkToken": "GivenCapability",
    "Liveness": "Alive",
    "MediaIds": "ManyMedia",
    "MediaSort": "Order",
    "RemainingCounts": "Left",
    "RemovedCounts": "Removed",
    "WordTiming": "Mark",
}


def without_brackets(name: str) -> str:
    """Return the name of a generic class in the order of speech: MediaPage for Page[Media]."""
    return re.sub(r"\b(\w+)\[(\w+)\]", r"\2\1", name)


class _Schemas(GenerateJsonSchema):
    """Schemas without titles that only repeat a field's name. Page[Media] is called MediaPage."""

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(without_brackets(SCHEMA_NAMES.get(name, name)))

    def default_schema(self, schema: Any) -> Json:
        """Leave out defaults of null: generated clients would demand the field."""
        described = super().default_schema(schema)
        if "default" in described and described["default"] is None:
            del described["default"]
        return described

    def p_arguments_schema(self, arguments: Any, var_args_schema: Any) -> Json:
        """Describe a named tuple with the type of its items, too: some generators and linters know no `prefixItems`."""
        described = super().p_arguments_schema(arguments, var_args_schema)
        kinds = described.get("prefixItems", [])
        if kinds and all(kind == kinds[0] for kind in kinds):
            described["items"] = kinds[0]
        return described

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def build(table: Mapping[str, Mapping[str, RouteEntry]], *, version: str, server: str = ".") -> Json:
    """Return the document. `table` is Chalice's route table. Preflight routes and HEAD are left out: every path has them."""
    routes = list(routes_of(table))
    schemas, definitions = _schemas(routes)
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, definitions)
    for query in {route.operation.query for route in routes if route.operation.query}:
        definitions.pop(_referenced_name(schemas[query, "validation"]))  # its fields are parameters
    for name, definition in definitions.items():
        if name in EXAMPLES["schemas"]:
            definition["examples"] = [EXAMPLES["schemas"][name]]
    bodies = [schemas[route.operation.body, "validation"] for route in routes if route.operation.body]
    for name in _reachable(bodies, definitions):
        _describe_defaults(definitions[name])
    used_schemes = {name for route in routes for requirement in _security(route) for name in requirement}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Visionary Media",
            "summary": "A media library that reads to you.",
            "description": introduction.text(),
            "version": version,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "tags": _tags(routes),
        "paths": paths,
        "components": {
            "schemas": definitions,
            "responses": responses.components(routes),
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY, "IfMatch": IF_MATCH},
            "headers": responses.HEADERS,
            "securitySchemes": {name: scheme for name, scheme in SECURITY_SCHEMES.items() if name in used_schemes},
        },
    }


def _schemas(routes: list[Route]) -> tuple[Schemas, Json]:
    models: dict[tuple[type[BaseModel], Mode], None] = {(Problem, "serialization"): None}
    for operation in (route.operation for route in routes):
        requests = (operation.body, operation.query)
        responses_ = (operation.response_model, *operation.other_responses.values())
        models |= {(model, "validation"): None for model in requests if model}
        models |= {(model, "serialization"): None for model in responses_ if model}
    schemas, document = models_json_schema(
        list(models), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    return schemas, document["$defs"]


def _reachable(value: Any, definitions: Json) -> set[str]:
    """Return the names of the definitions that a value refers to, directly or through others."""
    reached: set[str] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            waiting.extend(current.values())
            if "$ref" in current and (name := _referenced_name(current)) not in reached:
                reached.add(name)
                waiting.append(definitions[name])
        elif isinstance(current, list):
            waiting.extend(current)
    return reached


def _describe_defaults(definition: Json) -> None:
    """State the defaults of a request's fields as text: openapi-typescript demands a field that has a `default`."""
    for field in definition.get("properties", {}).values():
        if "default" in field:
            default = f"Default: `{json.dumps(field.pop('default'), ensure_ascii=False)}`."
            field["description"] = f"{field['description']} {default}" if "description" in field else default


def _operation(route: Route, schemas: Schemas, definitions: Json) -> Json:
    operation = route.operation
    name = route.entry.view_function.__name__
    described: Json = {
        "operationId": name,
        "tags": [_tag(route)],
        "summary": name.replace("_", " ").capitalize(),
        "description": "\n\n".join(_descriptions(route)),
        "security": _security(route),
        "parameters": list(_parameters(route, schemas, definitions)),
    }
    if operation.body:
        schema = schemas[operation.body, "validation"]
        described["requestBody"] = {
            # An empty body counts as an empty object.
            "required": bool(definitions[_referenced_name(schema)].get("required")),
            "content": {kind: {"schema": schema} for kind in route.entry.content_types},
        }
    described["responses"] = responses.responses_for(route, schemas)
    return described


def _descriptions(route: Route) -> Iterator[str]:
    """Yield the docstring of the function, then those of the query's models."""
    kinds = route.operation.query.__mro__ if route.operation.query else ()
    texts = [
        route.entry.view_function.__doc__,
        *(kind.__doc__ for kind in kinds if kind not in {LazyModel, BaseModel, object}),
    ]
    yield from (inspect.cleandoc(text) for text in texts if text)


def _security(route: Route) -> list[Json]:
    scope = route.operation.scope
    by_key: list[Json] = [{"apiKey": [scope.value]}] if scope is not None else []
    if route.operation.basic:
        return [{"basic": [scope.value] if scope is not None else []}, *by_key]
    if route.entry.authorizer is None:
        return []
    by_link_token: list[Json] = [{"capability": []}] if route.entry.authorizer is authorize_player else []
    return [{"bearer": []}, *by_key, *by_link_token]


def _parameters(route: Route, schemas: Schemas, definitions: Json) -> Iterator[Json]:
    for name in route.entry.view_args:
        kind: Json = {"type": "string", "format": "uuid"} if route.is_id(name) else {"type": "string"}
        if route.is_index(name):
            kind = {"type": "integer", "minimum": 0}
        yield {"name": name, "in": "path", "required": True, "schema": kind, **_example(name)}
    if route.operation.query:
        definition = definitions[_referenced_name(schemas[route.operation.query, "validation"])]
        for name, schema in definition.get("properties", {}).items():
            required = name in definition.get("required", ())
            kind = _not_null(schema)
            style = {"style": "form", "explode": False} if kind.get("type") == "array" else {}
            yield {"name": name, "in": "query", "required": required, "schema": kind, **style, **_example(name)}
    if route.operation.takes_precondition:
        yield {"$ref": "#/components/parameters/IfMatch"}
    if route.operation.creates:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}


def _example(name: str) -> Json:
    return {"example": EXAMPLES["parameters"][name]} if name in EXAMPLES["parameters"] else {}


def _not_null(schema: Json) -> Json:
    """Return the schema without null: an optional query parameter is simply left out."""
    remaining = {key: value for key, value in schema.items() if key != "anyOf"}
    (alternative,) = [option for option in schema.get("anyOf", [{}]) if option != {"type": "null"}]
    return {**alternative, **remaining}


def _referenced_name(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _tag(route: Route) -> str:
    return str(route.entry.view_function.__module__).rpartition(".")[2].capitalize()


def _tags(routes: list[Route]) -> list[Json]:
    modules = {_tag(route): route.entry.view_function.__module__ for route in routes}
    return [{"name": tag, "description": inspect.cleandoc(sys.modules[m].__doc__ or "")} for tag, m in modules.items()]
