"""Asking for the erasure of an account, and looking at what became of it."""

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
from chalicelib.platform.db import database
from chalicelib.platform.errors import NotFoundError, UnprocessableContentError

RECEIPT_PURPOSE = "erasure"  # the purpose of a capability: look at one erasure
RECEIPT_VALID_S = 30 * 86_400  # time enough to fetch it; it holds counts and names nobody


def create(owner_id: UUID, *, confirm: UUID) -> AcceptedErasure:
    """Begin the erasure of everything that is kept for an owner; while one is under way, that one.

    Raises InvalidError (`not_confirmed`) unless `confirm` is the account's id.
    """
    if confirm != owner_id:
        raise UnprocessableContentError(
            f"To erase this account and everything in it, confirm with its own id (given: {confirm}). "
            "GET /v1/account tells it. There is no way back.",
            code="not_confirmed",
        )
    with database.transaction(owner_id) as connection:
        erasure = store.get_unfinished(connection)
        if erasure is None:
            erasure_id = UUID(str(uuid7()))
            audit.record(connection, owner_id, Action.ERASURE_REQUESTED, erasure_id)  # the last event there can be
            store.insert(connection, owner_id, erasure_id)
            erasure = store.get_unfinished(connection)
    assert erasure is not None  # noqa: S101 - it was found or written
    if erasure.status is ErasureStatus.QUEUED:
        messages.send(ErasureMessage(owner_id=owner_id, erasure_id=erasure.id))
    token = link_tokens.issue(RECEIPT_PURPOSE, owner_id, str(erasure.id), RECEIPT_VALID_S)
    return AcceptedErasure(**erasure.model_dump(), path=f"/v1/erasures/{token}")


def get(owner_id: UUID, erasure_id: UUID) -> Erasure:
    """Raises NotFoundError, also for someone else's."""
    with database.transaction(owner_id) as connection:
        erasure = store.get(connection, erasure_id)
    if erasure is None:
        raise NotFoundError(f"There is no erasure with the id {erasure_id}.")
    return erasure
