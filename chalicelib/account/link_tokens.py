"""Link tokens of an account: issue one, and revoke all that were issued.

The database's clock says when: a token that is issued after a revocation works, also in the same second.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from chalicelib import audit
from chalicelib.audit import Action
from chalicelib.auth import link_tokens, revocation
from chalicelib.auth.link_tokens import VALID_S, Purpose
from chalicelib.platform.db import database
from chalicelib.platform.errors import AccountBeingErasedError


class IssuedToken(NamedTuple):
    text: str
    expires_at: datetime


def issue(owner_id: UUID, purpose: Purpose, subject_id: UUID | None = None) -> IssuedToken:
    """Issue a token for one resource, or for everything that its purpose allows."""
    valid_s = VALID_S[purpose]
    with database.transaction(owner_id) as connection:
        issued_at = revocation.now(connection)
        audit.record(connection, owner_id, Action.TOKEN_ISSUED, subject_id, purpose=purpose, valid_s=valid_s)
    text = link_tokens.issue(purpose, owner_id, str(subject_id or ""), issued_at=issued_at)
    return IssuedToken(text, issued_at + timedelta(seconds=valid_s))


def revoke_all(owner_id: UUID) -> None:
    """Revoke all tokens that were issued until now: they open nothing from the commit on.

    Those of an account that is being erased have ended already.
    """
    with suppress(AccountBeingErasedError), database.transaction(owner_id) as connection:
        revocation.revoke_link_tokens(connection, owner_id)
        audit.record(connection, owner_id, Action.TOKEN_REVOKED)
