"""The queue of webhooks: messages to servers that users name.

Whatever answers there, it finds neither database nor network of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Polling, Source, consume
from chalicelib.platform import startup
from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry.observability import logger
from chalicelib.webhooks import deliver
from chalicelib.webhooks.messages import parse_message

events = Blueprint(__name__)


@consume(
    events,
    "deliver_webhook",
    Source(Queue.WEBHOOKS, medium=2, large=10, polling=Polling.ON_DEMAND),
    timeout_s=30,
    memory_mb=256,
)
def on_webhook(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, _handle)


def _handle(record: Mapping[str, Any]) -> None:
    message = parse_message(record["body"])
    logger.info("webhook handled", webhook_id=message.webhook_id, outcome=deliver.handle(message))


startup.prepare(settings, queues.client)
