"""Which addresses an operator may give us to call. They are refused at start, before a key or a text goes there."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

_OWN_NETWORK = (".local", ".internal", ".lan", ".localhost", ".home.arpa")  # endings that no public server has
_METADATA = ("metadata.google.internal", "instance-data.ec2.internal")


def check(url: str, *, allow_private_network: bool = False) -> str:
    """The address without a slash at its end. Raises ValueError that says what is wrong with it.

    It must be https, so that neither keys nor texts are read on the way. Plain http is for this machine and, with
    `own_network`, for servers in one's own network: private addresses and names without a public ending.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        raise ValueError(f"{url[:80]!r} is no address") from None
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise ValueError("an address like https://host is needed, without a user")
    if parts.query or parts.fragment:
        raise ValueError("an address without query and fragment is needed")
    if host == "sonauto.ai" or host.endswith(".sonauto.ai"):
        raise ValueError(f"{host} generates songs and bills them; it does not speak")
    address = _numeric(host)
    if host in _METADATA or (address is not None and _is_nobodys_server(address)):
        raise ValueError(f"{host} is no server of one's own; clouds keep credentials behind such addresses")
    if parts.scheme == "http" and not (
        _is_this_machine(host, address) or (allow_private_network and _is_private(host, address))
    ):
        raise ValueError(f"{host} must be reached by https: every call carries texts and the key")
    return url.rstrip("/")


def _numeric(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address, in whatever way it is written: 2852039166 and 0xA9FEA9FE are 169.254.169.254 to a resolver."""
    try:
        address = ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_nobodys_server(address: IPv4Address | IPv6Address) -> bool:
    ours_in_aws = address == ip_address("fd00:ec2::254")  # the metadata service over IPv6
    return ours_in_aws or address.is_link_local or address.is_multicast or address.is_unspecified


def _is_this_machine(host: str, address: IPv4Address | IPv6Address | None) -> bool:
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_private(host: str, address: IPv4Address | IPv6Address | None) -> bool:
    return address.is_private if address is not None else "." not in host or host.endswith(_OWN_NETWORK)
