"""Bearer tokens: verification of JWTs, one key and one algorithm per issuer.

RS256 tokens come from the user pool (access tokens only). HS256 tokens of an existing system are accepted when SECRET_KEY is
set: a holder of that key can act as any user. The rules follow RFC 8725.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chalicelib.auth.jwks import KeySet
from chalicelib.platform.config import Settings, settings

MAX_TOKEN_BYTES = 8 * 1024  # proxies cut larger headers anyway
MAX_SUBJECT_CHARACTERS = 255
LEEWAY_S = 10  # tolerated difference of clocks


class BadTokenError(Exception):
    """The token is invalid, expired, from another issuer, or meant for another API."""


class ExpiredTokenError(BadTokenError):
    """The token was valid and has expired."""


@cache
def _keys(url: str) -> KeySet:
    return KeySet(url)


def prepare() -> None:
    """Load the library and the user pool's keys. Does nothing in a function that verifies no tokens."""
    if url := settings().auth_jwks_url:
        _keys(url).refresh()


def verify(authorization: str) -> UUID:
    """Return the owner that an `Authorization` header authenticates.

    A subject that is a UUID is the owner's id; any other subject is mapped to a stable UUID of its issuer. Raises
    BadTokenError, and UnavailableError when the keys cannot be fetched.
    """
    import jwt

    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_BYTES:
        raise BadTokenError("not a bearer token")
    try:
        header = jwt.get_unverified_header(token)
        match header.get("alg"):
            case "RS256":
                return _verify_pool_token(token, header.get("kid"), settings())
            case "HS256":
                return _verify_legacy_token(token, settings())
    except jwt.ExpiredSignatureError as error:
        raise ExpiredTokenError(type(error).__name__) from error
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadTokenError(type(error).__name__) from error
    raise BadTokenError("algorithm not accepted")


def _verify_pool_token(token: str, key_id: object, config: Settings) -> UUID:
    import jwt

    if config.auth_issuer is None or config.auth_jwks_url is None or not isinstance(key_id, str):
        raise BadTokenError("no key for this token")
    key = _keys(config.auth_jwks_url).get(key_id)
    if key is None:
        raise BadTokenError("unknown key")
    claims = jwt.decode(
        token,
        key.key,
        algorithms=["RS256"],
        issuer=config.auth_issuer,
        leeway=LEEWAY_S,
        options={"require": ["exp", "iat", "sub", "iss"], "verify_aud": False},  # access tokens have no audience
    )
    _check_times(claims)
    if claims.get("token_use") != "access" or claims.get("client_id") != config.auth_client_id:
        raise BadTokenError("not an access token of this client")
    return _owner_id(config.auth_issuer, claims["sub"])


def _verify_legacy_token(token: str, config: Settings) -> UUID:
    import jwt

    if config.secret_key is None:
        raise BadTokenError("tokens of this kind are not accepted here")
    required_claims = ["exp"] if config.secret_key_tokens_expire else []
    claims = jwt.decode(
        token,
        config.secret_key.get_secret_value(),
        algorithms=["HS256"],
        leeway=LEEWAY_S,
        options={"require": required_claims},
    )
    _check_times(claims)
    if claims.get("iss") != config.secret_key_issuer:
        raise BadTokenError("wrong issuer")
    return _owner_id(config.secret_key_issuer or "", claims.get("id", claims.get("sub")))


def _check_times(claims: dict[str, Any]) -> None:
    for name in ("exp", "iat", "nbf"):  # PyJWT also accepts numbers written as strings
        if name in claims and (isinstance(claims[name], bool) or not isinstance(claims[name], int | float)):
            raise BadTokenError(f"{name} is not a number")


def _owner_id(issuer: str, subject: object) -> UUID:
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
        raise BadTokenError("no usable subject")
    try:
        return UUID(subject)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"{issuer}#{subject}")
