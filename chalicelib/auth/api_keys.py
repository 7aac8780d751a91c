"""API keys: with one, a program acts as its owner, within scopes, until the key expires or is deleted.

A key is `vm_` and base64url of the owner's id, a random secret and a checksum. The id is in it so that the lookup runs under the
row-level security of the owner that the key claims; the checksum, so that a typing error is found without a database. Only the
SHA-256 of the secret is stored: with 200 random bits it needs no salt and no slow hash, and the time of its lookup tells nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import zlib
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from chalicelib.platform.errors import ForbiddenError, UnauthorizedError

PREFIX = "vm_"
OWNER_BYTES = 16
SECRET_BYTES = 25  # 200 bits; with the rest a multiple of three, so that base64 has no spare bits
CHECKSUM_BYTES = 4
ENCODED_CHARACTERS = (OWNER_BYTES + SECRET_BYTES + CHECKSUM_BYTES) * 4 // 3
SHOWN_CHARACTERS = 4  # of a key in lists, to tell keys apart

MAX_KEYS = 20  # of an owner


class Scope(StrEnum):
    """Permissions of a key. None includes another."""

    MEDIA_READ = "media:read"
    MEDIA_WRITE = "media:write"
    SPEECH_READ = "speech:read"
    SPEECH_WRITE = "speech:write"
    LEXICON_WRITE = "lexicon:write"
    WEBHOOKS_WRITE = "webhooks:write"
    ACCOUNT_READ = "account:read"


class InvalidKeyError(UnauthorizedError):
    """The text is no API key, or one that is unknown, deleted or expired."""


class InsufficientScopeError(ForbiddenError):
    """The key is valid, but may not do this."""

    code = "insufficient_scope"


class PresentedKey(NamedTuple):
    """A key as a client presents it: well-formed, but not proved."""

    owner_id: UUID
    secret_hash: bytes


def is_key(text: str) -> bool:
    """Return whether a text is meant to be an API key."""
    return text.startswith(PREFIX)


def generate(owner_id: UUID) -> str:
    """Return a new key, which is not stored."""
    content = owner_id.bytes + secrets.token_bytes(SECRET_BYTES)
    return PREFIX + base64.urlsafe_b64encode(content + _checksum(content)).decode()


def parse(text: str) -> PresentedKey:
    """Return the owner that a key claims, and the hash of its secret. Raises InvalidKeyError for a malformed one."""
    encoded = text.removeprefix(PREFIX)
    try:
        content = base64.b64decode(encoded, altchars="-_", validate=True) if is_key(text) else b""
    except (ValueError, binascii.Error):
        content = b""
    key, checksum = content[:-CHECKSUM_BYTES], content[-CHECKSUM_BYTES:]
    if len(encoded) != ENCODED_CHARACTERS or checksum != _checksum(key):
        raise InvalidKeyError("This is no API key: copy all of it, from 'vm_' to its last character.")
    return PresentedKey(UUID(bytes=key[:OWNER_BYTES]), hashlib.sha256(key[OWNER_BYTES:]).digest())


def sorted_scopes(scopes: Collection[Scope]) -> list[Scope]:
    """Return scopes without repetitions, in the order of their definition."""
    return [scope for scope in Scope if scope in scopes]


def _checksum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "big")
