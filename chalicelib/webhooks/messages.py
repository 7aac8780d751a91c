"""Messages between the functions with the database, and `deliver_webhook`, which has none."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from chalicelib.platform.lazy_model import LazyModel


class DeliverWebhookMessage(LazyModel):
    """A message is to be sent to a receiver, not later than `ends_by`: a new attempt is made then.

    `secrets` sign it: the current one, and the one before as long as it is valid.
    """

    kind: Literal["deliver"] = "deliver"
    owner_id: UUID
    webhook_id: UUID
    delivery_id: UUID
    attempt: int
    url: str
    secrets: list[str]
    body: str
    ends_by: datetime


class AwaitRetryMessage(LazyModel):
    """The webhook has a retry that is due at `due_at`. The message returns to its queue until then: SQS delays by 15 minutes."""

    kind: Literal["await_retry"] = "await_retry"
    owner_id: UUID
    webhook_id: UUID
    due_at: datetime


class WebhookAnsweredMessage(LazyModel):
    """deliver_webhook → ingest: the receiver's answer, or why there is none."""

    kind: Literal["webhook_answered"] = "webhook_answered"
    owner_id: UUID
    webhook_id: UUID
    delivery_id: UUID
    attempt: int
    at: datetime
    status: int | None
    duration_ms: int
    answer: str | None
    error: str | None


class WebhookDueMessage(LazyModel):
    """The webhook may have a message to send."""

    kind: Literal["webhook_due"] = "webhook_due"
    owner_id: UUID
    webhook_id: UUID


WebhookMessage = Annotated[DeliverWebhookMessage | AwaitRetryMessage, Field(discriminator="kind")]
parse_message = TypeAdapter[WebhookMessage](WebhookMessage).validate_json
