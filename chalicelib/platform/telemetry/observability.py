"""Logs and metrics: one structured line per outcome, and one set of metric names.

Neither ever contains a presigned URL, a token, a filename or document text. A line carries the `correlation_id` of the request
that caused it, through every queue in between.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any
from uuid import UUID

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib.platform.config import settings
from chalicelib.platform.telemetry import redaction, sentry

SERVICE = "visionary"
MAX_CORRELATION_CHARACTERS = 64  # API Gateway's request ids have 36


class Formatter(LambdaPowertoolsFormatter):
    """A formatter that redacts exceptions."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return redaction.format_traceback(ei[1])


logger = Logger(log_uncaught_exceptions=False, logger_formatter=Formatter(serialize_stacktrace=False))
_correlation: ContextVar[str | None] = ContextVar("correlation", default=None)


class Metric(StrEnum):
    """All metrics. The suffix is the unit; a count has none. infra/monitoring.yaml uses these names and no others."""

    SCAN_MS = "scan_ms"  # one inspection, from the claim to the verdict
    TIME_TO_READY_MS = "time_to_ready_ms"  # from the row to the verdict `ready`, including the client's transfer
    REJECTIONS = "rejections"  # by `code`
    SANDBOX_STARTS = "sandbox_starts"  # by `confinement`: processes of `ingest`, by what confines their parsers
    QUEUE_AGE_MS = "queue_age_ms"  # by `queue`: age of a message at its first delivery
    MESSAGES_FAILED = "messages_failed"  # by `queue`: deliveries that ended in an exception
    TIME_TO_FIRST_AUDIO_MS = "time_to_first_audio_ms"  # from the request to the first segment that can be played
    CHARACTERS = "characters"  # by `provider`: as billed
    COST_USD = "cost_usd"  # by `provider`
    FAILOVERS = "failovers"  # by `provider`: segments that another provider spoke instead
    SWEPT = "swept"  # by `what`, such as `trash_purged`: work done by a run of the sweep
    SWEEP_STEPS_FAILED = "sweep_steps_failed"
    OBJECTS_MISSING = "objects_missing"  # rows with a missing object
    CHAINS_BROKEN = "chains_broken"  # audit trails that were tampered with


DIMENSIONS: Mapping[Metric, str] = {
    Metric.REJECTIONS: "code",
    Metric.SANDBOX_STARTS: "confinement",
    Metric.QUEUE_AGE_MS: "queue",
    Metric.MESSAGES_FAILED: "queue",
    Metric.CHARACTERS: "provider",
    Metric.COST_USD: "provider",
    Metric.FAILOVERS: "provider",
    Metric.SWEPT: "what",
}


def record_metrics(values: Mapping[Metric, float], *, dimension_value: str | None = None) -> None:
    """Publish values as metrics of this stage: one line in CloudWatch's embedded metric format.

    `dimension_value` is for the dimension that DIMENSIONS names; all of these metrics must have the same one, or none.
    A metric with a dimension is published twice, with and without it: for the dashboard's breakdown and for alarms on the sum.
    """
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    (dimension,) = {DIMENSIONS.get(metric) for metric in values}
    metrics = EphemeralMetrics()
    everywhere = {"service": SERVICE, "stage": settings().stage}
    metrics.set_default_dimensions(**everywhere)
    if dimension is not None:
        metrics.add_dimensions(**everywhere, **{dimension: dimension_value or "unknown"})
    for metric, value in values.items():
        unit = MetricUnit.Milliseconds if metric.endswith("_ms") else MetricUnit.Count
        metrics.add_metric(name=metric.value, unit=unit, value=value)
    metrics.flush_metrics()


def age_ms(identifier: UUID) -> float:
    """Return the age of an id: UUIDv7 begins with its milliseconds."""
    return max(0.0, time.time() * 1000 - (identifier.int >> 80))


def correlation_id() -> str | None:
    """Return the id of the request, or else the message, that caused the current work."""
    return _correlation.get()


logger.addHandler(sentry.SentryHandler(correlation_id))


@contextmanager
def correlated(by: str | None) -> Iterator[None]:
    """Add the id of the cause to every log line inside the block."""
    value = by[:MAX_CORRELATION_CHARACTERS] if by else None
    token = _correlation.set(value)
    logger.set_correlation_id(value)
    try:
        yield
    finally:
        _correlation.reset(token)
        logger.set_correlation_id(_correlation.get())
