"""Revocation of credentials that outlive their requests: those issued before an account was erased open nothing.

The owner of an erased account may start anew with the same id. A link token or podcast address of the old account must not
reach the new one, and must not create it. Link tokens also end when their owner revokes them, which signing out does; a podcast
address is revoked by itself.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chalicelib.auth import revocation_store
from chalicelib.auth.link_tokens import LinkTokenExpiredError
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


def is_revoked(connection: Connection, issued_at: datetime) -> bool:
    """Return whether the transaction's owner is being erased, or was erased after a credential was issued."""
    return revocation_store.has_erasure_after(connection, issued_at)


def check(owner_id: UUID, issued_at: datetime) -> None:
    """Raise LinkTokenExpiredError (`token_revoked`) if a link token of this age is revoked."""
    with database.transaction(owner_id) as connection:
        revoked = revocation_store.has_link_token_revocation_after(connection, issued_at)
    if revoked:
        raise LinkTokenExpiredError(
            "The token in this address was revoked by its owner, or ended with its account; request a new one.",
            code="token_revoked",
        )


def revoke_link_tokens(connection: Connection, owner_id: UUID) -> None:
    """Revoke the owner's link tokens that were issued until now."""
    revocation_store.update_link_tokens_revoked_at(connection, owner_id)


def now(connection: Connection) -> datetime:
    """Return the time of the clock that revocations are compared by."""
    return revocation_store.get_time(connection)
