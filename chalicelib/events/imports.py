"""The queue of imports: pages that users name. Whatever answers there, it finds neither database nor network of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Polling, Source, consume
from chalicelib.imports.fetch import fetch
from chalicelib.imports.model import FetchMessage
from chalicelib.platform import sandbox, startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry.observability import logger

events = Blueprint(__name__)


@consume(
    events,
    "fetch_import",
    Source(Queue.IMPORTS, medium=2, large=10, polling=Polling.ON_DEMAND),
    timeout_s=60,
    memory_mb=1024,
)
def on_import(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, _handle)


def _handle(record: Mapping[str, Any]) -> None:
    message = FetchMessage.model_validate_json(record["body"])
    logger.info("import handled", media_id=message.media_id, outcome=fetch(message))


startup.prepare(sandbox.start, settings, s3.client, queues.client)
