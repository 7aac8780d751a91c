"""Authentication of requests with API keys: the authorizer has no database, so the API itself proves a key, at every request."""

from __future__ import annotations

import base64
import binascii

from chalice.app import Request

from chalicelib.auth import api_key_proof
from chalicelib.auth.api_key_proof import ProvedKey
from chalicelib.auth.api_keys import InvalidKeyError
from chalicelib.platform import caller
from chalicelib.platform.caller import Actor
from chalicelib.platform.config import settings
from chalicelib.platform.db import rate_limit
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import UnauthorizedError

BASIC_CHALLENGE = 'Basic realm="Visionary Media", charset="UTF-8"'
BURST_S = 10


class MissingCredentialsError(UnauthorizedError):
    """The request has no credentials yet: a client of Basic authentication waits for the challenge."""


def key_limit() -> Limit:
    """Return the limit of one key's requests: half of its owner's, so that a program does not stop the owner's page."""
    return Limit("API key", requests=max(1, settings().user_rate_limit * BURST_S // 2), per_s=BURST_S)


def authenticate(request: Request, *, basic: bool) -> ProvedKey | None:
    """Prove the request's API key and make it the caller; return None for a request that the authorizer proved.

    `basic`: the route has no authorizer, and takes a key as the password of Basic authentication with any user name, or as bearer
    token. Raises UnauthorizedError, and TooManyRequestsError beyond the key's own limit.
    """
    header = str(request.headers.get("authorization") or "")
    if basic:
        text = _basic_key(header)
    elif (request.context.get("authorizer") or {}).get("actor") == Actor.API_KEY:
        text = _bearer_key(header)
    else:
        return None
    try:
        key = api_key_proof.prove(text)
    except InvalidKeyError as error:
        raise InvalidKeyError(error.detail, challenge=BASIC_CHALLENGE if basic else "Bearer") from None
    caller.become_api_key(key.id)
    rate_limit.consume(key_limit(), str(key.id))
    return key


def _bearer_key(header: str) -> str:
    scheme, _, text = header.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _basic_key(header: str) -> str:
    if not header:
        raise MissingCredentialsError(
            "Sign in with an API key as password; any user name will do.", challenge=BASIC_CHALLENGE
        )
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return _bearer_key(header)
    try:
        _, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return ""
    return password.strip()
