"""What stands between Chalice and a route: parse the request, call, encode the answer, translate errors."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chalice.app import MultiDict, Request, Response
from pydantic import BaseModel, ValidationError
from uuid6 import uuid7

from chalicelib.api import problem
from chalicelib.platform import capability as capabilities
from chalicelib.platform import idempotency
from chalicelib.platform.errors import (
    AppError,
    BadRequestError,
    InvalidError,
    NotFoundError,
    TooLargeError,
    UnsupportedTypeError,
)
from chalicelib.platform.observability import logger

MAX_BODY_BYTES = 256 * 1024  # requests carry names and numbers; files go to storage
MAX_JSON_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Answer:
    """A route's answer where it is more than a 200 with a body."""

    body: BaseModel | str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes and gives; the OpenAPI document is made from it."""

    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: int
    errors: tuple[type[AppError], ...]
    public: bool
    creates: bool
    capability: str | None


def operation(
    blueprint: Any,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    status: int = 200,
    errors: tuple[type[AppError], ...] = (),
    public: bool = False,
    creates: bool = False,
    capability: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a view of a function that takes `owner`, `body`, `query` and path parameters by name and type.

    The function answers a model, an Answer, or raises an AppError. A path parameter of type UUID that is none is a 404: such a
    thing does not exist. With `creates` the function takes a `new_id` for what it creates; the same request with the same
    Idempotency-Key then creates it once and is answered the same. With `capability` the route stands open, and the owner is who
    the path parameter `token` was minted for, for that purpose.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        types = typing.get_type_hints(function)
        wants = set(inspect.signature(function).parameters)

        @functools.wraps(function)
        def view(**path: str) -> Response:
            request = blueprint.current_request
            try:
                token = path.pop("token", "") if capability is not None else ""
                values: dict[str, Any] = {name: _path_value(types[name], text) for name, text in path.items()}
                if capability is not None:
                    values["owner"] = capabilities.verify(token, capability).owner_id
                elif "owner" in wants:
                    values["owner"] = UUID(request.context["authorizer"]["principalId"])
                if body is not None:
                    values["body"] = _parse_body(request, body)
                if query is not None:
                    values["query"] = _parse_query(request, query)
                if "request" in wants:
                    values["request"] = request
                if creates:
                    return _once(request, values, lambda new_id: _encode(function(**values, new_id=new_id), status))
                return _encode(function(**values), status)
            except AppError as error:
                return refuse(error, request)
            except Exception:  # noqa: BLE001 - whatever it was, it is logged and answered
                logger.exception("request failed")
                return refuse(AppError("Something went wrong on our side; it was logged. Try again later."), request)

        view.operation = Operation(body, query, answer, status, errors, public, creates, capability)  # type: ignore[attr-defined]
        return view

    return decorate


def _once(request: Request, values: Mapping[str, Any], create: Callable[[UUID], Response]) -> Response:
    key = request.headers.get("idempotency-key")
    if key is None:
        return create(UUID(str(uuid7())))
    owner_id: UUID = values["owner"]
    sent = json.dumps([request.method, request.path, (values["body"].model_dump_json() if "body" in values else None)])
    earlier = idempotency.begin(owner_id, key, hashlib.sha256(sent.encode()).hexdigest())
    if earlier.status is not None:
        return Response(body=earlier.body or "", status_code=earlier.status, headers=dict(earlier.headers or {}))
    try:
        response = create(earlier.new_id)
    except BaseException:
        idempotency.give_up(owner_id, key)
        raise
    idempotency.finish(
        owner_id, key, status=response.status_code, headers=dict(response.headers), body=str(response.body)
    )
    return response


def refuse(error: AppError, request: Request | None) -> Response:
    """The problem document for an error."""
    request_id = request.context.get("requestId", "") if request is not None else ""
    return Response(
        body=problem.document(error, request_id).model_dump_json(),
        status_code=error.status,
        headers={**error.headers, "Content-Type": problem.MEDIA_TYPE},
    )


def _path_value(kind: Any, text: str) -> Any:
    if kind is not UUID:
        return text
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError(f"Nothing is known under the id {text[:80]!r}.") from None


def _parse_body(request: Request, model: type[BaseModel]) -> BaseModel:
    given = request.raw_body
    raw = given.encode() if isinstance(given, str) else given
    if len(raw) > MAX_BODY_BYTES:
        raise TooLargeError(f"The request body has {len(raw):,} bytes; at most {MAX_BODY_BYTES:,} are taken.")
    media_type = str(request.headers.get("content-type", "application/json")).split(";")[0].strip().lower()
    if media_type not in {"application/json", "application/merge-patch+json"}:
        raise UnsupportedTypeError(f"The body is {media_type!r}; send application/json.")
    if not raw.strip():
        raw = b"{}"
    if _depth(raw) > MAX_JSON_DEPTH:
        raise BadRequestError(f"The JSON body is nested deeper than {MAX_JSON_DEPTH} levels.", code="malformed_json")
    try:
        json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"The body is not JSON: {error}.", code="malformed_json") from None
    try:
        return model.model_validate_json(raw, strict=False)
    except ValidationError as error:
        raise problem.of_validation(error, where="body") from None


def _depth(raw: bytes) -> int:
    """How deep brackets nest, strings apart; counted before parsing, so that a deep body costs nothing."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in raw:
        if in_string:
            in_string = escaped or byte != 0x22
            escaped = byte == 0x5C and not escaped
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _parse_query(request: Request, model: type[BaseModel]) -> BaseModel:
    given = request.query_params
    values: dict[str, Any] = {}
    if given is None:
        given = MultiDict({})
    for name in given:
        repeated = given.getlist(name)
        if len(repeated) > 1:
            raise InvalidError(f"The query parameter {name!r} is given {len(repeated)} times; give it once.")
        values[name] = repeated[0]
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise problem.of_validation(error, where="query") from None


def _encode(result: Any, status: int) -> Response:
    answer = result if isinstance(result, Answer) else Answer(result, status)
    headers: dict[str, str | list[str]] = dict(answer.headers)
    if answer.body is None:
        return Response(body="", status_code=answer.status, headers={"Content-Type": "application/json", **headers})
    if isinstance(answer.body, str):
        return Response(body=answer.body, status_code=answer.status, headers=headers)
    headers.setdefault("Content-Type", "application/json")
    return Response(body=answer.body.model_dump_json(), status_code=answer.status, headers=headers)
