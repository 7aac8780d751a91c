"""Downloads from public servers.

A name is resolved once, all its addresses are checked, and the connection goes to one of those: a name that resolves to another
address a moment later (DNS rebinding) gains nothing. No cookies, no credentials, no proxy; redirects stay with their server.
"""

from __future__ import annotations

import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chalicelib.platform import deadline
from chalicelib.platform.outbound.errors import DownloadError, Reason, WebAddressError
from chalicelib.platform.outbound.public_addresses import IpAddress, is_allowed, parse_literal
from chalicelib.platform.outbound.web_address import WebAddress

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

MAX_REDIRECTS = 5  # to https, to a page's own address, to its language
CONNECT_S, READ_S = 5.0, 10.0  # of one connection, and between two bytes
CHUNK_BYTES = 64 * 1024
MAX_CONNECTIONS = 2  # of the addresses of a name
USER_AGENT = "Mozilla/5.0 (compatible; VisionaryMedia/1.0; reads one page for the user who asked for it)"
_REDIRECTS = {301, 302, 303, 307, 308}
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32

Resolve = Callable[[str, int], list[str]]


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


def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a name, IPv4 first: functions outside a network have no IPv6. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))


def download(
    target: WebAddress,
    limits: DownloadLimits,
    *,
    accept: str = "*/*",
    allow_loopback: bool = False,
    resolve: Resolve = resolve_name,
) -> Download:
    """Download a resource. Raises DownloadError."""
    ends_at = time.monotonic() + limits.seconds
    try:
        with deadline.time_limit(limits.seconds):
            for _ in range(MAX_REDIRECTS + 1):
                result = _request(
                    target, limits.max_bytes, ends_at, accept, _addresses(target, allow_loopback, resolve)
                )
                if isinstance(result, Download):
                    return result
                target = _redirected(target, result, allow_loopback=allow_loopback)
    except deadline.DeadlineExceededError:
        if time.monotonic() < ends_at:  # the limit of the invocation, not this one
            raise
        raise _timeout_error(target) from None
    raise DownloadError(Reason.REDIRECT, f"{target.host} redirects more than {MAX_REDIRECTS} times.")


def _addresses(target: WebAddress, allow_loopback: bool, resolve: Resolve) -> list[IpAddress]:
    """Return the addresses of a server. Raises DownloadError if one of them is not public."""
    literal = parse_literal(target.host)
    try:
        found = [target.host] if literal is not None else resolve(target.host, target.port)
    except OSError:
        raise DownloadError(
            Reason.NAME_NOT_FOUND, f"There is no server {target.host}. Check the spelling of the address."
        ) from None
    addresses = [parse_literal(text.partition("%")[0]) for text in found]
    checked = [ip for ip in addresses if ip is not None and is_allowed(ip, allow_loopback=allow_loopback)]
    if not checked or len(checked) < len(addresses):
        raise DownloadError(
            Reason.ADDRESS_NOT_PUBLIC, f"{target.host} is not a public server. Use an address of the public web."
        )
    if target.port not in (80, 443) and not all(ip.is_loopback for ip in checked):
        raise DownloadError(Reason.ADDRESS_NOT_PUBLIC, f"Port {target.port} of {target.host} is not one of web pages.")
    return checked[:MAX_CONNECTIONS]


def _redirected(target: WebAddress, location: str, *, allow_loopback: bool) -> WebAddress:
    try:
        other = target.join(location, allow_loopback=allow_loopback)
    except WebAddressError as error:
        raise DownloadError(
            Reason.REDIRECT, f"{target.host} redirects to an address that is not used. {error}"
        ) from None
    if other.host != target.host:
        raise DownloadError(
            Reason.REDIRECT,
            f"{target.host} redirects to another server, {other.host}. If you trust it, use its address.",
        )
    if target.scheme == "https" and other.scheme == "http":
        raise DownloadError(Reason.REDIRECT, f"{target.host} redirects to an address without encryption.")
    return other


def _request(
    target: WebAddress, max_bytes: int, ends_at: float, accept: str, addresses: list[IpAddress]
) -> Download | str:
    """Return the resource, or where it has moved."""
    import urllib3.exceptions as http

    headers = {
        "Host": target.host_header,
        "User-Agent": USER_AGENT,
        "Accept": accept,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    for number, address in enumerate(addresses, 1):
        try:
            with _pool(target, address) as pool:
                response = pool.urlopen(
                    "GET", target.path, headers=headers, redirect=False, preload_content=False, decode_content=False
                )
                try:
                    return _read(target, response, max_bytes, ends_at)
                finally:
                    response.close()
        except (http.NewConnectionError, http.ConnectTimeoutError):
            if number == len(addresses):
                raise DownloadError(Reason.UNREACHABLE, f"{target.host} cannot be reached. Try again later.") from None
        except (http.SSLError, ssl.SSLError):
            raise DownloadError(
                Reason.INSECURE, f"The certificate of {target.host} is not valid, so its pages cannot be trusted."
            ) from None
        except http.TimeoutError:
            raise _timeout_error(target) from None
        except (http.HTTPError, OSError, ValueError):
            raise DownloadError(
                Reason.DAMAGED, f"The connection to {target.host} broke off. Try again later."
            ) from None
    raise AssertionError("unreachable")


def _pool(target: WebAddress, address: IpAddress) -> HTTPConnectionPool:
    """Return a connection to exactly this address; the certificate must be that of the name."""
    import certifi
    import urllib3

    options: dict[str, Any] = {
        "maxsize": 1,
        "retries": False,
        "timeout": urllib3.Timeout(connect=deadline.call_s(CONNECT_S), read=deadline.call_s(READ_S)),
    }
    if target.scheme == "http":
        return urllib3.HTTPConnectionPool(str(address), target.port, **options)
    return urllib3.HTTPSConnectionPool(
        str(address),
        target.port,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
        server_hostname=target.host,
        assert_hostname=target.host,
        **options,
    )


def _read(target: WebAddress, response: Any, max_bytes: int, ends_at: float) -> Download | str:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.status in _REDIRECTS and "location" in headers:
        return str(headers["location"])
    if response.status != HTTPStatus.OK:
        raise DownloadError(
            Reason.STATUS,
            f"{target.host} answers with {_describe_status(response.status)}. Open the address in a browser.",
        )
    content = bytearray()
    for chunk in _decoded(target, response, headers.get("content-encoding", "identity")):
        content += chunk
        if len(content) > max_bytes:
            raise DownloadError(
                Reason.TOO_LARGE,
                f"What is at this address is larger than {max_bytes // 1024**2} MB, the limit of imports.",
            )
        if time.monotonic() > ends_at:
            raise _timeout_error(target)
    return Download(target, headers, bytes(content))


def _decoded(target: WebAddress, response: Any, coding: str) -> Iterator[bytes]:
    """Yield the body in pieces of bounded size, however much a packed one expands."""
    if coding.strip().lower() == "identity":
        yield from response.stream(CHUNK_BYTES, decode_content=False)
        return
    if coding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        raise DownloadError(Reason.DAMAGED, f"{target.host} sends a packing that was not asked for: {coding[:40]!r}.")
    decoder = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for chunk in response.stream(CHUNK_BYTES, decode_content=False):
            packed = chunk
            while packed:
                yield decoder.decompress(packed, CHUNK_BYTES)
                packed = decoder.unconsumed_tail
    except zlib.error:
        raise DownloadError(Reason.DAMAGED, f"What {target.host} sends cannot be unpacked.") from None
    if not decoder.eof:
        raise DownloadError(Reason.DAMAGED, f"The connection to {target.host} broke off. Try again later.")


def _describe_status(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _timeout_error(target: WebAddress) -> DownloadError:
    return DownloadError(Reason.TIMEOUT, f"{target.host} did not answer in time. Try again later.")
