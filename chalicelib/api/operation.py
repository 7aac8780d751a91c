"""The layer between Chalice and a route: parse, call, encode, and translate errors."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chalice.app import Request, Response
from pydantic import BaseModel
from uuid6 import uuid7

from chalicelib.api import api_key_authentication, etag, parse, problem
from chalicelib.api.api_key_authentication import MissingCredentialsError
from chalicelib.audit import failed_logins
from chalicelib.auth import link_tokens, revocation
from chalicelib.auth.api_keys import Scope
from chalicelib.auth.link_tokens import LinkTokenExpiredError, Purpose
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor, Caller
from chalicelib.platform.config import settings
from chalicelib.platform.db import idempotency, outbox, rate_limit, sweep_schedule
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.deadline import DeadlineExceededError
from chalicelib.platform.errors import AppError, UnauthorizedError, UnavailableError
from chalicelib.platform.telemetry.observability import logger

JSON = "application/json"
READ_METHODS = {"GET", "HEAD"}  # their requests leave nothing undone
NO_SIGN_IN = (LinkTokenExpiredError, MissingCredentialsError)  # no attempts to get in
BURST_S = 10  # so many seconds' requests of a user may arrive at once; a longer burst would fill the gateway


@dataclass(frozen=True, slots=True)
class RouteResponse:
    """The response of a route, where it is more than a 200 with a body."""

    body: BaseModel | str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """The contract of a route, from which the OpenAPI document is generated. `path` maps path parameters to their types."""

    path: Mapping[str, Any]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    response_model: type[BaseModel] | None
    status: int
    other_responses: Mapping[int, type[BaseModel] | None]
    produces: str
    errors: tuple[type[AppError], ...]
    public: bool
    creates: bool
    versioned: bool
    takes_precondition: bool
    token_purpose: Purpose | None
    scope: Scope | None
    basic: bool


def user_limit() -> Limit:
    """Return the limit of one user's requests: none may use up what the gateway lets through for all."""
    return Limit("API", requests=settings().user_rate_limit * BURST_S, per_s=BURST_S)


def operation(
    blueprint: Any,
    *,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    response_model: type[BaseModel] | None = None,
    status: int = 200,
    other_responses: Mapping[int, type[BaseModel] | None] | None = None,
    produces: str = JSON,
    errors: tuple[type[AppError], ...] = (),
    public: bool = False,
    renew: Callable[[UUID, UUID], Any] | None = None,
    creates: bool = False,
    versioned: bool = False,
    contains_secret: bool = False,
    token_purpose: Purpose | None = None,
    scope: Scope | None = None,
    basic: bool = False,
    actor: Actor = Actor.OWNER,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Turn a function with the parameters `owner`, `body`, `query` and path parameters into a Chalice view.

    The function returns a model or a RouteResponse, or raises an AppError. A path parameter of type UUID that is not a UUID is
    a 404. With `creates` the function takes `new_id`, the id of what it creates; the same request with the same Idempotency-Key
    creates it once and gets the same response. URLs in it expire: for a repetition, `renew` is given the owner and the id, and
    returns the response with URLs signed anew, or None if the first one stays as it was. With `versioned` the response has an
    ETag, and GET is 304 for a client that has this version; a function that changes such a resource takes `precondition`, and
    calls it with the resource before the change. With `token_purpose` the route has no authorizer: the path parameter `token`
    must be a link token for that purpose; its owner becomes `owner` and its subject `subject`. `actor` is the caller of another
    route without an authorizer. With `contains_secret` the response is not stored for repetitions; `renew` returns it again.

    An API key needs `scope`; without one, no key may call the route (403 `insufficient_scope`). With `basic` the route has no
    authorizer, and takes nothing but an API key: as the password of Basic authentication, or as bearer token. The function may
    take the `key`, which is None for a signed-in owner.

    For the OpenAPI document only: `other_responses` maps further statuses to their models, `produces` is the media type of a text
    response, `errors` are those of the function itself; errors of parsing, tokens and limits are added.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Response]:
        types = typing.get_type_hints(function)
        parameters = set(inspect.signature(function).parameters)

        @functools.wraps(function)
        def view(**path: str) -> Response:
            request = blueprint.current_request
            with caller.acting_as(_caller(request, Actor.LINK_TOKEN if token_purpose is not None else actor)):
                return respond(request, path)

        def respond(request: Request, path: dict[str, str]) -> Response:
            def encode(result: Any) -> Response:
                response = _encode(result, status)
                return _with_etag(request, response) if versioned else response

            def create(new_id: UUID) -> Response:
                return encode(function(**values, new_id=new_id))

            def renewed(new_id: UUID) -> Response | None:
                result = renew(values["owner"], new_id) if renew is not None else None
                return None if result is None else encode(result)

            try:
                token = path.pop("token", "") if token_purpose is not None else ""
                values: dict[str, Any] = {}
                key = api_key_authentication.authenticate(request, basic=basic)
                issued_at = _link_token_issued_at(request)
                if token_purpose is not None:
                    link_token = link_tokens.verify(token, token_purpose)
                    if token_purpose is not Purpose.ERASURE_RECEIPT:
                        issued_at = link_token.issued_at
                    values["owner"] = link_token.owner_id
                    if "subject" in parameters:
                        values["subject"] = link_token.subject
                elif key is not None:
                    values["owner"] = key.owner_id
                elif "owner" in parameters:
                    values["owner"] = UUID(request.context["authorizer"]["principalId"])
                if "owner" in values:
                    rate_limit.consume(user_limit(), str(values["owner"]))
                    if issued_at is not None:
                        revocation.check(values["owner"], issued_at)
                if key is not None:
                    key.require(scope)
                if "key" in parameters:
                    values["key"] = key
                values |= {name: parse.path_value(types[name], text) for name, text in path.items()}
                if body is not None:
                    values["body"] = parse.body(request, body)
                if query is not None:
                    values["query"] = parse.query(request, query)
                if "request" in parameters:
                    values["request"] = request
                if "precondition" in parameters:
                    values["precondition"] = etag.precondition(request)
                if request.method not in READ_METHODS:
                    sweep_schedule.arm()
                if creates:
                    return _run_once(request, values, create, renewed, stores_body=not contains_secret)
                return encode(function(**values))
            except AppError as error:
                if isinstance(error, UnauthorizedError) and not isinstance(error, NO_SIGN_IN):
                    failed_logins.report(error.detail)
                if isinstance(error, UnavailableError):
                    logger.warning("service unavailable", exc_info=True)
                return error_response(error, request)
            except DeadlineExceededError:
                logger.warning("request abandoned")
                return error_response(
                    UnavailableError("A service that this request needs does not respond; try again shortly."), request
                )
            except Exception:  # noqa: BLE001 - the last resort: logged, and a 500 for the client
                logger.exception("request failed")
                return error_response(
                    AppError("Something went wrong on our side. The error was logged; please try again later."), request
                )

        view.operation = Operation(  # type: ignore[attr-defined]
            path=types,
            body=body,
            query=query,
            response_model=response_model,
            status=status,
            other_responses=other_responses or {},
            produces=produces,
            errors=errors,
            public=public,
            creates=creates,
            versioned=versioned,
            takes_precondition="precondition" in parameters,
            token_purpose=token_purpose,
            scope=scope,
            basic=basic,
        )
        return view

    return decorate


def _caller(request: Request, without_authorizer: Actor) -> Caller:
    """Return the caller of a request: the authorizer names the actor, if the route has one. An API key is proved later."""
    actor = Actor((request.context.get("authorizer") or {}).get("actor", without_authorizer))
    return caller.from_request(request.headers, request.context, Actor.UNKNOWN if actor is Actor.API_KEY else actor)


def _link_token_issued_at(request: Request) -> datetime | None:
    """Return when the link token was issued that the authorizer verified, if it was one."""
    issued_at = (request.context.get("authorizer") or {}).get("issued_at")
    return datetime.fromisoformat(issued_at) if issued_at else None


def _run_once(
    request: Request,
    values: Mapping[str, Any],
    create: Callable[[UUID], Response],
    renewed: Callable[[UUID], Response | None],
    *,
    stores_body: bool,
) -> Response:
    key = request.headers.get("idempotency-key")
    if key is None:
        return create(UUID(str(uuid7())))
    owner_id: UUID = values["owner"]
    stored = idempotency.claim(owner_id, key, _fingerprint(request, values))
    if stored.status is not None:
        return renewed(stored.new_id) or Response(
            body=stored.body or "", status_code=stored.status, headers=dict(stored.headers or {})
        )
    try:
        if stored.is_repeated:
            outbox.send_unsent(owner_id)  # the first attempt may have failed after its commit
        response = create(stored.new_id)
    except BaseException:
        idempotency.release(owner_id, key)
        raise
    body = str(response.body) if stores_body else ""
    idempotency.complete(owner_id, key, status=response.status_code, headers=dict(response.headers), body=body)
    return response


def _fingerprint(request: Request, values: Mapping[str, Any]) -> str:
    """Return a hash of method, path and parameters: equal for equal requests only."""
    parameters = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)
        for name, value in values.items()
        if name not in {"request", "precondition", "key"}
    }
    return hashlib.sha256(json.dumps([request.method, request.path, parameters], sort_keys=True).encode()).hexdigest()


def error_response(error: AppError, request: Request | None) -> Response:
    """Return the problem document of an error as a response."""
    request_id = request.context.get("requestId", "") if request is not None else ""
    return Response(
        body=problem.document(error, request_id).model_dump_json(),
        status_code=error.status,
        headers={**error.headers, "Content-Type": problem.MEDIA_TYPE},
    )


def _encode(result: Any, status: int) -> Response:
    response = result if isinstance(result, RouteResponse) else RouteResponse(result, status)
    headers: dict[str, str | list[str]] = dict(response.headers)
    if response.body is None:
        return Response(body="", status_code=response.status, headers={"Content-Type": JSON, **headers})
    if isinstance(response.body, str):
        return Response(body=response.body, status_code=response.status, headers=headers)
    headers.setdefault("Content-Type", JSON)
    return Response(body=response.body.model_dump_json(), status_code=response.status, headers=headers)


def _with_etag(request: Request, response: Response) -> Response:
    response.headers["ETag"] = tag = etag.strong(str(response.body))
    if request.method in READ_METHODS and etag.is_not_modified(request, tag):
        return Response(body="", status_code=304, headers=response.headers)
    return response
