"""Objects that arrived in the incoming bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from chalice.app import Blueprint, SQSEvent

from chalicelib.events import batch
from chalicelib.platform.observability import logger
from chalicelib.uploads.ingest import ingest

events = Blueprint(__name__)


@events.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:placeholder", batch_size=1, name="ingest")
def on_arrival(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), _handle)


def _handle(record: Mapping[str, Any]) -> None:
    # S3 sends a test event without records whenever the notification is set up.
    for arrival in json.loads(record["body"]).get("Records", ()):
        key = unquote_plus(arrival["s3"]["object"]["key"])
        verdict = ingest(key)
        logger.info("arrival handled", key=key, verdict=verdict.value)
