"""One queue message at a time: what fails comes back alone, what succeeded does not. One line of log for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.platform.aws.queues import CORRELATION_ATTRIBUTE
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, correlated, logger


def each(event: Mapping[str, Any], handle: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """Call `handle` with every SQS record and answer which of them shall be delivered again (ReportBatchItemFailures)."""
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        queue = record["eventSourceARN"].rsplit(":", 1)[-1].removeprefix(f"visionary-{settings().stage}-")
        if receives(record) == 1:
            observability.record_metrics({Metric.QUEUE_AGE_MS: _age_ms(record)}, dimension_value=queue)
        with correlated(_correlation(record)):
            failed += _one(record, queue, handle)
    return {"batchItemFailures": failed}


def _one(record: Mapping[str, Any], queue: str, handle: Callable[[Mapping[str, Any]], None]) -> list[dict[str, str]]:
    began, name, times = time.perf_counter(), record["messageId"], receives(record)
    try:
        handle(record)
    except Exception:  # noqa: BLE001 - whatever it was, it is logged, counted and answered
        logger.exception("message failed", queue=queue, message_id=name, receives=times, duration_ms=_since(began))
        observability.record_metrics({Metric.MESSAGES_FAILED: 1}, dimension_value=queue)
        return [{"itemIdentifier": name}]
    logger.info("message handled", queue=queue, message_id=name, receives=times, duration_ms=_since(began))
    return []


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)


def _age_ms(record: Mapping[str, Any]) -> float:
    """How long the message has waited, by SQS's clock and ours."""
    sent_ms = int(record["attributes"].get("SentTimestamp", 0))
    return max(0.0, time.time() * 1000 - sent_ms) if sent_ms else 0.0


def _correlation(record: Mapping[str, Any]) -> str:
    """What set this message off; the message itself when nobody said so."""
    attribute = record.get("messageAttributes", {}).get(CORRELATION_ATTRIBUTE, {})
    return str(attribute.get("stringValue") or record["messageId"])


def receives(record: Mapping[str, Any]) -> int:
    """How often this message was delivered, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])
