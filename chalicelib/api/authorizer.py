"""The authorizers: who asks. API Gateway calls them before a route; what one may reach is decided by row-level security there.

Chalice declares authorizers that get one header and nothing else. infra/functions.yaml makes the gateway send the whole request
to the `…_request` functions here instead: it says where it comes from, and what stands in its query.
"""

from __future__ import annotations

from typing import Any

from chalice.app import AuthRequest, AuthResponse, Blueprint, CaseInsensitiveMapping, ChaliceAuthorizer

from chalicelib.api import origin_verification
from chalicelib.audit import failed_logins
from chalicelib.auth import link_tokens, tokens
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor
from chalicelib.platform.errors import UnauthorizedError
from chalicelib.platform.telemetry.observability import correlated, logger

CACHE_S = 300  # a revoked token works this long; shorter would put one more call in front of most requests
MAY_PLAY = "play"  # the purpose of a capability: GET and HEAD what players are sent to, of one media or one reading
CAPABILITY_SCHEME = "Capability "
UNAUTHORIZED = "Unauthorized"  # by this text of an exception the gateway knows a 401 from a failure

auth = Blueprint(__name__)


@auth.authorizer(name="authorize", ttl_seconds=CACHE_S)
def authorize(request: AuthRequest) -> AuthResponse:
    """Of nearly every route: a bearer token."""
    return _allow(_bearer(request.token), Actor.OWNER)


@auth.authorizer(name="authorize_player", ttl_seconds=0)
def authorize_player(request: AuthRequest) -> AuthResponse:
    """Of routes that players are sent to: a bearer token, or a capability for the thing that the path names."""
    if not request.token.startswith(CAPABILITY_SCHEME):
        return _allow(_bearer(request.token), Actor.OWNER)
    try:
        given = link_tokens.verify(request.token.removeprefix(CAPABILITY_SCHEME), MAY_PLAY)
        if given.subject not in request.method_arn.split("/"):
            raise UnauthorizedError("The token in this address is for something else.")
    except UnauthorizedError as error:
        raise _unauthorized(error.detail, ended=isinstance(error, link_tokens.LinkTokenExpiredError)) from None
    return _allow(str(given.owner_id), Actor.LINK_TOKEN)


def authorize_request(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What Lambda calls for `authorize`."""
    headers = CaseInsensitiveMapping(event.get("headers") or {})
    return _ask(authorize, event, context, token=headers.get("authorization", ""))


def authorize_player_request(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What Lambda calls for `authorize_player`: `?t=` becomes a header."""
    headers = CaseInsensitiveMapping(event.get("headers") or {})
    in_query = (event.get("queryStringParameters") or {}).get("t")
    token = f"{CAPABILITY_SCHEME}{in_query}" if in_query else headers.get("authorization", "")
    return _ask(authorize_player, event, context, token=token)


def _ask(authorizer: ChaliceAuthorizer, event: dict[str, Any], context: Any, *, token: str) -> dict[str, Any]:
    asked = event.get("requestContext") or {}
    with (
        correlated(asked.get("requestId")),
        caller.acting_as(caller.from_request(event.get("headers"), asked, Actor.UNKNOWN)),
    ):
        if not origin_verification.passed(event.get("headers")):
            logger.info("token refused", reason="not by the front door")
            raise Exception(UNAUTHORIZED)
        try:
            policy: dict[str, Any] = authorizer(
                {"type": "TOKEN", "authorizationToken": token, "methodArn": event["methodArn"]}, context
            )
        except Exception as error:
            if str(error) != UNAUTHORIZED:
                logger.exception("authorizer failed")
            raise
    return policy


def _bearer(header: str) -> str:
    try:
        return str(tokens.verify(header))
    except tokens.BadTokenError as error:
        raise _unauthorized(str(error), ended=isinstance(error, tokens.ExpiredTokenError)) from None


def _allow(owner_id: str, actor: Actor) -> AuthResponse:
    # The gateway caches the policy of `authorize` per token and applies it to every later route, so it must name them all.
    return AuthResponse(routes=["*"], principal_id=owner_id, context={"actor": actor.value})


def _unauthorized(reason: str, *, ended: bool) -> Exception:
    """`ended`: the token was good once. A session that is over is no failed sign-in."""
    logger.info("token refused", reason=reason)
    if not ended:
        failed_logins.report(reason)
    return Exception(UNAUTHORIZED)
