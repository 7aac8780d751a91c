"""Revocation of credentials that outlive their requests: those issued before an account was erased open nothing.

The owner of an erased account may start anew with the same id. A link token or podcast address of the old account must not
reach the new one, and must not create it.
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
        revoked = is_revoked(connection, issued_at)
    if revoked:
        raise LinkTokenExpiredError(
            "The token in this address ended with its account; request a new one.", code="token_revoked"
        )
