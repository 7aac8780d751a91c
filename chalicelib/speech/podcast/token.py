"""Tokens of podcasts: whoever has one may listen until it is replaced or withdrawn. Only their hashes are kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import NamedTuple
from uuid import UUID

SECRET_BYTES = 32


class Token(NamedTuple):
    """`owner_id` says among whose podcasts to look; that it is one of theirs, only the hash can say."""

    owner_id: UUID
    hash: bytes


def issue(owner_id: UUID) -> str:
    """A new token, in 64 characters that may stand in an address."""
    return base64.urlsafe_b64encode(owner_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode()


def parse(text: str) -> Token | None:
    """None for a text that `issue` cannot have made."""
    try:
        content = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(content) != 16 + SECRET_BYTES:
        return None
    return Token(UUID(bytes=content[:16]), hashlib.sha256(text.encode()).digest())
