"""Sending messages to receivers. Runs without a database and outside of its network: receivers are servers that users name."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime

from chalicelib.platform import outbound
from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import MAX_DELAY_S, Queue
from chalicelib.platform.config import settings
from chalicelib.platform.outbound import OutboundError, PostLimits, WebAddressError
from chalicelib.webhooks import signature
from chalicelib.webhooks.messages import (
    AwaitRetryMessage,
    DeliverWebhookMessage,
    WebhookAnsweredMessage,
    WebhookDueMessage,
)
from chalicelib.webhooks.model import MAX_EXCERPT_CHARACTERS

LIMITS = PostLimits(seconds=10.0, answer_bytes=2_048)
USER_AGENT = "VisionaryMedia-Webhooks/1.0"


def handle(message: DeliverWebhookMessage | AwaitRetryMessage) -> str:
    """Handle a message of the queue; return the outcome. Safe to repeat: receivers know repetitions by `webhook-id`."""
    match message:
        case AwaitRetryMessage():
            return _await_retry(message)
        case DeliverWebhookMessage():
            return _deliver(message)


def _await_retry(message: AwaitRetryMessage) -> str:
    """Send the message on, delayed, until the retry is due; then have it dispatched."""
    remaining_s = math.ceil((message.due_at - datetime.now(UTC)).total_seconds())
    group = str(message.owner_id)
    if remaining_s > 0:
        delay_s = min(remaining_s, MAX_DELAY_S)
        queues.send(Queue.WEBHOOKS, message.model_dump_json(), group=group, delay_s=delay_s)
        return "waiting"
    due = WebhookDueMessage(owner_id=message.owner_id, webhook_id=message.webhook_id)
    queues.send(Queue.INGEST, due.model_dump_json(), group=group)
    return "due"


def _deliver(message: DeliverWebhookMessage) -> str:
    if datetime.now(UTC) >= message.ends_by:
        return "too_late"  # another attempt is made instead
    answered = _attempt(message)
    queues.send(Queue.INGEST, answered.model_dump_json(), group=str(message.owner_id))
    return answered.error or str(answered.status)


def _attempt(message: DeliverWebhookMessage) -> WebhookAnsweredMessage:
    at, started = datetime.now(UTC), time.monotonic()
    status, answer, error = None, None, None
    body, allow_loopback = message.body.encode(), settings().webhooks_reach_loopback
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": str(message.delivery_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature.sign(message.secrets, str(message.delivery_id), timestamp, body),
    }
    try:
        target = outbound.parse(message.url, allow_loopback=allow_loopback)
        response = outbound.post(target, body, headers, LIMITS, allow_loopback=allow_loopback)
    except (WebAddressError, OutboundError) as refused:
        error = str(refused)
    else:
        status, answer = response.status, to_text(response.excerpt)
    return WebhookAnsweredMessage(
        owner_id=message.owner_id,
        webhook_id=message.webhook_id,
        delivery_id=message.delivery_id,
        attempt=message.attempt,
        at=at,
        status=status,
        duration_ms=round((time.monotonic() - started) * 1_000),
        answer=answer,
        error=error,
    )


def to_text(excerpt: bytes) -> str:
    """Return the first characters of an answer, without those that are not printed."""
    text = "".join(c if c.isprintable() else " " for c in excerpt.decode("utf-8", errors="replace"))
    return " ".join(text.split())[:MAX_EXCERPT_CHARACTERS]
