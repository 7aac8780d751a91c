"""Routes of the Model Context Protocol: language models search, read and speak the library through its tools.

Streamable HTTP without a session: each POST is answered by itself, with JSON. There is no stream of the server's own to GET, and
no session to DELETE.
"""

from __future__ import annotations

import json
from uuid import UUID

from chalice.app import Blueprint, Request

from chalicelib.api.authorizer import authorize
from chalicelib.api.mcp import server
from chalicelib.api.mcp.messages import McpMessage, McpResponse
from chalicelib.api.operation import JSON, RouteResponse, operation
from chalicelib.auth.api_key_proof import ProvedKey
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.config import settings
from chalicelib.platform.errors import BadRequestError, ForbiddenError, MethodNotAllowedError, NotFoundError

routes = Blueprint(__name__)


@routes.route("/v1/mcp", methods=["POST"], authorizer=authorize, content_types=[JSON])
@operation(
    routes,
    scope=Scope.MEDIA_READ,
    body=McpMessage,
    response_model=McpResponse,
    other_responses={202: None},
    errors=(BadRequestError, ForbiddenError, NotFoundError),
)
def call_mcp(owner: UUID, body: McpMessage, request: Request, key: ProvedKey | None) -> RouteResponse:
    """Answer one JSON-RPC message of the Model Context Protocol. 202 without a body for notifications.

    Tools: `search`, `list_documents`, `read_text` (scope `media:read`), `speak` (`speech:write`), `speech_status`
    (`speech:read`). What a tool refuses is a result with `isError`, so that the language model can read why. In the
    revision 2026-07-28, errors of the protocol have the status 400 or 404, and a JSON-RPC message instead of a problem.
    """
    _require_known_origin(request)
    answer = server.answer(owner, body, key, request.headers)
    if answer is None:
        return RouteResponse(status=202)
    content = json.dumps(answer.content, ensure_ascii=False)
    return RouteResponse(content, answer.status, {"Content-Type": JSON})


@routes.route("/v1/mcp", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, status=405, errors=(MethodNotAllowedError,))
def get_mcp_stream(owner: UUID) -> None:
    """405: the server sends no messages of its own."""
    raise _method_not_allowed(owner)


@routes.route("/v1/mcp", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, status=405, errors=(MethodNotAllowedError,))
def delete_mcp_session(owner: UUID) -> None:
    """405: there are no sessions."""
    raise _method_not_allowed(owner)


def _method_not_allowed(_owner: UUID) -> MethodNotAllowedError:
    return MethodNotAllowedError("Send POST: this endpoint has no sessions and no streams.", headers={"Allow": "POST"})


def _require_known_origin(request: Request) -> None:
    """Raise ForbiddenError for a page of another origin."""
    origin = request.headers.get("origin")
    allowed = settings().cors_origins
    if origin and "*" not in allowed and origin not in allowed:
        raise ForbiddenError(f"Pages of {origin[:100]!r} may not call this. Add the origin to CORS_ORIGINS.")
