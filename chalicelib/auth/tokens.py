"""Who is calling: bearer tokens, each issuer with one key and one algorithm.

RS256 tokens come from the user pool (access tokens only). HS256 tokens of an existing system are accepted when SECRET_KEY is
set; whoever holds that key can speak for any user. The rules follow RFC 8725.
"""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from chalicelib.auth.jwks import KeySet
from chalicelib.platform.config import Settings, settings

MAX_TOKEN_BYTES = 8 * 1024  # headers larger than this are cut by proxies anyway
MAX_SUBJECT_CHARACTERS = 255
LEEWAY_S = 10  # clocks differ


class BadTokenError(Exception):
    """The token is not one of ours, is not valid (any more), or is not meant for this API."""


class ExpiredTokenError(BadTokenError):
    """The token was good, and has run out."""


@cache
def _keys(url: str) -> KeySet:
    return KeySet(url)


def verify(authorization: str) -> UUID:
    """The owner that an `Authorization` header speaks for.

    A subject that is a UUID is the owner's id; any other subject is mapped to a stable UUID of its issuer. Raises
    BadTokenError, and UnavailableError when the keys cannot be had.
    """
    import jwt

    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > MAX_TOKEN_BYTES:
        raise BadTokenError("not a bearer token")
    try:
        header = jwt.get_unverified_header(token)
        match header.get("alg"):
            case "RS256":
                return _of_user_pool(token, header.get("kid"), settings())
            case "HS256":
                return _of_existing_system(token, settings())
    except jwt.ExpiredSignatureError as error:
        raise ExpiredTokenError(type(error).__name__) from error
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadTokenError(type(error).__name__) from error
    raise BadTokenError("algorithm not accepted")


def _of_user_pool(token: str, key_id: object, config: Settings) -> UUID:
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
        options={
            "require": ["exp", "iat", "sub", "iss"],
            "verify_aud": False,
        },  # access tokens name a client, no audience
    )
    _check_times(claims)
    if claims.get("token_use") != "access" or claims.get("client_id") != config.auth_client_id:
        raise BadTokenError("not an access token of this client")
    return _owner(config.auth_issuer, claims["sub"])


def _of_existing_system(token: str, config: Settings) -> UUID:
    import jwt

    if config.secret_key is None:
        raise BadTokenError("tokens of this kind are not accepted here")
    required = ["exp"] if config.secret_key_tokens_expire else []
    claims = jwt.decode(
        token,
        config.secret_key.get_secret_value(),
        algorithms=["HS256"],
        leeway=LEEWAY_S,
        options={"require": required},
    )
    _check_times(claims)
    if claims.get("iss") != config.secret_key_issuer:
        raise BadTokenError("wrong issuer")
    return _owner(config.secret_key_issuer or "", claims.get("id", claims.get("sub")))


def _check_times(claims: dict[str, Any]) -> None:
    for name in ("exp", "iat", "nbf"):  # the library also takes numbers written as strings
        if name in claims and (isinstance(claims[name], bool) or not isinstance(claims[name], int | float)):
            raise BadTokenError(f"{name} is not a number")


def _owner(issuer: str, subject: object) -> UUID:
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS:
        raise BadTokenError("no usable subject")
    try:
        return UUID(subject)
    except ValueError:
        return uuid5(NAMESPACE_URL, f"{issuer}#{subject}")
