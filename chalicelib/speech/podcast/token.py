"""Podcast tokens: they grant listening until they are replaced or revoked.

Only their hashes are stored.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import NamedTuple
from uuid import UUID

SECRET_BYTES = 32


class Token(NamedTuple):
    """`owner_id` says where to look the hash up; it proves nothing: only a stored hash does."""

    owner_id: UUID
    hash: bytes


def issue(owner_id: UUID) -> str:
    """Issue a new token of 64 URL-safe characters."""
    return base64.urlsafe_b64encode(owner_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode()


def parse(text: str) -> Token | None:
    """Parse a token; None for a text that `issue` cannot have made."""
    try:
        content = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(content) != 16 + SECRET_BYTES:
        return None
    return Token(UUID(bytes=content[:16]), hashlib.sha256(text.encode()).digest())
