"""Link tokens: they authorize one purpose, as one owner, until they expire, for clients that cannot send a header.

A link token is part of a URL, and URLs reach logs: keep what it allows, and its lifetime, as small as possible. It ends with
the account, and when its owner revokes all of them (`revocation`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnauthorizedError


class Purpose(StrEnum):
    """Purposes of tokens."""

    PLAY = "play"  # GET and HEAD of one media item or one recording, for players
    UPLOADS = "uploads"  # uploads for the owner, and nothing else
    SHARE = "share"  # to read one share whose password was entered
    ERASURE_RECEIPT = "erasure"  # to see one erasure. The only one that outlives the account


VALID_S: Mapping[Purpose, int] = {
    Purpose.PLAY: 6 * 3_600,  # longer than a listening session
    Purpose.UPLOADS: 3_600,  # short, because addresses end up in logs; a page that stays open requests a new token
    Purpose.SHARE: 6 * 3_600,  # as for players: the password is asked for again the next day
    Purpose.ERASURE_RECEIPT: 30 * 86_400,  # enough time to download it; it contains counts and no names
}


class LinkTokenExpiredError(UnauthorizedError):
    """The token was valid and is no longer: it has expired, or was revoked (`token_revoked`)."""


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The claims of a verified token. `subject` is the id of what it grants access to; empty for everything of the owner."""

    purpose: Purpose
    owner_id: UUID
    subject: str
    expires_at: datetime

    @property
    def issued_at(self) -> datetime:
        """The time at which it was issued; one with less than its purpose's lifetime counts as older than it is."""
        return self.expires_at - timedelta(seconds=VALID_S[self.purpose])


def issue(
    purpose: Purpose, owner_id: UUID, subject: str, valid_s: int | None = None, *, issued_at: datetime | None = None
) -> str:
    """Return a new token of URL-safe characters, valid as long as its purpose allows or shorter.

    `issued_at` is now if it is not given. The token keeps its microseconds, which revocations compare.
    """
    valid = timedelta(seconds=VALID_S[purpose] if valid_s is None else valid_s)
    expires_at_s = ((issued_at or datetime.now(UTC)) + valid).timestamp()
    claims = json.dumps([purpose, str(owner_id), subject, expires_at_s], separators=(",", ":")).encode()
    return f"{_encode(claims)}.{_encode(_mac(claims))}"


def verify(token: str, purpose: Purpose) -> LinkToken:
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
    return LinkToken(purpose, UUID(owner_id), subject, expires_at)


def _mac(claims: bytes) -> bytes:
    # The prefix keeps these messages apart from the key's other uses. It is part of every token in circulation.
    return hmac.digest(settings().require("signing_secret").encode(), b"capability " + claims, hashlib.sha256)


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
