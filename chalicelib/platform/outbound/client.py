"""Downloads from public servers. Redirects stay with their server."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chalicelib.platform import deadline
from chalicelib.platform.outbound import connections
from chalicelib.platform.outbound.connections import Request, Resolve, Timeouts, resolve_name
from chalicelib.platform.outbound.errors import OutboundError, Reason, WebAddressError
from chalicelib.platform.outbound.public_addresses import IpAddress
from chalicelib.platform.outbound.web_address import WebAddress

MAX_REDIRECTS = 5  # to https, to a page's own address, to its language
CONNECT_S, READ_S = 5.0, 10.0  # of one connection, and between two bytes
CHUNK_BYTES = 64 * 1024
USER_AGENT = "Mozilla/5.0 (compatible; VisionaryMedia/1.0; reads one page for the user who asked for it)"
_REDIRECTS = {301, 302, 303, 307, 308}
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """`max_bytes` of a body, unpacked; `seconds` for all of a download."""

    max_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Download:
    """A resource. `target` is where redirects led; `headers` have names in lower case."""

    target: WebAddress
    headers: Mapping[str, str]
    content: bytes


def download(
    target: WebAddress,
    limits: DownloadLimits,
    *,
    accept: str = "*/*",
    allow_loopback: bool = False,
    resolve: Resolve = resolve_name,
) -> Download:
    """Download a resource. Raises OutboundError."""
    ends_at = time.monotonic() + limits.seconds
    try:
        with deadline.time_limit(limits.seconds):
            for _ in range(MAX_REDIRECTS + 1):
                addresses = connections.check_addresses(target, resolve, allow_loopback=allow_loopback)
                result = _request(target, limits.max_bytes, ends_at, accept, addresses)
                if isinstance(result, Download):
                    return result
                target = _redirected(target, result, allow_loopback=allow_loopback)
    except deadline.DeadlineExceededError:
        if time.monotonic() < ends_at:  # the limit of the invocation, not this one
            raise
        raise connections.timeout_error(target) from None
    raise OutboundError(Reason.REDIRECT, f"{target.host} redirects more than {MAX_REDIRECTS} times.")


def _redirected(target: WebAddress, location: str, *, allow_loopback: bool) -> WebAddress:
    try:
        other = target.join(location, allow_loopback=allow_loopback)
    except WebAddressError as error:
        raise OutboundError(
            Reason.REDIRECT, f"{target.host} redirects to an address that is not used. {error}"
        ) from None
    if other.host != target.host:
        raise OutboundError(
            Reason.REDIRECT,
            f"{target.host} redirects to another server, {other.host}. If you trust it, use its address.",
        )
    if target.scheme == "https" and other.scheme == "http":
        raise OutboundError(Reason.REDIRECT, f"{target.host} redirects to an address without encryption.")
    return other


def _request(
    target: WebAddress, max_bytes: int, ends_at: float, accept: str, addresses: Sequence[IpAddress]
) -> Download | str:
    """Return the resource, or where it has moved."""
    headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip"}
    request = Request("GET", target, headers)
    timeouts = Timeouts(CONNECT_S, READ_S)
    return connections.send(request, addresses, timeouts, lambda response: _read(target, response, max_bytes, ends_at))


def _read(target: WebAddress, response: Any, max_bytes: int, ends_at: float) -> Download | str:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status in _REDIRECTS and "location" in headers:
        return str(headers["location"])
    if response.status != HTTPStatus.OK:
        raise OutboundError(
            Reason.STATUS,
            f"{target.host} answers with {_describe_status(response.status)}. Open the address in a browser.",
        )
    content = bytearray()
    for chunk in _decoded(target, response, headers.get("content-encoding", "identity")):
        content += chunk
        if len(content) > max_bytes:
            raise OutboundError(
                Reason.TOO_LARGE,
                f"What is at this address is larger than {max_bytes // 1024**2} MB, the limit of imports.",
            )
        if time.monotonic() > ends_at:
            raise connections.timeout_error(target)
    return Download(target, headers, bytes(content))


def _decoded(target: WebAddress, response: Any, coding: str) -> Iterator[bytes]:
    """Yield the body in pieces of bounded size, however much a packed one expands."""
    if coding.strip().lower() == "identity":
        yield from response.stream(CHUNK_BYTES, decode_content=False)
        return
    if coding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise OutboundError(Reason.DAMAGED, f"{target.host} sends a packing that was not asked for: {coding[:40]!r}.")
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for chunk in response.stream(CHUNK_BYTES, decode_content=False):
            packed = chunk
            while packed:
                yield decoder.decompress(packed, CHUNK_BYTES)
                packed = decoder.unconsumed_tail
    except zlib.error:
        raise OutboundError(Reason.DAMAGED, f"What {target.host} sends cannot be unpacked.") from None
    if not decoder.eof:
        raise OutboundError(Reason.DAMAGED, f"The connection to {target.host} broke off. Try again later.")


def _describe_status(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)
