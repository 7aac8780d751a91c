"""What a route may answer: what it was asked for, or why not."""

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
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnprocessableContentError,
    UnsupportedMediaTypeError,
)

OURS = "5XX"

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


def of(route: Route, schemas: Schemas) -> Json:
    """The answers of a route, by status."""
    contract = route.contract
    answers = {contract.status: contract.answer, **contract.also}
    succeeded = {str(status): _success(route, status, model, schemas) for status, model in answers.items()}
    refused = {str(error.status): {"$ref": f"#/components/responses/{_name(error)}"} for error in _errors(route)}
    return succeeded | {k: v for k, v in refused.items() if k not in succeeded} | {OURS: ref("responses", "Ours")}


def _success(route: Route, status: int, model: type[BaseModel] | None, schemas: Schemas) -> Json:
    headers = ["X-Request-Id"]
    if route.has_owner:
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
    errors: list[type[AppError]] = [*contract.errors, ForbiddenError, TooManyRequestsError]
    if route.has_owner:
        errors += [UnauthorizedError, UnavailableError]
        if route.method not in {"GET", "HEAD"}:
            errors += [ConflictError]  # nothing is written for an account that is being erased
    if contract.body:
        errors += [BadRequestError, ContentTooLargeError, UnsupportedMediaTypeError, UnprocessableContentError]
    if contract.query:
        errors += [UnprocessableContentError]
    if contract.creates:
        errors += [ConflictError, UnprocessableContentError]
    if any(map(route.is_id, route.entry.view_args)):
        errors += [NotFoundError]
    return sorted(set(errors), key=lambda error: error.status)


def _refusal(error: type[AppError]) -> Json:
    headers = ["X-Request-Id"]
    headers += ["WWW-Authenticate"] if error is UnauthorizedError else []
    headers += ["Retry-After"] if error in {TooManyRequestsError, UnavailableError} else []
    headers += ["RateLimit-Policy", "RateLimit"] if error is TooManyRequestsError else []
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
    return {problem.MEDIA_TYPE: {"schema": ref("schemas", "Problem"), "example": example.model_dump()}}


def _headers(names: list[str]) -> Json:
    return {name: ref("headers", name) for name in names}


def components(routes: Iterable[Route]) -> Json:
    """The refusals that the routes' answers refer to."""
    errors = sorted({error for route in routes for error in _errors(route)}, key=lambda error: error.status)
    return {_name(error): _refusal(error) for error in errors} | {"Ours": _ours()}


def _name(error: type[AppError]) -> str:
    return error.__name__.removesuffix("Error")
