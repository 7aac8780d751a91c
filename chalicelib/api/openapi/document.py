"""The API's description (OpenAPI 3.1), made from the route table and from what each operation says it takes and gives."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from chalice.app import RouteEntry
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from chalicelib.api import problem
from chalicelib.api.authorizer import authorize_player
from chalicelib.api.openapi import introduction
from chalicelib.api.operation import JSON, Operation
from chalicelib.api.problem import Problem
from chalicelib.platform.errors import (
    AppError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    TooOftenError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedTypeError,
)
from chalicelib.platform.idempotency import MAX_KEY_CHARACTERS

Json = dict[str, Any]
Mode = Literal["validation", "serialization"]
Schemas = Mapping[tuple[Any, Mode], Json]  # of a model, as it is taken or as it is given

OURS = "5XX"
EXAMPLES: Json = json.loads(Path(__file__).with_name("examples.json").read_text())

HEADERS: Json = {
    "X-Request-Id": {"description": "Names this answer in our logs.", "schema": {"type": "string"}},
    "Location": {"description": "Where the thing is.", "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit-Policy": {
        "description": "The limits that were counted: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"API";q=3000;w=60, "speech";q=10;w=60',
    },
    "RateLimit": {
        "description": "`r` requests remain; one more comes within `t` seconds.",
        "schema": {"type": "string"},
        "example": '"API";r=2999;t=1, "speech";r=9;t=6',
    },
    "WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}},
    "Content-Length": {"schema": {"type": "integer", "minimum": 0}},
    "Accept-Ranges": {"schema": {"type": "string", "const": "bytes"}},
    "ETag": {"schema": {"type": "string"}},
}
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


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the route table."""

    path: str
    method: str
    entry: RouteEntry
    contract: Operation


class _Schemas(GenerateJsonSchema):
    """Without titles that only repeat a field's name; Page[Media] is called MediaPage."""

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(re.sub(r"(\w+)\[(\w+)\]", r"\2\1", name))

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def build(table: Mapping[str, Mapping[str, RouteEntry]], *, version: str) -> Json:
    """The document. `table` is Chalice's; the routes that answer preflights are left out, since every path has one."""
    routes = list(_routes(table))
    schemas, definitions = _schemas(routes)
    paths: Json = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas, definitions)
    for name in {model.__name__ for route in routes if (model := route.contract.query)}:
        definitions.pop(name, None)  # it stands in the parameters
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
            "responses": {_name(error): _refusal(error) for error in _errors_of(routes)} | {"Ours": _ours()},
            "parameters": {"IdempotencyKey": IDEMPOTENCY_KEY},
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _routes(table: Mapping[str, Mapping[str, RouteEntry]]) -> Iterator[Route]:
    for path, methods in table.items():
        for method, entry in methods.items():
            if method != "OPTIONS":
                yield Route(path, method, entry, vars(entry.view_function)["operation"])


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
        "parameters": list(_parameters(route, definitions)),
    }
    if contract.body:
        content = {"schema": schemas[contract.body, "validation"]}
        described["requestBody"] = {"required": True, "content": dict.fromkeys(route.entry.content_types, content)}
    described["responses"] = _responses(route, schemas)
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


def _parameters(route: Route, definitions: Json) -> Iterator[Json]:
    for name in route.entry.view_args:
        kind = {"type": "string", "format": "uuid"} if route.contract.path.get(name) is UUID else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": kind, **_example(name)}
    if route.contract.query:
        definition = definitions[route.contract.query.__name__]
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


def _responses(route: Route, schemas: Schemas) -> Json:
    contract = route.contract
    answers = {contract.status: contract.answer, **contract.also}
    succeeded = {str(status): _success(route, status, model, schemas) for status, model in answers.items()}
    refused = {str(error.status): {"$ref": f"#/components/responses/{_name(error)}"} for error in _errors(route)}
    return succeeded | {k: v for k, v in refused.items() if k not in succeeded} | {OURS: _ref("responses", "Ours")}


def _success(route: Route, status: int, model: type[BaseModel] | None, schemas: Schemas) -> Json:
    headers = ["X-Request-Id"]
    if _has_owner(route):
        headers += ["RateLimit-Policy", "RateLimit"]
    if status == HTTPStatus.FOUND or (route.contract.creates and status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}):
        headers += ["Location"]
    if route.method == "HEAD":
        headers += ["Content-Length", "Accept-Ranges", "ETag"]
    described: Json = {"description": HTTPStatus(status).phrase, "headers": _headers(headers)}
    if model:
        described["content"] = {JSON: {"schema": schemas[model, "serialization"]}}
    elif status == HTTPStatus.OK and route.method != "HEAD" and route.contract.produces != JSON:
        described["content"] = {route.contract.produces: {"schema": {"type": "string"}}}
    return described


def _errors(route: Route) -> list[type[AppError]]:
    """What may be answered instead, by status: of the function, of parsing, of the limits, and of the host name."""
    contract = route.contract
    errors: list[type[AppError]] = [*contract.errors, ForbiddenError, TooOftenError]
    if _has_owner(route):
        errors += [UnauthorizedError, UnavailableError]
    if contract.body:
        errors += [BadRequestError, TooLargeError, UnsupportedTypeError, InvalidError]
    if contract.query:
        errors += [InvalidError]
    if contract.creates:
        errors += [ConflictError, InvalidError]
    if any(contract.path.get(name) is UUID for name in route.entry.view_args):
        errors += [NotFoundError]
    return sorted(set(errors), key=lambda error: error.status)


def _errors_of(routes: list[Route]) -> list[type[AppError]]:
    return sorted({error for route in routes for error in _errors(route)}, key=lambda error: error.status)


def _has_owner(route: Route) -> bool:
    return route.entry.authorizer is not None or route.contract.capability is not None


def _refusal(error: type[AppError]) -> Json:
    headers = ["X-Request-Id"]
    headers += ["WWW-Authenticate"] if error is UnauthorizedError else []
    headers += ["Retry-After"] if error in {TooOftenError, UnavailableError} else []
    headers += ["RateLimit-Policy", "RateLimit"] if error is TooOftenError else []
    about = inspect.cleandoc(error.__doc__ or "").replace("\n", " ")
    return {"description": f"{error.title}. {about}".strip(), "headers": _headers(headers), "content": _problem(error)}


def _ours() -> Json:
    return {
        "description": "The fault is on our side: it was logged, or (503) something is down and the request may succeed later.",
        "headers": _headers(["X-Request-Id", "Retry-After"]),
        "content": _problem(AppError),
    }


def _problem(error: type[AppError]) -> Json:
    sample = AppError(EXAMPLES["problems"][error.code], code=error.code)
    sample.status, sample.title = error.status, error.title
    example = problem.document(sample, EXAMPLES["request_id"])
    return {problem.MEDIA_TYPE: {"schema": _ref("schemas", "Problem"), "example": example.model_dump()}}


def _headers(names: list[str]) -> Json:
    return {name: _ref("headers", name) for name in names}


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


def _name(error: type[AppError]) -> str:
    return error.__name__.removesuffix("Error")


def _tag(route: Route) -> str:
    return str(route.entry.view_function.__module__).rpartition(".")[2].capitalize()


def _tags(routes: list[Route]) -> list[Json]:
    modules = {_tag(route): route.entry.view_function.__module__ for route in routes}
    return [{"name": tag, "description": inspect.cleandoc(sys.modules[m].__doc__ or "")} for tag, m in modules.items()]
