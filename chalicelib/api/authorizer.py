"""API Gateway's authorizers: they identify the user. Row-level security decides later what the user may reach.

Chalice declares authorizers that get one header and nothing else. infra/functions.yaml makes the gateway send the whole request
to the `…_request` functions here instead, which includes the client's address and the query.
"""

from __future__ import annotations

from typing import Any

from chalice.app import AuthRequest, AuthResponse, Blueprint, CaseInsensitiveMapping, ChaliceAuthorizer

from chalicelib.api import origin_verification
from chalicelib.auth import api_keys, link_tokens, tokens
from chalicelib.auth.link_tokens import Purpose
from chalicelib.platform import caller, deadline, startup
from chalicelib.platform.caller import Actor
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnauthorizedError
from chalicelib.platform.telemetry.observability import correlated, logger

# A valid token works this long after it has expired; a shorter time would add a call to most requests. A global sign-out ends
# refresh tokens only: the pool is not asked again about an access token, which works until it expires (infra/identity.yaml).
CACHE_S = 300
LINK_TOKEN_SCHEME = "Capability "  # noqa: S105 - a scheme, no secret
UNAUTHORIZED = "Unauthorized"  # the gateway responds 401 to an exception with exactly this text, 500 for others

auth = Blueprint(__name__)


@auth.authorizer(name="authorize", ttl_seconds=CACHE_S)
def authorize(request: AuthRequest) -> AuthResponse:
    """Authorize a bearer token or an API key; nearly every route uses this."""
    return _bearer(request.token)


@auth.authorizer(name="authorize_player", ttl_seconds=0)
def authorize_player(request: AuthRequest) -> AuthResponse:
    """Authorize a bearer token, an API key, or a link token for the path's media item or job.

    For routes that players call.
    """
    if not request.token.startswith(LINK_TOKEN_SCHEME):
        return _bearer(request.token)
    try:
        link_token = link_tokens.verify(request.token.removeprefix(LINK_TOKEN_SCHEME), Purpose.PLAY)
        if link_token.subject not in request.method_arn.split("/"):
            raise UnauthorizedError("The token in this address belongs to another item.")
    except UnauthorizedError as error:
        raise _unauthorized(error.detail, is_expired=isinstance(error, link_tokens.LinkTokenExpiredError)) from None
    return _allow(str(link_token.owner_id), Actor.LINK_TOKEN, issued_at=link_token.issued_at.isoformat())


def authorize_request(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry point of `authorize`."""
    headers = CaseInsensitiveMapping(event.get("headers") or {})
    return _authorize(authorize, event, context, token=headers.get("authorization", ""))


def authorize_player_request(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda entry point of `authorize_player`: turns `?t=` into a header."""
    headers = CaseInsensitiveMapping(event.get("headers") or {})
    in_query = (event.get("queryStringParameters") or {}).get("t")
    token = f"{LINK_TOKEN_SCHEME}{in_query}" if in_query else headers.get("authorization", "")
    return _authorize(authorize_player, event, context, token=token)


def _authorize(authorizer: ChaliceAuthorizer, event: dict[str, Any], context: Any, *, token: str) -> dict[str, Any]:
    request_context = event.get("requestContext") or {}
    with (
        deadline.invocation(context),
        correlated(request_context.get("requestId")),
        caller.acting_as(caller.from_request(event.get("headers"), request_context, Actor.UNKNOWN)),
    ):
        if not origin_verification.is_from_cloudfront(event.get("headers")):
            logger.info("token refused", reason="not through CloudFront")
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


def _bearer(header: str) -> AuthResponse:
    """Return the policy of a token that was verified, or of an API key that was not.

    There is no database here, so the API proves the key (chalicelib/api/api_key_authentication.py). The principal is no UUID: a
    route that took it for a proved owner would fail. The gateway may cache this policy longer than the key exists.
    """
    scheme, _, text = header.partition(" ")
    if scheme.lower() == "bearer" and api_keys.is_key(text.strip()):
        try:
            claimed = api_keys.parse(text.strip()).owner_id
        except UnauthorizedError as error:
            raise _unauthorized(error.detail, is_expired=False) from None
        return _allow(f"api-key:{claimed}", Actor.API_KEY)
    try:
        return _allow(str(tokens.verify(header)), Actor.OWNER)
    except tokens.BadTokenError as error:
        raise _unauthorized(str(error), is_expired=isinstance(error, tokens.ExpiredTokenError)) from None


def _allow(principal_id: str, actor: Actor, **context: str) -> AuthResponse:
    # The gateway caches the policy of `authorize` per token and applies it to every later route, so it must allow all of them.
    return AuthResponse(routes=["*"], principal_id=principal_id, context={"actor": actor.value, **context})


def _unauthorized(reason: str, *, is_expired: bool) -> Exception:
    """`is_expired`: the token was valid once. An expired session is not a failed sign-in."""
    logger.info("token refused", reason=reason)
    if not is_expired:
        from chalicelib.audit import failed_logins

        failed_logins.report(reason)
    return Exception(UNAUTHORIZED)


startup.prepare(settings, tokens.prepare)
