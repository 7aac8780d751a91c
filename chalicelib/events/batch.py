"""Process SQS batches record by record: only failed records return to the queue. Each record writes one log line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.platform.aws.queues import CORRELATION_ATTRIBUTE
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, correlated, logger


def process_records(event: Mapping[str, Any], handle: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """Call `handle` with every SQS record. Return the failed ones, to be redelivered (ReportBatchItemFailures)."""
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        queue = record["eventSourceARN"].rsplit(":", 1)[-1].removeprefix(f"visionary-{settings().stage}-")
        if receives(record) == 1:
            observability.record_metrics({Metric.QUEUE_AGE_MS: _age_ms(record)}, dimension_value=queue)
        with correlated(_correlation(record)):
            failed += _process(record, queue, handle)
    return {"batchItemFailures": failed}


def _process(
    record: Mapping[str, Any], queue: str, handle: Callable[[Mapping[str, Any]], None]
) -> list[dict[str, str]]:
    started, message_id, count = time.perf_counter(), record["messageId"], receives(record)
    try:
        handle(record)
    except Exception:  # noqa: BLE001 - any failure is logged and counted, and SQS redelivers the message
        logger.exception(
            "message failed", queue=queue, message_id=message_id, receives=count, duration_ms=_since(started)
        )
        observability.record_metrics({Metric.MESSAGES_FAILED: 1}, dimension_value=queue)
        return [{"itemIdentifier": message_id}]
    logger.info("message handled", queue=queue, message_id=message_id, receives=count, duration_ms=_since(started))
    return []


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _age_ms(record: Mapping[str, Any]) -> float:
    """Return how long the message waited in the queue, by SQS's clock and ours."""
    sent_ms = int(record["attributes"].get("SentTimestamp", 0))
    return max(0.0, time.time() * 1000 - sent_ms) if sent_ms else 0.0


def _correlation(record: Mapping[str, Any]) -> str:
    """Return the correlation id that the sender set, or the id of the message."""
    attribute = record.get("messageAttributes", {}).get(CORRELATION_ATTRIBUTE, {})
    return str(attribute.get("stringValue") or record["messageId"])


def receives(record: Mapping[str, Any]) -> int:
    """Return how often this message was delivered, including this time."""
    return int(record["attributes"]["ApproximateReceiveCount"])
