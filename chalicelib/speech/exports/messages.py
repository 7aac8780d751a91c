"""Messages of the account queue about archives of a recording."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue


class SpeechExportMessage(BaseModel):
    """Begin an archive, or go on with it."""

    kind: Literal["speech_export"] = "speech_export"
    owner_id: UUID
    export_id: UUID


def send(order: SpeechExportMessage) -> None:
    """Raises UnavailableError."""
    queues.send(Queue.ACCOUNT, order.model_dump_json(), group=str(order.owner_id))
