"""Messages of the account queue about the account as a whole."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.lazy_model import LazyModel


class ErasureMessage(LazyModel):
    """Start or resume an erasure, or verify that nothing remains."""

    kind: Literal["erasure"] = "erasure"
    owner_id: UUID
    erasure_id: UUID


def send(message: ErasureMessage, *, delay_s: int = 0) -> None:
    """Raises UnavailableError."""
    queues.send(Queue.ACCOUNT, message.model_dump_json(), group=str(message.owner_id), delay_s=delay_s)
