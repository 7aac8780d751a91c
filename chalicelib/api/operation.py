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

from chalice.app import Request, Response
from pydantic import BaseModel
from uuid6 import uuid7

from chalicelib.api import parse, problem
from chalicelib.audit import failed_logins
from chalicelib.auth import link_tokens as capabilities
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor, Caller
from chalicelib.platform.db import idempotency, rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import AppError, UnauthorizedError
from chalicelib.platform.telemetry.observability import logger

JSON = "application/json"
# A quarter of what the gateway lets through for everybody; a page that asks twice a second does not come near it.
PER_MINUTE = Limit("API", requests=3_000, per_s=60)


@dataclass(frozen=True, slots=True)
class Answer:
    """A route's answer where it is more than a 200 with a body."""

    body: BaseModel | str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """What a route takes and gives; the OpenAPI document is made from it. `path` holds the types of the path's parameters."""

    path: Mapping[str, Any]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    status: int
    also: Mapping[int, type[BaseModel] | None]
    produces: str
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
    also: Mapping[int, type[BaseModel] | None] | None = None,
    produces: str = JSON,
    errors: tuple[type[AppError], ...] = (),
    public: bool = False,
    creates: bool = False,
    capability: str | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a view of a function that takes `owner`, `body`, `query` and path parameters by name and type.

    The function answers a model, an Answer, or raises an AppError. A path parameter of type UUID that is none is a 404: such a
    thing does not exist. With `creates` the function takes a `new_id` for what it creates; the same request with the same
    Idempotency-Key then creates it once and is answered the same. With `capability` the route stands open, and the owner is who
    the path parameter `token` was minted for, for that purpose; `subject` is what it was minted about.

    For the description: `also` are further statuses with what they answer, `produces` is the media type of an answer that is a
    text, `errors` are those of the function; what parsing, the token and the limit may refuse is added there.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        types = typing.get_type_hints(function)
        wants = set(inspect.signature(function).parameters)

        @functools.wraps(function)
        def view(**path: str) -> Response:
            request = blueprint.current_request
            with caller.acting_as(_caller(request, by_capability=capability is not None)):
                return respond(request, path)

        def respond(request: Request, path: dict[str, str]) -> Response:
            try:
                token = path.pop("token", "") if capability is not None else ""
                values: dict[str, Any] = {}
                if capability is not None:
                    given = capabilities.verify(token, capability)
                    values["owner"] = given.owner_id
                    if "subject" in wants:
                        values["subject"] = given.subject
                elif "owner" in wants:
                    values["owner"] = UUID(request.context["authorizer"]["principalId"])
                if "owner" in values:
                    rate_limit.consume(PER_MINUTE, str(values["owner"]))
                values |= {name: parse.path_value(types[name], text) for name, text in path.items()}
                if body is not None:
                    values["body"] = parse.body(request, body)
                if query is not None:
                    values["query"] = parse.query(request, query)
                if "request" in wants:
                    values["request"] = request
                if creates:
                    return _once(request, values, lambda new_id: _encode(function(**values, new_id=new_id), status))
                return _encode(function(**values), status)
            except AppError as error:
                if isinstance(error, UnauthorizedError) and not isinstance(error, capabilities.LinkTokenExpiredError):
                    failed_logins.report(error.detail)
                return refuse(error, request)
            except Exception:  # noqa: BLE001 - whatever it was, it is logged and answered
                logger.exception("request failed")
                return refuse(AppError("Something went wrong on our side; it was logged. Try again later."), request)

        view.operation = Operation(  # type: ignore[attr-defined]
            path=types,
            body=body,
            query=query,
            answer=answer,
            status=status,
            also=also or {},
            produces=produces,
            errors=errors,
            public=public,
            creates=creates,
            capability=capability,
        )
        return view

    return decorate


def _caller(request: Request, *, by_capability: bool) -> Caller:
    """Who asks: for routes behind an authorizer it says by what; other routes are open, to capabilities or to everybody."""
    given = (request.context.get("authorizer") or {}).get("actor", Actor.OWNER)
    return caller.from_request(request.headers, request.context, Actor.LINK_TOKEN if by_capability else Actor(given))


def _once(request: Request, values: Mapping[str, Any], create: Callable[[UUID], Response]) -> Response:
    key = request.headers.get("idempotency-key")
    if key is None:
        return create(UUID(str(uuid7())))
    owner_id: UUID = values["owner"]
    earlier = idempotency.claim(owner_id, key, _fingerprint(request, values))
    if earlier.status is not None:
        return Response(body=earlier.body or "", status_code=earlier.status, headers=dict(earlier.headers or {}))
    try:
        response = create(earlier.new_id)
    except BaseException:
        idempotency.release(owner_id, key)
        raise
    idempotency.complete(
        owner_id, key, status=response.status_code, headers=dict(response.headers), body=str(response.body)
    )
    return response


def _fingerprint(request: Request, values: Mapping[str, Any]) -> str:
    """The same for the same request only: what is asked of which thing, with which parameters."""
    said = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
        for name, value in values.items()
        if name != "request"
    }
    return hashlib.sha256(json.dumps([request.method, request.path, said], sort_keys=True).encode()).hexdigest()


def refuse(error: AppError, request: Request | None) -> Response:
    """The problem document for an error."""
    request_id = request.context.get("requestId", "") if request is not None else ""
    return Response(
        body=problem.document(error, request_id).model_dump_json(),
        status_code=error.status,
        headers={**error.headers, "Content-Type": problem.MEDIA_TYPE},
    )


def _encode(result: Any, status: int) -> Response:
    answer = result if isinstance(result, Answer) else Answer(result, status)
    headers: dict[str, str | list[str]] = dict(answer.headers)
    if answer.body is None:
        return Response(body="", status_code=answer.status, headers={"Content-Type": JSON, **headers})
    if isinstance(answer.body, str):
        return Response(body=answer.body, status_code=answer.status, headers=headers)
    headers.setdefault("Content-Type", JSON)
    return Response(body=answer.body.model_dump_json(), status_code=answer.status, headers=headers)
