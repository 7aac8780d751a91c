"""Link tokens: they authorize one purpose, as one owner, until they expire, for clients that cannot send a header.

A link token is part of a URL, and URLs reach logs: keep what it allows, and its lifetime, as small as possible.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnauthorizedError


class LinkTokenExpiredError(UnauthorizedError):
    """The token was valid and has expired."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The claims of a verified token. `subject` is the id of what it grants access to; empty for everything of the owner."""

    purpose: str
    owner_id: UUID
    subject: str
    expires_at: datetime


def issue(purpose: str, owner_id: UUID, subject: str, valid_s: int) -> str:
    """Return a new token of URL-safe characters."""
    expires_at_s = int(datetime.now(UTC).timestamp()) + valid_s
    claims = json.dumps([purpose, str(owner_id), subject, expires_at_s], separators=(",", ":")).encode()
    return f"{_encode(claims)}.{_encode(_mac(claims))}"


def verify(token: str, purpose: str) -> LinkToken:
    """Return the claims of a token. Raises UnauthorizedError when it is invalid, expired, or for another purpose."""
    claims_text, _, mac_text = token.partition(".")
    try:
        claims, mac = _decode(claims_text), _decode(mac_text)
    except (ValueError, binascii.Error):
        claims, mac = b"", b""
    if not hmac.compare_digest(mac, _mac(claims)):
        raise UnauthorizedError("The token in this address is invalid; request a new one.")
    token_purpose, owner_id, subject, expires_at_s = json.loads(claims)
    if token_purpose != purpose:
        raise UnauthorizedError(f"The token in this address is for {token_purpose}, not for {purpose}.")
    expires_at = datetime.fromtimestamp(expires_at_s, UTC)
    if expires_at <= datetime.now(UTC):
        raise LinkTokenExpiredError("The token in this address has expired; request a new one.", code="token_expired")
    return LinkToken(token_purpose, UUID(owner_id), subject, expires_at)


def _mac(claims: bytes) -> bytes:
    # The prefix keeps these messages apart from the key's other uses. It is part of every token in circulation.
    return hmac.digest(settings().require("signing_secret").encode(), b"capability " + claims, hashlib.sha256)


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
