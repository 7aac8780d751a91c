"""The API's description (OpenAPI 3.1), made from the route table and from what each operation says it takes and gives."""

from __future__ import annotations

import inspect
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

IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes the request safe to repeat: the same key with the same request gets the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS},
}
SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "capability": {
        "type": "apiKey",
        "in": "query",
        "name": "t",
        "description": "For players, which send no header: a token that opens one media or one reading.",
    },
}


class _Schemas(GenerateJsonSchema):
    """Without titles that only repeat a field's name; Page[Media] is called MediaPage."""

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(re.sub(r"(\w+)\[(\w+)\]", r"\2\1", name))

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def build(table: Mapping[str, Mapping[str, RouteEntry]], *, version: str) -> Json:
    """The document. `table` is Chalice's; the routes that answer preflights are left out, since every path has one."""
    routes = list(routes_of(table))
    schemas, definitions = _schemas(routes)
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, definitions)
    for query in {route.contract.query for route in routes if route.contract.query}:
        definitions.pop(_name_in(schemas[query, "validation"]))  # it stands in the parameters
    for name, definition in definitions.items():
        if name in EXAMPLES["schemas"]:
            definition["examples"] = [EXAMPLES["schemas"][name]]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Visionary Media",
            "summary": "A media library that reads to you.",
            "description": introduction.text(),
            "version": version,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "."}],
        "tags": _tags(routes),
        "paths": paths,
        "components": {
            "schemas": definitions,
            "responses": responses.components(routes),
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY},
            "headers": responses.HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _schemas(routes: list[Route]) -> tuple[Schemas, Json]:
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(Problem, "serialization"): None}
    for contract in (route.contract for route in routes):
        taken = (contract.body, contract.query)
        given = (contract.answer, *contract.also.values())
        wanted |= {(model, "validation"): None for model in taken if model}
        wanted |= {(model, "serialization"): None for model in given if model}
    schemas, document = models_json_schema(
        list(wanted), ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    return schemas, document["$defs"]


def _operation(route: Route, schemas: Schemas, definitions: Json) -> Json:
    contract = route.contract
    name = route.entry.view_function.__name__
    described: Json = {
        "operationId": name,
        "tags": [_tag(route)],
        "summary": name.replace("_", " ").capitalize(),
        "description": "\n\n".join(_about(route)),
        "security": _security(route),
        "parameters": list(_parameters(route, schemas, definitions)),
    }
    if contract.body:
        schema = schemas[contract.body, "validation"]
        described["requestBody"] = {
            "required": bool(definitions[_name_in(schema)].get("required")),  # no body at all is an empty object
            "content": {kind: {"schema": schema} for kind in route.entry.content_types},
        }
    described["responses"] = responses.of(route, schemas)
    return described


def _about(route: Route) -> Iterator[str]:
    """What the function promises, then what the query means, of every model it is made of."""
    kinds = route.contract.query.__mro__ if route.contract.query else ()
    texts = [route.entry.view_function.__doc__, *(kind.__doc__ for kind in kinds if kind not in {BaseModel, object})]
    yield from (inspect.cleandoc(text) for text in texts if text)


def _security(route: Route) -> list[Json]:
    if route.entry.authorizer is None:
        return []
    by_capability: list[Json] = [{"capability": []}] if route.entry.authorizer is authorize_player else []
    return [{"bearer": []}, *by_capability]


def _parameters(route: Route, schemas: Schemas, definitions: Json) -> Iterator[Json]:
    for name in route.entry.view_args:
        kind = {"type": "string", "format": "uuid"} if route.is_id(name) else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": kind, **_example(name)}
    if route.contract.query:
        definition = definitions[_name_in(schemas[route.contract.query, "validation"])]
        for name, schema in definition.get("properties", {}).items():
            required = name in definition.get("required", ())
            kind = _not_null(schema)
            style = {"style": "form", "explode": False} if kind.get("type") == "array" else {}
            yield {"name": name, "in": "query", "required": required, "schema": kind, **style, **_example(name)}
    if route.contract.creates:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}


def _example(name: str) -> Json:
    return {"example": EXAMPLES["parameters"][name]} if name in EXAMPLES["parameters"] else {}


def _not_null(schema: Json) -> Json:
    """A query has no null: what may be left out is left out."""
    kept = {key: value for key, value in schema.items() if key != "anyOf" and not (key == "default" and value is None)}
    (choice,) = [each for each in schema.get("anyOf", [{}]) if each != {"type": "null"}]
    return {**choice, **kept}


def _name_in(reference: Json) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _tag(route: Route) -> str:
    return str(route.entry.view_function.__module__).rpartition(".")[2].capitalize()


def _tags(routes: list[Route]) -> list[Json]:
    modules = {_tag(route): route.entry.view_function.__module__ for route in routes}
    return [{"name": tag, "description": inspect.cleandoc(sys.modules[m].__doc__ or "")} for tag, m in modules.items()]
