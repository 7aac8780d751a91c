"""The authorizer: API Gateway asks it once per token and keeps the answer for `ttl_seconds`."""

from __future__ import annotations

from chalice.app import AuthRequest, AuthResponse, Blueprint

from chalicelib.account import tokens
from chalicelib.platform.observability import logger

CACHE_S = 300  # a revoked token works this long; shorter would put one more call in front of most requests

auth = Blueprint(__name__)


@auth.authorizer(name="authorize", ttl_seconds=CACHE_S)
def authorize(request: AuthRequest) -> AuthResponse:
    """Authenticate only. What a user may reach is decided by row-level security in every handler."""
    try:
        owner_id = tokens.verify(request.token)
    except tokens.BadTokenError as error:
        logger.info("token refused", reason=str(error))
        raise Exception("Unauthorized") from None
    # The gateway caches the policy per token and applies it to every later route, so it must name them all.
    return AuthResponse(routes=["*"], principal_id=str(owner_id))
