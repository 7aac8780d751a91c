"""Limits of calls to AWS: each ends, with all its attempts and pauses, in about half of its function's time.

botocore's own limits, 60 s to connect, 60 s for each read and five attempts, are longer than any function runs. A read may take
as long as `read_s` between two bytes: a large body that keeps moving takes as long as it takes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.platform import deadline
from chalicelib.platform.errors import UnavailableError

if TYPE_CHECKING:
    from botocore.config import Config

MAX_CONNECT_S = 3.0  # in one region it takes milliseconds
MAX_READ_S = 60.0  # for the functions that copy objects of gigabytes
FIRST_PAUSE_S = 1.0  # botocore's longest before a second attempt
MAX_ATTEMPTS = 3  # as far as `total_s` allows: more than two only of a service that fails at once
_STARTED = "visionary_started"

Client = TypeVar("Client")


@dataclass(frozen=True, slots=True)
class CallLimits:
    """`total_s` is enough for an attempt that hangs, a pause and a second one: a pooled connection may be dead."""

    connect_s: float
    read_s: float
    total_s: float
    max_attempts: int = MAX_ATTEMPTS

    @classmethod
    def of(cls, function_timeout_s: float) -> CallLimits:
        """Return the limits for a function with this time limit."""
        connect_s = min(MAX_CONNECT_S, function_timeout_s / 15)
        read_s = min(MAX_READ_S, function_timeout_s / 7.5)
        return cls(connect_s, read_s, 2 * (connect_s + read_s) + FIRST_PAUSE_S)

    def config(self, **options: Any) -> Config:
        """Return the configuration of a client, which `install` completes."""
        from botocore.config import Config

        return Config(
            connect_timeout=self.connect_s,
            read_timeout=self.read_s,
            retries={"mode": "standard", "total_max_attempts": self.max_attempts},
            **options,
        )

    def install(self, client: Client) -> Client:
        """Return the client; it starts no attempt that could end too late, and accepts no response that is not from AWS."""
        events: Any = client.meta.events  # type: ignore[attr-defined]
        events.register("before-call", _do_not_ask_to_continue)
        events.register("request-created", self._start_attempt)
        events.register("needs-retry", self._stop_in_time)
        events.register("after-call", _check_response)
        return client

    def _start_attempt(self, request: Any, **_: object) -> None:
        is_first = _STARTED not in request.context
        if is_first:
            request.context[_STARTED] = time.monotonic()
        if not deadline.remaining_s() or (not is_first and self._is_late(request.context)):
            raise UnavailableError("A service does not respond in time; try again shortly.")

    def _stop_in_time(self, request_dict: Any, caught_exception: Exception | None, **_: object) -> None:
        """Raise the error of an attempt at once, without botocore's pause, if there is no time for another one."""
        if caught_exception is not None and self._is_late(request_dict["context"]):
            raise caught_exception

    def _is_late(self, context: Any) -> bool:
        return time.monotonic() + self.connect_s + self.read_s > float(context[_STARTED]) + self.total_s


def _do_not_ask_to_continue(params: dict[str, Any], **_: object) -> None:
    """Send a body at once: botocore reads "100 Continue" in a loop that never ends if the connection does."""
    params["headers"].pop("Expect", None)


def failures(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """Return the exceptions of a call without a proper response, and others. botocore leaves urllib3's as they are."""
    from botocore.exceptions import BotoCoreError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    return BotoCoreError, ResponseParserError, HTTPError, *others


def _check_response(parsed: dict[str, Any], model: Any, **_: object) -> None:
    """Raise UnavailableError without AWS's request id: a proxy's page is no object, and no receipt of a message.

    Also for an object without its length: the head was cut off, which Python's HTTP client does not notice.
    """
    metadata = parsed.get("ResponseMetadata", {})
    is_object = model.name == "GetObject" and metadata.get("HTTPStatusCode") == HTTPStatus.OK
    if "RequestId" not in metadata or (is_object and "ContentLength" not in parsed):
        raise UnavailableError("A service responded with something else than its protocol; try again shortly.")
