"""Messages of the account queue about exports."""

from __future__ import annotations

from typing import Literal, TypeAlias
from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.lazy_model import LazyModel


class AccountExportMessage(LazyModel):
    """Start or resume the export of an account."""

    kind: Literal["export"] = "export"
    owner_id: UUID
    export_id: UUID


class SpeechExportMessage(LazyModel):
    """Start or resume the export of a recording."""

    kind: Literal["speech_export"] = "speech_export"
    owner_id: UUID
    export_id: UUID


ExportMessage: TypeAlias = AccountExportMessage | SpeechExportMessage


def send(message: ExportMessage) -> None:
    """Raises UnavailableError."""
    queues.send(Queue.ACCOUNT, message.model_dump_json(), group=str(message.owner_id))
