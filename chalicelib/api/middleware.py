"""HTTP middleware: request id, security headers, CORS, problem documents, and a log line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, Request, Response
from uuid6 import uuid7

from chalicelib.api import origin_verification
from chalicelib.api.operation import error_response
from chalicelib.platform import deadline
from chalicelib.platform.config import settings
from chalicelib.platform.db import rate_limit
from chalicelib.platform.errors import (
    AppError,
    BadRequestError,
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    UnsupportedMediaTypeError,
)
from chalicelib.platform.telemetry.observability import correlated, logger

SECURITY_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
PREFLIGHT_MAX_AGE_S = 7_200  # the maximum that browsers honour
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, MCP-Protocol-Version, Mcp-Method, Mcp-Name, "
    "Range, X-Request-Id"
)
EXPOSED_HEADERS = "Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, ETag"


def wrap(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
    """Chalice middleware for HTTP."""
    if request is None:
        return _respond(request, get_response)
    # API Gateway sets an id; Chalice's own servers do not
    with deadline.invocation(request.lambda_context), correlated(request.context.get("requestId") or str(uuid7())):
        return _respond(request, get_response)


def _respond(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
    started = time.perf_counter()
    with rate_limit.collecting() as statuses:
        if request is not None and not origin_verification.is_from_cloudfront(request.headers):
            misdirected = ForbiddenError(
                "This address does not serve the API. Use the API's own domain.", code="misdirected_request"
            )
            response = error_response(misdirected, request)
        elif request is not None and not _is_host_allowed(request):
            response = error_response(
                ForbiddenError(
                    "This server does not serve this host name. Use one that ALLOWED_HOSTS lists.",
                    code="host_not_allowed",
                ),
                request,
            )
        else:
            response = _as_problem(get_response(request), request)
    response.headers.update(rate_limit.headers(statuses))
    _add_headers(response, request)
    if request is not None and request.method == "HEAD":
        response.body = ""
    if request is not None:
        logger.info(
            "request answered",
            method=request.method,
            route=request.context.get("resourcePath"),
            status=response.status_code,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
            request_id=request.context.get("requestId"),
            owner_id=(request.context.get("authorizer") or {}).get("principalId"),
        )
    return response


def install(app: Chalice) -> None:
    """Register the middleware and the preflight routes: the last step, once every route is registered."""
    app.register_middleware(wrap, "http")
    app.api.binary_types = []  # bytes go through storage; Chalice would demand an Accept header where HEAD has an audio type
    for methods in app.routes.values():
        for entry in methods.values():
            if vars(entry.view_function)["operation"].body is None:
                entry.content_types = []  # a body that is not read may have any type: some clients send one with DELETE
    _add_head_routes(app)
    _add_preflight_routes(app)


def _add_head_routes(app: Chalice) -> None:
    """Register HEAD for every GET (RFC 9110, section 9.3.2), except for those that create something, as Uppy's do.

    Routes whose GET redirects to storage have a HEAD of their own: a signature is for one method.
    """
    for path, methods in list(app.routes.items()):
        entry = methods.get("GET")
        if entry is not None and "HEAD" not in methods and not vars(entry.view_function)["operation"].creates:
            app.route(path, methods=["HEAD"], name=f"head {path}", authorizer=entry.authorizer, content_types=[])(
                entry.view_function
            )


def _add_preflight_routes(app: Chalice) -> None:
    """Give every path an OPTIONS route, because Chalice's own CORS supports a single origin only."""
    for path, methods in list(app.routes.items()):
        allowed = ", ".join(sorted(methods))
        app.route(path, methods=["OPTIONS"], name=f"preflight {path}")(_preflight(allowed))


def _preflight(methods: str) -> Callable[..., Response]:
    headers = {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
    }

    def view(**_: str) -> Response:
        return Response(body="", status_code=204, headers=dict(headers))

    return view


def _is_host_allowed(request: Request) -> bool:
    allowed = settings().allowed_hosts
    host = str(request.headers.get("host") or "").partition(":")[0].lower()
    return "*" in allowed or any(host == name or (name.startswith(".") and host.endswith(name)) for name in allowed)


def _as_problem(response: Response, request: Request | None) -> Response:
    """Turn Chalice's own error responses into problem documents."""
    body = response.body
    if not (isinstance(body, dict) and {"Code", "Message"} <= body.keys()):
        return response
    detail = str(body["Message"])
    error: AppError
    match response.status_code:
        case 400:
            error = BadRequestError(detail)
        case 403 | 404:
            error = NotFoundError("This path does not exist. All paths are listed in /openapi.json.")
        case 405:
            allowed = str(response.headers.get("Allow", ""))
            error = MethodNotAllowedError(f"{detail}. This path accepts {allowed}.")
            error.headers["Allow"] = allowed
        case 415:
            error = UnsupportedMediaTypeError(f"{detail}. Send application/json.")
        case _:
            error = AppError("Something went wrong on our side. The error was logged; please try again later.")
    return error_response(error, request)


def _add_headers(response: Response, request: Request | None) -> None:
    headers = response.headers
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if request is None:
        return
    headers["X-Request-Id"] = request.context.get("requestId", "")
    origin = request.headers.get("origin")
    allowed = settings().cors_origins
    headers["Vary"] = "Origin, Accept-Encoding"  # the gateway compresses responses
    if origin and ("*" in allowed or origin in allowed):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    if not isinstance(response.body, str | bytes):
        response.body = json.dumps(response.body)
        headers.setdefault("Content-Type", "application/json")
