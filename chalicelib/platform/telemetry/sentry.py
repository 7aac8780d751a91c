"""Error reports to Sentry, for stages with a SENTRY_DSN: everything that is logged as an error, and nothing else.

An event is built from allowed fields, not cleaned of private ones: the log event's name, the exception's type and redacted first
line, its place in the code, stage, version, function and correlation id. No variables, no request, no address, no user.
Everything else is in the log, under the same correlation id.
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

# Lambda freezes a function once it has responded: an event is sent before that or never, and a user waits no longer for it.
FLUSH_TIMEOUT_S = 1.0
# When Sentry cannot be reached (from inside the network only by IPv6), later errors do not wait for it.
BACKOFF_S = 300.0


class SentryHandler(logging.Handler):
    """A log handler that reports errors. Costs nothing without a DSN: the client is not even imported."""

    def __init__(self, correlation: Callable[[], str | None]) -> None:
        super().__init__(level=logging.ERROR)
        self._correlation = correlation
        self._client: Client | None = None
        self._dsn: str | None = None
        self._paused_until = 0.0  # by the clock of time.monotonic

    def emit(self, record: logging.LogRecord) -> None:
        try:
            dsn = settings().sentry_dsn
            if dsn is not None:
                self._report(dsn.get_secret_value(), event(record, self._correlation()))
        except Exception:  # noqa: BLE001 - a failing report must not fail the work it reports
            self._paused_until = time.monotonic() + BACKOFF_S

    def _report(self, dsn: str, report: Event) -> None:
        if self._client is None or dsn != self._dsn:
            self._client, self._dsn, self._paused_until = _client(dsn), dsn, 0.0
        started = time.monotonic()
        if started < self._paused_until:
            return
        self._client.capture_event(report)
        self._client.flush(timeout=FLUSH_TIMEOUT_S)
        if time.monotonic() - started >= FLUSH_TIMEOUT_S:
            self._paused_until = time.monotonic() + BACKOFF_S


def event(record: logging.LogRecord, correlation_id: str | None) -> Event:
    """Return the report of an error in the log."""
    name = record.getMessage()
    report: Event = {
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
        report["exception"] = {
            "values": [_exception(error) for error in reversed(list(redaction.exception_chain(record.exc_info[1])))]
        }
        report["fingerprint"] = [name, "{{ default }}"]
    return report


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
        default_integrations=False,  # they would report arguments, modules, threads and requests
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        before_send=_keep_allowed_fields,
    )


# Fields that the client itself may add to an event.
_CLIENT_FIELDS = {"event_id", "timestamp", "platform", "release", "environment", "sdk"}
_REPORT_FIELDS = {"level", "logger", "logentry", "tags", "exception", "fingerprint"}


def _keep_allowed_fields(report: Event, _hint: Hint) -> Event:
    for name in set(report) - _CLIENT_FIELDS - _REPORT_FIELDS:
        del report[name]  # type: ignore[misc]
    return report
