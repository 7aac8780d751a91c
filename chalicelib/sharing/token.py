"""Tokens of shares: signed, so that nothing is stored from which an address could be made."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import LinkTokenExpiredError, Purpose
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnauthorizedError

MAC_BYTES = 16  # 128 bits cannot be guessed; the whole token has 64 characters
UUID_BYTES = 16


class ShareToken(NamedTuple):
    """`is_genuine`: issued here, which says nothing about whether the share still exists. `is_unlocked`: for its password."""

    owner_id: UUID
    share_id: UUID
    is_genuine: bool
    is_unlocked: bool


NOTHING = ShareToken(UUID(int=0), UUID(int=0), is_genuine=False, is_unlocked=False)


def issue(owner_id: UUID, share_id: UUID) -> str:
    """Return the token of a share, which is always the same: 64 URL-safe characters."""
    claims = owner_id.bytes + share_id.bytes
    return base64.urlsafe_b64encode(claims + _mac(claims)).decode()


def parse(text: str) -> ShareToken:
    """Parse a token of either kind; one that was not issued here has `is_genuine` false.

    Raises LinkTokenExpiredError for the token of an unlocked share after its time.
    """
    if "." in text:
        return _parse_unlocked(text)
    try:
        content = base64.b64decode(text, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return NOTHING
    if len(content) != 2 * UUID_BYTES + MAC_BYTES:
        return NOTHING
    claims, mac = content[: 2 * UUID_BYTES], content[2 * UUID_BYTES :]
    is_genuine = hmac.compare_digest(mac, _mac(claims))
    return ShareToken(UUID(bytes=claims[:UUID_BYTES]), UUID(bytes=claims[UUID_BYTES:]), is_genuine, is_unlocked=False)


def _parse_unlocked(text: str) -> ShareToken:
    try:
        token = link_tokens.verify(text, Purpose.SHARE)
    except LinkTokenExpiredError:
        raise
    except UnauthorizedError:
        return NOTHING
    return ShareToken(token.owner_id, UUID(token.subject), is_genuine=True, is_unlocked=True)


def _mac(claims: bytes) -> bytes:
    # The prefix keeps these messages apart from the key's other uses. It is part of every address in circulation.
    return hmac.digest(settings().require("signing_secret").encode(), b"share " + claims, hashlib.sha256)[:MAC_BYTES]
