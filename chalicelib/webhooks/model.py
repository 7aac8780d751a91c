"""Models of webhooks and their deliveries."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chalicelib.platform import outbound
from chalicelib.platform.config import settings
from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.platform.outbound import WebAddressError

MAX_WEBHOOKS = 10  # of an owner: one for each of a few integrations
MAX_EXCERPT_CHARACTERS = 500  # of an answer: enough for the sentence that a server gives as its reason
RETENTION_DAYS = 30  # of deliveries, with their attempts
SECRET_OVERLAP_H = 24  # the secret before signs as well for so long


class EventType(StrEnum):
    """The events of webhooks. `ping` is sent on request only."""

    MEDIA_READY = "media.ready"
    MEDIA_REJECTED = "media.rejected"
    SPEECH_FIRST_AUDIO = "speech.first_audio"
    SPEECH_DONE = "speech.done"
    SPEECH_FAILED = "speech.failed"
    EXPORT_DONE = "export.done"
    PING = "ping"


SUBSCRIBABLE = tuple(event for event in EventType if event is not EventType.PING)


class DisabledReason(StrEnum):
    """Why a webhook is not called: its owner paused it, its server answered 410, or nothing was delivered for days."""

    PAUSED = "paused"
    GONE = "gone"
    FAILING = "failing"


class DeliveryStatus(StrEnum):
    """`pending` until the receiver accepts it or the last retry fails; `cancelled` when the webhook was disabled before."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


def check_url(url: str) -> str:
    """Return the address of a receiver in its normal form: https, of a public server."""
    may_reach_loopback = settings().webhooks_reach_loopback
    try:
        target = outbound.parse(url.strip(), allow_loopback=may_reach_loopback)
    except WebAddressError as error:
        raise PydanticCustomError("not_a_receiver", "{reason}", {"reason": str(error)}) from None
    if target.scheme != "https" and not (may_reach_loopback and target.is_loopback):
        raise PydanticCustomError(
            "not_encrypted", "{host} would be called without encryption. Use an https address.", {"host": target.host}
        )
    return target.url


def check_events(events: list[str]) -> list[str]:
    """Return the events in their order, each once."""
    for event in events:
        if event not in SUBSCRIBABLE:
            raise PydanticCustomError(
                "unknown_event",
                "{event} is not an event. Choose from {events}.",
                {"event": repr(event[:80]), "events": ", ".join(SUBSCRIBABLE)},
            )
    return [event.value for event in SUBSCRIBABLE if event in events]


def _describe_events(schema: JsonDict) -> None:
    schema.pop("default", None)
    schema["items"] = {"type": "string", "enum": [event.value for event in SUBSCRIBABLE]}


def _leave_out_default(schema: JsonDict) -> None:
    schema.pop("default", None)


ReceiverUrl = Annotated[
    str,
    Field(min_length=1, max_length=2_000, json_schema_extra=_leave_out_default),
    AfterValidator(check_url),
]
Events = Annotated[
    list[str], Field(min_length=1, max_length=20, json_schema_extra=_describe_events), AfterValidator(check_events)
]


class NewWebhook(LazyModel):
    """A webhook to create. Its `url` is that of a public server, with https."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: ReceiverUrl
    events: Events


class WebhookChanges(LazyModel):
    """Fields left out do not change. `enabled`: false pauses the webhook, true enables it again, also after it was disabled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: ReceiverUrl = ""
    events: Events = Field(default_factory=list)
    enabled: Annotated[bool, Field(json_schema_extra=_leave_out_default)] = True


class Webhook(ListItem):
    """A webhook. While it is not `enabled`, `disabled_reason` says why, and nothing is sent.

    `failing_since`: the first failed attempt after the last success; after five days without a success it is disabled.
    """

    url: str
    events: list[str]
    enabled: bool
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    failing_since: datetime | None
    updated_at: datetime


class CreatedWebhook(Webhook):
    """A new webhook with its `secret`, which is shown once: receivers verify signatures with it."""

    secret: str


class NewWebhookSecret(LazyModel):
    """The new secret, which is shown once. Until `previous_secret_until`, the one before signs, too."""

    secret: str
    previous_secret_until: datetime


class DeliveryAttempt(LazyModel):
    """One request to the receiver: the status of its answer with its first characters, or else why there is none."""

    number: int
    at: datetime
    status: int | None
    duration_ms: int
    answer: str | None
    error: str | None


class WebhookDelivery(ListItem):
    """A message to a receiver. Its id is the header `webhook-id`; `payload` is its body."""

    webhook_id: UUID
    event: EventType
    status: DeliveryStatus
    payload: dict[str, Any]
    attempts: list[DeliveryAttempt]
    next_attempt_at: datetime | None
