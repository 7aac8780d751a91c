"""Event sources: whether Lambda polls a queue. botocore's errors stop in this module.

Polling costs a quarter of a dollar a month for each queue, whether anything is in it or not (docs/cost.md). A queue that has
work on few days only is polled while it has some. A stage without its `…_EVENT_SOURCE` polls it always. What fails here is made
up for by the sweep.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib.platform.aws.call_limits import CallLimits, failures
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.telemetry.observability import logger

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@cache
def client() -> LambdaClient:
    import boto3

    limits = CallLimits.of(settings().function_timeout_s)
    return limits.install(boto3.client("lambda", config=limits.config()))


def set_polled(queue: Queue, *, is_polled: bool) -> None:
    """Start or stop the polling of a queue, which takes Lambda up to a minute.

    Call it after the commit of the work and the sending of its messages. Those that come while it stops wait in the queue.
    """
    from botocore.exceptions import ClientError

    mapping_id = getattr(settings(), f"{queue}_event_source")
    if mapping_id is None:
        return
    try:
        client().update_event_source_mapping(UUID=mapping_id, Enabled=is_polled)
    except failures(ClientError) as error:
        if _code(error) != "ResourceInUseException":  # it starts or stops right now
            logger.warning("polling not changed", queue=queue.value, is_polled=is_polled, reason=_code(error))


def _code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
