"""Errors to Sentry, where a stage names a SENTRY_DSN. Whatever is logged as an error is reported, and nothing else.

An event is built from what may be told, not cleaned of what may not: the event's name, the kind of exception and its first
line as `faults` tells it, where in the code it happened, stage, version, function and correlation id. No variables, no request,
no address, no user. Everything else stands in the log, under the same correlation id.
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from chalicelib.platform.config import settings
from chalicelib.platform.telemetry import redaction

if TYPE_CHECKING:
    from sentry_sdk import Client
    from sentry_sdk.types import Event, Hint

# Lambda stops a copy the moment it has answered, so that an event leaves before that or never; nobody waits longer for it.
FLUSH_TIMEOUT_S = 1.0
# When Sentry cannot be reached (from inside the network only by IPv6), the next errors do not wait for it, too.
BACKOFF_S = 300.0


class SentryHandler(logging.Handler):
    """A handler of the log that passes errors on. Costs nothing where no DSN is set: the client is not even imported."""

    def __init__(self, correlation: Callable[[], str | None]) -> None:
        super().__init__(level=logging.ERROR)
        self._correlation = correlation
        self._client: Client | None = None
        self._dsn: str | None = None
        self._silent_until = 0.0  # by the clock of time.monotonic

    def emit(self, record: logging.LogRecord) -> None:
        try:
            dsn = settings().sentry_dsn
            if dsn is not None:
                self._report(dsn.get_secret_value(), event(record, self._correlation()))
        except Exception:  # noqa: BLE001 - a report that fails must not fail what it reports
            self._silent_until = time.monotonic() + BACKOFF_S

    def _report(self, dsn: str, told: Event) -> None:
        if self._client is None or dsn != self._dsn:
            self._client, self._dsn, self._silent_until = _client(dsn), dsn, 0.0
        began = time.monotonic()
        if began < self._silent_until:
            return
        self._client.capture_event(told)
        self._client.flush(timeout=FLUSH_TIMEOUT_S)
        if time.monotonic() - began >= FLUSH_TIMEOUT_S:
            self._silent_until = time.monotonic() + BACKOFF_S


def event(record: logging.LogRecord, correlation_id: str | None) -> Event:
    """What is told of an error in the log."""
    name = record.getMessage()
    made: Event = {
        "level": "error",
        "logger": record.name,
        "logentry": {"message": name},
        "tags": {
            "event": name,
            "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            "correlation_id": correlation_id or "",
        },
    }
    if record.exc_info and record.exc_info[1] is not None:
        made["exception"] = {
            "values": [_exception(error) for error in reversed(list(redaction.exception_chain(record.exc_info[1])))]
        }
        made["fingerprint"] = [name, "{{ default }}"]
    return made


def _exception(error: BaseException) -> dict[str, Any]:
    frames = [_frame(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return {
        "type": type(error).__qualname__,
        "module": type(error).__module__,
        "value": redaction.redacted_message(error),
        "stacktrace": {"frames": frames},
    }


def _frame(frame: FrameType, line: int) -> dict[str, Any]:
    module = str(frame.f_globals.get("__name__", ""))
    return {
        "module": module,
        "filename": f"{module.replace('.', '/')}.py",
        "function": frame.f_code.co_name,
        "lineno": line,
        "in_app": module.partition(".")[0] in {"app", "chalicelib"},
    }


def _client(dsn: str) -> Client:
    import sentry_sdk

    return sentry_sdk.Client(
        dsn=dsn,
        release=f"visionary@{settings().version}",
        environment=settings().stage,
        server_name="",
        default_integrations=False,  # they would look at arguments, modules, threads and requests
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_only_what_was_made,
    )


# What the client itself adds to an event, and may.
_ADDED = {"event_id", "timestamp", "platform", "release", "environment", "sdk"}
_MADE = {"level", "logger", "logentry", "tags", "exception", "fingerprint"}


def _only_what_was_made(made: Event, _hint: Hint) -> Event:
    for name in set(made) - _ADDED - _MADE:
        del made[name]  # type: ignore[misc]
    return made
