"""Event sources: whether Lambda polls a queue. botocore's errors stop in this module.

Polling costs a quarter of a dollar a month for each queue, whether anything is in it or not (docs/cost.md).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from chalicelib.platform.aws.call_limits import CallLimits, failures
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@cache
def client() -> LambdaClient:
    import boto3

    limits = CallLimits.of(settings().function_timeout_s)
    return limits.install(boto3.client("lambda", config=limits.config()))


def set_polled(mapping_id: str, *, is_polled: bool) -> None:
    """Start or stop the polling of a queue, which takes Lambda up to a minute. Raises UnavailableError.

    Messages that come while it stops wait in the queue.
    """
    from botocore.exceptions import ClientError

    try:
        client().update_event_source_mapping(UUID=mapping_id, Enabled=is_polled)
    except failures(ClientError) as error:
        if _code(error) == "ResourceInUseException":  # it starts or stops right now
            return
        raise UnavailableError("The queue's event source does not respond.") from error


def _code(error: Exception) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
