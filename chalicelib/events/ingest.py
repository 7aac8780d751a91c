"""The ingest queue: objects that arrived in the incoming bucket, and results of the virus scanner."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Source, consume
from chalicelib.platform import startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, sweep_schedule
from chalicelib.platform.telemetry.observability import logger
from chalicelib.uploads import scans
from chalicelib.uploads.ingest import ingest

events = Blueprint(__name__)


@consume(events, "ingest", Source(Queue.INGEST, medium=10, large=20), timeout_s=90, memory_mb=2048)
def on_arrival(event: dict[str, Any], _context: object) -> dict[str, Any]:
    scans.log_engine()
    sweep_schedule.arm()
    return batch.process_records(event, _handle)


def _handle(record: Mapping[str, Any]) -> None:
    event = json.loads(record["body"])
    scanned_key = scans.record_scan_result(event)
    # S3 sends a test event without records whenever the notification is configured.
    keys = [unquote_plus(arrival["s3"]["object"]["key"]) for arrival in event.get("Records", ())]
    for key in keys if scanned_key is None else [scanned_key]:
        outcome = ingest(key)
        logger.info("arrival handled", key=key, outcome=outcome.value)


startup.prepare(settings, s3.client, queues.client, database.prepare)
