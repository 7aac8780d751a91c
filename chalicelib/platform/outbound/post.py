"""Posts to servers that users name: one request, no redirect, and little of the answer is read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.platform import deadline
from chalicelib.platform.outbound import connections
from chalicelib.platform.outbound.connections import Request, Resolve, Timeouts, resolve_name
from chalicelib.platform.outbound.web_address import WebAddress

CONNECT_S = 3.0  # of one connection


@dataclass(frozen=True, slots=True)
class PostLimits:
    """`seconds` for all of a post; so many bytes of the answer are read, and no more."""

    seconds: float
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer, and its first bytes."""

    status: int
    excerpt: bytes


def post(
    target: WebAddress,
    body: bytes,
    headers: Mapping[str, str],
    limits: PostLimits,
    *,
    allow_loopback: bool = False,
    resolve: Resolve = resolve_name,
) -> Answer:
    """Post a body. Raises OutboundError unless the server answers, whatever its status."""
    ends_at = time.monotonic() + limits.seconds
    try:
        with deadline.time_limit(limits.seconds):
            addresses = connections.check_addresses(target, resolve, allow_loopback=allow_loopback)
            request = Request("POST", target, {**headers, "Accept-Encoding": "identity"}, body)
            timeouts = Timeouts(CONNECT_S, limits.seconds)
            return connections.send(request, addresses, timeouts, lambda response: _read(response, limits))
    except deadline.DeadlineExceededError:
        if time.monotonic() < ends_at:  # the limit of the invocation, not this one
            raise
        raise connections.timeout_error(target) from None


def _read(response: Any, limits: PostLimits) -> Answer:
    import urllib3.exceptions as http

    try:
        excerpt: bytes = response.read(limits.answer_bytes, decode_content=False)
    except (http.ProtocolError, http.ReadTimeoutError):  # its status is its answer, whatever else was to come
        excerpt = b""
    return Answer(response.status, excerpt)
