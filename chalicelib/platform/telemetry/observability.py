"""What is seen from outside: one structured log line per outcome, and metrics in one vocabulary.

Never a presigned URL, a token, a filename's content or document text. A line carries the `correlation_id` of the request
that set it off, through every queue in between.
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
    """Of an exception a line says what may be told of it, and no more."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        return redaction.format_traceback(ei[1])


logger = Logger(log_uncaught_exceptions=False, logger_formatter=Formatter(serialize_stacktrace=False))
_correlation: ContextVar[str | None] = ContextVar("correlation", default=None)


class Metric(StrEnum):
    """Every metric there is. The suffix is the unit; a count has none. infra/monitoring.yaml uses these names and no others."""

    SCAN_MS = "scan_ms"  # one inspection, from the claim to the verdict
    TIME_TO_READY_MS = "time_to_ready_ms"  # from the row to the verdict `ready`, the client's sending included
    REJECTIONS = "rejections"  # by `code`
    QUEUE_AGE_MS = "queue_age_ms"  # by `queue`: how long a message waited for its first delivery
    MESSAGES_FAILED = "messages_failed"  # by `queue`: deliveries that ended in an exception
    TIME_TO_FIRST_AUDIO_MS = "time_to_first_audio_ms"  # from the request to the first segment that can be played
    CHARACTERS = "characters"  # by `provider`: as billed
    COST_USD = "cost_usd"  # by `provider`
    FAILOVERS = "failovers"  # by `provider`: segments that it did not speak and another one did
    SWEPT = "swept"  # by `what`, such as `trash_purged`: how much a run of the sweep did
    SWEEP_STEPS_FAILED = "sweep_steps_failed"
    OBJECTS_MISSING = "objects_missing"  # rows whose object is gone
    CHAINS_BROKEN = "chains_broken"  # audit trails that were changed behind our back


DIMENSIONS: Mapping[Metric, str] = {
    Metric.REJECTIONS: "code",
    Metric.QUEUE_AGE_MS: "queue",
    Metric.MESSAGES_FAILED: "queue",
    Metric.CHARACTERS: "provider",
    Metric.COST_USD: "provider",
    Metric.FAILOVERS: "provider",
    Metric.SWEPT: "what",
}


def record_metrics(values: Mapping[Metric, float], *, dimension_value: str | None = None) -> None:
    """Publish values as metrics of this stage: one line in CloudWatch's embedded metric format.

    `of` is the value of the dimension that DIMENSIONS names for these metrics; all of them have the same one, or none. What has a
    dimension is published twice, with and without it: alarms look at the sum, the dashboard at who makes it up.
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


def age_ms(made_by_us: UUID) -> float:
    """How long ago an id was made: UUIDv7 begins with its milliseconds."""
    return max(0.0, time.time() * 1000 - (made_by_us.int >> 80))


def correlation_id() -> str | None:
    """What set off what happens now: the id of a request, or of the message that nobody's request sent."""
    return _correlation.get()


logger.addHandler(sentry.SentryHandler(correlation_id))


@contextmanager
def correlated(by: str | None) -> Iterator[None]:
    """Let every log line inside the block say what set it off."""
    value = by[:MAX_CORRELATION_CHARACTERS] if by else None
    token = _correlation.set(value)
    logger.set_correlation_id(value)
    try:
        yield
    finally:
        _correlation.reset(token)
        logger.set_correlation_id(_correlation.get())
