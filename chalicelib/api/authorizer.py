"""The authorizers: who asks. API Gateway calls them before a route; what one may reach is decided by row-level security there."""

from __future__ import annotations

from typing import Any

from chalice.app import AuthRequest, AuthResponse, Blueprint, CaseInsensitiveMapping

from chalicelib.account import tokens
from chalicelib.platform import capability
from chalicelib.platform.errors import UnauthorizedError
from chalicelib.platform.observability import logger

CACHE_S = 300  # a revoked token works this long; shorter would put one more call in front of most requests
MAY_PLAY = "play"  # the purpose of a capability: GET and HEAD what players are sent to, of one media or one reading
CAPABILITY_SCHEME = "Capability "

auth = Blueprint(__name__)


@auth.authorizer(name="authorize", ttl_seconds=CACHE_S)
def authorize(request: AuthRequest) -> AuthResponse:
    """Of nearly every route: a bearer token."""
    return _allow(_bearer(request.token))


@auth.authorizer(name="authorize_player", ttl_seconds=0)
def authorize_player(request: AuthRequest) -> AuthResponse:
    """Of routes that players are sent to: a bearer token, or a capability for the thing that the path names."""
    if not request.token.startswith(CAPABILITY_SCHEME):
        return _allow(_bearer(request.token))
    try:
        given = capability.verify(request.token.removeprefix(CAPABILITY_SCHEME), MAY_PLAY)
        if given.subject not in request.method_arn.split("/"):
            raise UnauthorizedError("The token in this address is for something else.")
    except UnauthorizedError as error:
        raise _unauthorized(error.detail) from None
    return _allow(str(given.owner_id))


def authorize_player_request(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What Lambda calls for `authorize_player`: by functions.yaml, API Gateway sends it the whole request.

    Chalice knows authorizers of one header only, so `?t=` becomes one here.
    """
    headers = CaseInsensitiveMapping(event.get("headers") or {})
    in_query = (event.get("queryStringParameters") or {}).get("t")
    token = f"{CAPABILITY_SCHEME}{in_query}" if in_query else headers.get("authorization", "")
    policy: dict[str, Any] = authorize_player(
        {"type": "TOKEN", "authorizationToken": token, "methodArn": event["methodArn"]}, context
    )
    return policy


def _bearer(header: str) -> str:
    try:
        return str(tokens.verify(header))
    except tokens.BadTokenError as error:
        raise _unauthorized(str(error)) from None


def _allow(owner_id: str) -> AuthResponse:
    # The gateway caches the policy of `authorize` per token and applies it to every later route, so it must name them all.
    return AuthResponse(routes=["*"], principal_id=owner_id)


def _unauthorized(reason: str) -> Exception:
    logger.info("token refused", reason=reason)
    return Exception("Unauthorized")  # by this text the gateway knows a 401 from a failure
