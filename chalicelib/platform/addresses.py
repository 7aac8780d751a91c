"""Checks of the addresses that operators configure: invalid ones are rejected at start, before a key or a text is sent there."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

_PRIVATE_SUFFIXES = (".local", ".internal", ".lan", ".localhost", ".home.arpa")  # endings that no public server has
_METADATA_HOSTS = ("metadata.google.internal", "instance-data.ec2.internal")
_AWS_METADATA_IPV6 = ip_address("fd00:ec2::254")


def check(url: str, *, allow_private_network: bool = False) -> str:
    """Return the address without a slash at its end. Raises ValueError that says what is wrong with it.

    It must be https, so that neither keys nor texts can be read in transit. Plain http is for this machine and, with
    `allow_private_network`, for private addresses and names without a public ending.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        raise ValueError(f"{url[:80]!r} is not a valid address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise ValueError("use an address like https://host, without a user name")
    if parts.query or parts.fragment:
        raise ValueError("use an address without query and fragment")
    if host == "sonauto.ai" or host.endswith(".sonauto.ai"):
        raise ValueError(f"{host} generates songs and bills them; it does not speak")
    address = _parse_ip(host)
    if host in _METADATA_HOSTS or (address is not None and _is_unroutable(address)):
        raise ValueError(f"{host} is not a server of yours; clouds keep credentials behind such addresses")
    is_plain_http_allowed = _is_this_machine(host, address) or (allow_private_network and _is_private(host, address))
    if parts.scheme == "http" and not is_plain_http_allowed:
        raise ValueError(f"{host} needs https: every call carries texts and the key")
    return url.rstrip("/")


def parse_origin(text: str) -> str:
    """Return an origin as browsers send it, without a slash at its end; `*` is every origin. Raises ValueError for anything else.

    A pattern such as `https://*.example.com` is rejected: storage would match it, and the API would not.
    """
    if text == "*":
        return text
    try:
        parts = urlsplit(text.lower())
        port = parts.port
    except ValueError:
        raise ValueError(f"{text[:80]!r} is not an origin; write https://host or http://host:port") from None
    if "*" in text:
        raise ValueError(f"{text[:80]!r} is a pattern; list each origin, or * alone for every one")
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or has_more:
        raise ValueError(f"{text[:80]!r} is not an origin; write https://host or http://host:port, without a path")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = port is None or (parts.scheme, port) in (("http", 80), ("https", 443))
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{port}")


def _parse_ip(host: str) -> IPv4Address | IPv6Address | None:
    """Parse an IP address in any notation: resolvers read 2852039166 and 0xA9FEA9FE as 169.254.169.254."""
    try:
        address = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_unroutable(address: IPv4Address | IPv6Address) -> bool:
    is_special = address.is_link_local or address.is_multicast or address.is_unspecified
    return is_special or address == _AWS_METADATA_IPV6


def _is_this_machine(host: str, address: IPv4Address | IPv6Address | None) -> bool:
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_private(host: str, address: IPv4Address | IPv6Address | None) -> bool:
    return address.is_private if address is not None else "." not in host or host.endswith(_PRIVATE_SUFFIXES)
