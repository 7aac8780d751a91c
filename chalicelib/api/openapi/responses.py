"""The responses of a route: success, and every error."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from http import HTTPStatus

from pydantic import BaseModel

from chalicelib.api import problem
from chalicelib.api.openapi.route import EXAMPLES, Json, Route, Schemas, ref
from chalicelib.api.operation import JSON
from chalicelib.platform.errors import (
    AppError,
    BadRequestError,
    ConflictError,
    ContentTooLargeError,
    ForbiddenError,
    NotFoundError,
    StaleVersionError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableContentError,
    UnsupportedMediaTypeError,
)

SERVER_ERRORS = "5XX"
# Component names that generated clients of 0.1 use, by the class names of today.
RESPONSE_NAMES = {
    "ContentTooLarge": "TooLarge",
    "TooManyRequests": "TooOften",
    "UnprocessableContent": "Invalid",
    "UnsupportedMediaType": "UnsupportedType",
}

HEADERS: Json = {
    "X-Request-Id": {"description": "The id of this response in the logs.", "schema": {"type": "string"}},
    "Location": {
        "description": "The address of the resource.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {
        "description": "The version of the resource: for `If-Match`, and for `If-None-Match`.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "RateLimit-Policy": {
        "description": "The limits that apply: `q` requests in `w` seconds.",
        "schema": {"type": "string"},
        "example": '"API";q=3000;w=60, "speech";q=10;w=60',
    },
    "RateLimit": {
        "description": "`r` requests remain; another one becomes available within `t` seconds.",
        "schema": {"type": "string"},
        "example": '"API";r=2999;t=1, "speech";r=9;t=6',
    },
    "WWW-Authenticate": {
        "description": "Behind API Gateway, a 401 for a token in the path has it as `x-amzn-Remapped-WWW-Authenticate`.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}


def responses_for(route: Route, schemas: Schemas) -> Json:
    """Return the responses of a route, by status."""
    operation = route.operation
    models = {operation.status: operation.response_model, **operation.other_responses}
    if operation.versioned and route.method == "GET":
        models[HTTPStatus.NOT_MODIFIED] = None
    succeeded = {
        str(status): _success(route, status, model, schemas)
        for status, model in models.items()
        if status != HTTPStatus.METHOD_NOT_ALLOWED
    }
    errors = {
        str(error.status): {"$ref": f"#/components/responses/{_component_name(error)}"} for error in _errors(route)
    }
    return (
        succeeded | {k: v for k, v in errors.items() if k not in succeeded} | {SERVER_ERRORS: ref("responses", "Ours")}
    )


def _success(route: Route, status: int, model: type[BaseModel] | None, schemas: Schemas) -> Json:
    headers = ["X-Request-Id"]
    if route.has_owner:
        headers += ["RateLimit-Policy", "RateLimit"]
    if status == HTTPStatus.FOUND or (route.operation.creates and status in {HTTPStatus.CREATED, HTTPStatus.ACCEPTED}):
        headers += ["Location"]
    if route.operation.versioned:
        headers += ["ETag"]
    described: Json = {"description": HTTPStatus(status).phrase, "headers": _headers(headers)}
    if model:
        described["content"] = {JSON: {"schema": schemas[model, "serialization"]}}
    elif status == HTTPStatus.OK and route.operation.produces != JSON:
        kind = "object" if route.operation.produces.endswith("+json") else "string"
        described["content"] = {route.operation.produces: {"schema": {"type": kind}}}
    return described


def _errors(route: Route) -> list[type[AppError]]:
    """Return a route's errors by status: its own, and those of the API layer."""
    operation = route.operation
    errors: list[type[AppError]] = [*operation.errors, ForbiddenError, TooManyRequestsError]
    if route.has_owner:
        errors += [UnauthorizedError, UnavailableError]
        if route.method not in {"GET", "HEAD"}:
            errors += [ConflictError]  # nothing is written while the account is being erased
    if operation.body:
        errors += [BadRequestError, ContentTooLargeError, UnsupportedMediaTypeError, UnprocessableContentError]
    if operation.takes_precondition:
        errors += [StaleVersionError]
    if operation.query:
        errors += [UnprocessableContentError]
    if operation.creates:
        errors += [ConflictError, UnprocessableContentError]
    if any(map(route.is_id, route.entry.view_args)):
        errors += [NotFoundError]
    return sorted(set(errors), key=lambda error: error.status)


def _error_response(error: type[AppError]) -> Json:
    headers = ["X-Request-Id"]
    headers += ["WWW-Authenticate"] if error is UnauthorizedError else []
    headers += ["Retry-After"] if error in {TooManyRequestsError, UnavailableError} else []
    headers += ["ETag"] if error is StaleVersionError else []
    headers += ["RateLimit-Policy", "RateLimit"] if error is TooManyRequestsError else []
    description = inspect.cleandoc(error.__doc__ or "").replace("\n", " ")
    return {
        "description": f"{error.title}. {description}".strip(),
        "headers": _headers(headers),
        "content": _problem(error),
    }


def _server_error() -> Json:
    return {
        "description": "The fault is on our side: it was logged, or (503) a service is down and the request may succeed later.",
        "headers": _headers(["X-Request-Id", "Retry-After"]),
        "content": _problem(AppError),
    }


def _problem(error: type[AppError]) -> Json:
    sample = AppError(EXAMPLES["problems"][error.code], code=error.code)
    sample.status, sample.title = error.status, error.title
    example = problem.document(sample, EXAMPLES["request_id"])
    return {problem.MEDIA_TYPE: {"schema": ref("schemas", "Problem"), "example": example.model_dump()}}


def _headers(names: list[str]) -> Json:
    return {name: ref("headers", name) for name in names}


def components(routes: Iterable[Route]) -> Json:
    """Return the error responses that the routes refer to."""
    errors = sorted({error for route in routes for error in _errors(route)}, key=lambda error: error.status)
    return {_component_name(error): _error_response(error) for error in errors} | {"Ours": _server_error()}


def _component_name(error: type[AppError]) -> str:
    name = error.__name__.removesuffix("Error")
    return RESPONSE_NAMES.get(name, name)
