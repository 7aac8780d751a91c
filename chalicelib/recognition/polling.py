"""Polling of the recognition queue: only while there is work, since few stages have scans every day.

A stage without `RECOGNITION_EVENT_SOURCE` polls it always. What fails here is made up for by the sweep.
"""

from __future__ import annotations

from chalicelib.platform.aws import event_sources
from chalicelib.platform.config import settings
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.telemetry.observability import logger


def set_polled(*, is_polled: bool) -> None:
    """Start or stop the polling. Call it after the commit of the work and the sending of its messages."""
    mapping_id = settings().recognition_event_source
    if mapping_id is None:
        return
    try:
        event_sources.set_polled(mapping_id, is_polled=is_polled)
    except UnavailableError:
        logger.warning("polling of the recognition queue not changed", is_polled=is_polled)
