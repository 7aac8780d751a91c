"""The messages of the account queue."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, TypeAdapter

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue


class ExportOrder(BaseModel):
    """Begin an export, or go on with it."""

    kind: Literal["export"] = "export"
    owner_id: UUID
    export_id: UUID


class SpeechExportOrder(BaseModel):
    """Begin an archive of a reading, or go on with it."""

    kind: Literal["speech_export"] = "speech_export"
    owner_id: UUID
    export_id: UUID


class ErasureOrder(BaseModel):
    """Begin an erasure, go on with it, or prove that nothing is left."""

    kind: Literal["erasure"] = "erasure"
    owner_id: UUID
    erasure_id: UUID


class FailedSignIn(BaseModel):
    """A token was refused; the function that refused it has no database."""

    kind: Literal["failed_sign_in"] = "failed_sign_in"
    reason: Annotated[str, Field(max_length=100)]
    address: str | None
    agent: str | None
    request_id: str | None


AccountOrder = Annotated[ExportOrder | SpeechExportOrder | ErasureOrder | FailedSignIn, Field(discriminator="kind")]
parse = TypeAdapter[AccountOrder](AccountOrder).validate_json


def send(order: AccountOrder, *, delay_s: int = 0) -> None:
    """Raises UnavailableError."""
    group = "sign-ins" if isinstance(order, FailedSignIn) else str(order.owner_id)
    queues.send(Queue.ACCOUNT, order.model_dump_json(), group=group, delay_s=delay_s)
