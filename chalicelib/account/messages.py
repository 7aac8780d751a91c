"""Messages of the account queue about a whole account."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue


class AccountExportMessage(BaseModel):
    """Begin an export, or go on with it."""

    kind: Literal["export"] = "export"
    owner_id: UUID
    export_id: UUID


class ErasureMessage(BaseModel):
    """Begin an erasure, go on with it, or prove that nothing is left."""

    kind: Literal["erasure"] = "erasure"
    owner_id: UUID
    erasure_id: UUID


def send(order: AccountExportMessage | ErasureMessage, *, delay_s: int = 0) -> None:
    """Raises UnavailableError."""
    queues.send(Queue.ACCOUNT, order.model_dump_json(), group=str(order.owner_id), delay_s=delay_s)
