"""Connections to public servers.

A name is resolved once, all its addresses are checked, and the connection goes to one of those: a name that resolves to another
address a moment later (DNS rebinding) gains nothing. No cookies, no credentials, no proxy, and no redirect is followed here.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from chalicelib.platform import deadline
from chalicelib.platform.outbound.errors import OutboundError, Reason
from chalicelib.platform.outbound.public_addresses import IpAddress, is_allowed, parse_literal
from chalicelib.platform.outbound.web_address import WebAddress

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

MAX_CONNECTIONS = 2  # of the addresses of a name

Resolve = Callable[[str, int], list[str]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a server. `Host` and `Connection` are added to its headers."""

    method: str
    target: WebAddress
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for one connection, and between two bytes."""

    connect_s: float
    read_s: float


def resolve_name(host: str, port: int) -> list[str]:
    """Return the addresses of a name, IPv4 first: functions outside a network have no IPv6. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    ordered = sorted(found, key=lambda entry: entry[0] != socket.AF_INET)
    return list(dict.fromkeys(str(entry[4][0]) for entry in ordered))


def check_addresses(target: WebAddress, resolve: Resolve, *, allow_loopback: bool) -> list[IpAddress]:
    """Return the addresses of a server. Raises OutboundError if one of them is not public."""
    literal = parse_literal(target.host)
    try:
        found = [target.host] if literal is not None else resolve(target.host, target.port)
    except OSError:
        raise OutboundError(
            Reason.NAME_NOT_FOUND, f"There is no server {target.host}. Check the spelling of the address."
        ) from None
    addresses = [parse_literal(text.partition("%")[0]) for text in found]
    checked = [ip for ip in addresses if ip is not None and is_allowed(ip, allow_loopback=allow_loopback)]
    if not checked or len(checked) < len(addresses):
        raise OutboundError(
            Reason.ADDRESS_NOT_PUBLIC, f"{target.host} is not a public server. Use an address of the public web."
        )
    if target.port not in (80, 443) and not all(ip.is_loopback for ip in checked):
        raise OutboundError(Reason.ADDRESS_NOT_PUBLIC, f"Port {target.port} of {target.host} is not one of web pages.")
    return checked[:MAX_CONNECTIONS]


def send(request: Request, addresses: Sequence[IpAddress], timeouts: Timeouts, read: Callable[[Any], Result]) -> Result:
    """Send a request to the first address that accepts a connection; return what `read` makes of the response.

    Raises OutboundError.
    """
    import urllib3.exceptions as http

    target = request.target
    headers = {"Host": target.host_header, **request.headers, "Connection": "close"}
    for number, address in enumerate(addresses, 1):
        try:
            with _pool(target, address, timeouts) as pool:
                response = pool.urlopen(
                    request.method,
                    target.path,
                    body=request.body,
                    headers=headers,
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                try:
                    return read(response)
                finally:
                    response.close()
        except (http.NewConnectionError, http.ConnectTimeoutError):
            if number == len(addresses):
                raise OutboundError(Reason.UNREACHABLE, f"{target.host} cannot be reached. Try again later.") from None
        except (http.SSLError, ssl.SSLError):
            raise OutboundError(
                Reason.INSECURE, f"The certificate of {target.host} is not valid, so it cannot be trusted."
            ) from None
        except http.TimeoutError:
            raise timeout_error(target) from None
        except (http.HTTPError, OSError, ValueError):
            raise OutboundError(
                Reason.DAMAGED, f"The connection to {target.host} broke off. Try again later."
            ) from None
    raise AssertionError("unreachable")


def _pool(target: WebAddress, address: IpAddress, timeouts: Timeouts) -> HTTPConnectionPool:
    """Return a connection to exactly this address; the certificate must be that of the name."""
    import certifi
    import urllib3

    options: dict[str, Any] = {
        "maxsize": 1,
        "retries": False,
        "timeout": urllib3.Timeout(connect=deadline.call_s(timeouts.connect_s), read=deadline.call_s(timeouts.read_s)),
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


def timeout_error(target: WebAddress) -> OutboundError:
    return OutboundError(Reason.TIMEOUT, f"{target.host} did not answer in time. Try again later.")
