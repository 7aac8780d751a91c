"""Capabilities: a text that lets its bearer do one kind of thing as one owner until it runs out, where no header can be sent.

A capability stands in a URL, and URLs reach logs: let each open as little as possible, for as short as possible.
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
    """The token was good, and has run out."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a token allows. `subject` is what it is about, such as an id; empty when it is about all of the owner's."""

    purpose: str
    owner_id: UUID
    subject: str
    expires_at: datetime


def issue(purpose: str, owner_id: UUID, subject: str, valid_s: int) -> str:
    """A token of URL-safe characters for `verify`."""
    expires_at_s = int(datetime.now(UTC).timestamp()) + valid_s
    claims = json.dumps([purpose, str(owner_id), subject, expires_at_s], separators=(",", ":")).encode()
    return f"{_encode(claims)}.{_encode(_mac(claims))}"


def verify(token: str, purpose: str) -> LinkToken:
    """What a token allows. Raises UnauthorizedError for one that is not ours, is for something else, or has run out."""
    claims_text, _, mac_text = token.partition(".")
    try:
        claims, mac = _decode(claims_text), _decode(mac_text)
    except (ValueError, binascii.Error):
        claims, mac = b"", b""
    if not hmac.compare_digest(mac, _mac(claims)):
        raise UnauthorizedError("The token in this address is none of ours; ask for a new one.")
    given, owner_id, subject, expires_at_s = json.loads(claims)
    if given != purpose:
        raise UnauthorizedError(f"The token in this address is for {given}, not for {purpose}.")
    expires_at = datetime.fromtimestamp(expires_at_s, UTC)
    if expires_at <= datetime.now(UTC):
        raise LinkTokenExpiredError("The token in this address has run out; ask for a new one.", code="token_expired")
    return LinkToken(given, UUID(owner_id), subject, expires_at)


def _mac(claims: bytes) -> bytes:
    # The key has other uses; the first word keeps their messages apart.
    return hmac.digest(settings().require("signing_secret").encode(), b"capability " + claims, hashlib.sha256)


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
