"""Hashes of the passwords of shares: scrypt (RFC 7914), with a salt for each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

# OWASP's password storage cheat sheet: N = 2^14, r = 8, p = 5 takes 16 MB and about a fifth of a second.
COST, BLOCK_SIZE, PARALLELISM = 2**14, 8, 5
SALT_BYTES = 16


def hash_password(password: str) -> str:
    """Return the hash with its parameters, so that they can change without making older hashes invalid."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _digest(password, salt, COST, BLOCK_SIZE, PARALLELISM)
    return f"scrypt:{COST}:{BLOCK_SIZE}:{PARALLELISM}:{_encode(salt)}:{_encode(digest)}"


def verify(password: str, stored: str) -> bool:
    _, cost, block_size, parallelism, salt, digest = stored.split(":")
    expected = base64.b64decode(digest)
    actual = _digest(password, base64.b64decode(salt), int(cost), int(block_size), int(parallelism))
    return hmac.compare_digest(actual, expected)


def _digest(password: str, salt: bytes, cost: int, block_size: int, parallelism: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block_size, p=parallelism)


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()
