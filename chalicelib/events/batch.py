"""One queue message at a time: what fails comes back alone, what succeeded does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.platform import queues
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.observability import logger


class RetryLaterError(Exception):
    """Not a failure: the message shall come back after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.1f} s")
        self.seconds = seconds


def each(event: Mapping[str, Any], handle: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """Call `handle` with every SQS record and answer which of them shall be delivered again (ReportBatchItemFailures)."""
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            handle(record)
        except RetryLaterError as later:
            _hide(record, later.seconds)
            failed.append({"itemIdentifier": record["messageId"]})
        except Exception:  # noqa: BLE001 - whatever it was, it is logged and answered
            logger.exception("message failed", message_id=record["messageId"], receives=receives(record))
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _hide(record: Mapping[str, Any], seconds: float) -> None:
    try:
        queues.hide(record["eventSourceARN"], record["receiptHandle"], seconds=seconds)
    except UnavailableError:
        logger.warning("message not hidden", message_id=record["messageId"])


def receives(record: Mapping[str, Any]) -> int:
    """How often this message was delivered, this time included."""
    return int(record["attributes"]["ApproximateReceiveCount"])
