"""The ingest queue: objects that arrived in the incoming bucket, results of the virus scanner, texts to be made again, and what
functions without a database report: imports that failed, and answers of webhooks' receivers.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Source, consume
from chalicelib.imports import results as imports
from chalicelib.imports.model import ImportFailedMessage
from chalicelib.library.text_requests import TextRequestMessage
from chalicelib.platform import sandbox, startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, sweep_schedule
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, logger
from chalicelib.uploads import scans
from chalicelib.uploads.ingest import ingest
from chalicelib.uploads.reextract import reextract
from chalicelib.webhooks import results as webhooks
from chalicelib.webhooks.dispatch import dispatch
from chalicelib.webhooks.messages import WebhookAnsweredMessage, WebhookDueMessage

events = Blueprint(__name__)


@consume(events, "ingest", Source(Queue.INGEST, medium=10, large=20), timeout_s=90, memory_mb=2048)
def on_arrival(event: dict[str, Any], _context: object) -> dict[str, Any]:
    scans.log_engine()
    response = batch.process_records(event, _handle)
    _report_confinement()  # afterwards: the first file was downloaded while the sandbox's server started
    return response


@functools.cache
def _report_confinement() -> None:
    """Log and count, once per process, what confines the parsers; warn if the kernel does not."""
    try:
        confinement = sandbox.get_confinement()
    except (OSError, sandbox.ProcessStoppedError):
        logger.exception("sandbox not started")
        return
    log = logger.info if confinement.has_seccomp else logger.warning
    log("parsers confined", confinement=confinement.label, landlock_version=confinement.landlock_version)
    observability.record_metrics({Metric.SANDBOX_STARTS: 1}, dimension_value=confinement.label)


def _handle(record: Mapping[str, Any]) -> None:
    sweep_schedule.arm()
    event = json.loads(record["body"])
    if event.get("kind") == "text":
        request = TextRequestMessage.model_validate(event)
        reextract(request)
        return
    if event.get("kind") == "webhook_answered":
        answered = WebhookAnsweredMessage.model_validate(event)
        outcome = webhooks.record(answered)
        logger.info("webhook answered", webhook_id=answered.webhook_id, status=answered.status, outcome=outcome)
        return
    if event.get("kind") == "webhook_due":
        due = WebhookDueMessage.model_validate(event)
        logger.info("webhook dispatched", webhook_id=due.webhook_id, outcome=dispatch(due.owner_id, due.webhook_id))
        return
    if event.get("kind") == "import_failed":
        failure = ImportFailedMessage.model_validate(event)
        is_rejected = imports.record_failure(failure)
        logger.info("import failed", media_id=failure.media_id, code=failure.code, outcome=is_rejected)
        return
    scanned_key = scans.record_scan_result(event)
    # S3 sends a test event without records whenever the notification is configured.
    keys = [unquote_plus(arrival["s3"]["object"]["key"]) for arrival in event.get("Records", ())]
    for key in keys if scanned_key is None else [scanned_key]:
        outcome = ingest(key)
        logger.info("arrival handled", key=key, outcome=outcome.value)


startup.prepare(sandbox.start, settings, s3.client, queues.client, database.prepare)
