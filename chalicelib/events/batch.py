"""Process SQS batches record by record: only failed records return to the queue. Each record writes one log line."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.platform.aws.queues import CORRELATION_ATTRIBUTE, DELAY_ATTRIBUTE
from chalicelib.platform.config import settings
from chalicelib.platform.deadline import Deadline
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import Metric, correlated, logger


def process_records(
    event: Mapping[str, Any],
    handle: Callable[[Mapping[str, Any]], None],
    *,
    deadline: Deadline | None = None,
    finish: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Call `handle` with every SQS record. Return the failed ones, to be redelivered (ReportBatchItemFailures).

    Records that are not reached before the deadline are returned, too: a function that times out returns none. `finish` runs
    once after all; if it fails, every record is returned, so `handle` must be safe to repeat.
    """
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        queue = record["eventSourceARN"].rsplit(":", 1)[-1].removeprefix(f"visionary-{settings().stage}-")
        if deadline is not None and not deadline.remaining_s():
            logger.warning("message postponed", queue=queue, message_id=record["messageId"], receives=receives(record))
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        if receives(record) == 1:
            observability.record_metrics({Metric.QUEUE_AGE_MS: _age_ms(record)}, dimension_value=queue)
        with correlated(_correlation(record)):
            failed += _process(record, queue, handle)
    if finish is not None and not _finishes(finish):
        failed = [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
    return {"batchItemFailures": failed}


def _finishes(finish: Callable[[], None]) -> bool:
    try:
        finish()
    except Exception:  # noqa: BLE001 - any failure is logged, and SQS redelivers the messages
        logger.exception("batch not finished")
        return False
    return True


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
    """Return how long the message waited in the queue after its delay, by SQS's clock and ours."""
    sent_ms = int(record["attributes"].get("SentTimestamp", 0))
    delay_ms = int(_attribute(record, DELAY_ATTRIBUTE) or 0) * 1000
    return max(0.0, time.time() * 1000 - sent_ms - delay_ms) if sent_ms else 0.0


def _correlation(record: Mapping[str, Any]) -> str:
    """Return the correlation id that the sender set, or the id of the message."""
    return _attribute(record, CORRELATION_ATTRIBUTE) or str(record["messageId"])


def _attribute(record: Mapping[str, Any], name: str) -> str | None:
    value: str | None = record.get("messageAttributes", {}).get(name, {}).get("stringValue")
    return value


def receives(record: Mapping[str, Any]) -> int:
    """Return how often this message was delivered, including this time."""
    return int(record["attributes"]["ApproximateReceiveCount"])
