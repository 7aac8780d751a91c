"""Logs: one structured line per outcome. Never a URL, a token, a filename's content or document text. And metrics."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger

logger = Logger(log_uncaught_exceptions=False)


def count(counts: Mapping[str, int]) -> None:
    """Publish counts as metrics: one line in CloudWatch's embedded metric format."""
    from aws_lambda_powertools import Metrics
    from aws_lambda_powertools.metrics import MetricUnit

    metrics = Metrics()
    for name, value in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
    metrics.flush_metrics()
