"""Requesting the erasure of an account, and its status."""

from __future__ import annotations

from uuid import UUID

from uuid6 import uuid7

from chalicelib import audit
from chalicelib.account import messages
from chalicelib.account.erasure import store
from chalicelib.account.erasure.model import AcceptedErasure, Erasure, ErasureStatus
from chalicelib.account.messages import ErasureMessage
from chalicelib.audit import Action
from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import Purpose
from chalicelib.platform.db import database
from chalicelib.platform.errors import NotFoundError, UnprocessableContentError


def create(owner_id: UUID, *, confirm: UUID) -> AcceptedErasure:
    """Start the erasure of everything of an owner, or return the unfinished one.

    Raises UnprocessableContentError (`not_confirmed`) unless `confirm` is the account's id.
    """
    if confirm != owner_id:
        raise UnprocessableContentError(
            f"To erase this account and everything in it, confirm with the account's id, not {confirm}. "
            "GET /v1/account returns the id. Erasure cannot be undone.",
            code="not_confirmed",
        )
    with database.transaction(owner_id) as connection:
        erasure = store.get_unfinished(connection)
        if erasure is None:
            erasure_id = UUID(str(uuid7()))
            audit.record(connection, owner_id, Action.ERASURE_REQUESTED, erasure_id)  # the account's last event
            store.insert(connection, owner_id, erasure_id)
            erasure = store.get_unfinished(connection)
    assert erasure is not None  # noqa: S101 - it existed or was inserted
    if erasure.status is ErasureStatus.QUEUED:
        messages.send(ErasureMessage(owner_id=owner_id, erasure_id=erasure.id))
    token = link_tokens.issue(Purpose.ERASURE_RECEIPT, owner_id, str(erasure.id))
    return AcceptedErasure(**erasure.model_dump(), path=f"/v1/erasures/{token}")


def get(owner_id: UUID, erasure_id: UUID) -> Erasure:
    """Return an erasure. Raises NotFoundError, also for another owner's."""
    with database.transaction(owner_id) as connection:
        erasure = store.get(connection, erasure_id)
    if erasure is None:
        raise NotFoundError(f"There is no erasure with the id {erasure_id}.")
    return erasure
