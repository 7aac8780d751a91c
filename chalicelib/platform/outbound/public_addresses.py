"""Addresses of public servers. All others are never called: behind them are our own services, or those of the cloud."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IpAddress = IPv4Address | IPv6Address

_UNICAST_V6 = ip_network("2000::/3")  # all that is assigned to networks (RFC 4291, 2.4)
# Parts of it that contain another address, or none: Teredo and other protocols, documentation, 6to4.
_SPECIAL_V6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# Beyond what `is_global` knows in every version of Python: protocol assignments, 6to4 relays, benchmarks, reserved (RFC 6890).
_SPECIAL_V4 = tuple(map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4")))


def parse_literal(host: str) -> IpAddress | None:
    """Parse an IP address in any notation: resolvers read 2852039166 and 0xA9FEA9FE as 169.254.169.254. None for names."""
    try:
        return ip_address(host)
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except OSError:
            return None


def is_allowed(address: IpAddress, *, allow_loopback: bool = False) -> bool:
    """Return whether an address is that of a public server, or with `allow_loopback` of this machine."""
    if allow_loopback and address.is_loopback:
        return True
    if isinstance(address, IPv6Address):
        return address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)
    return address.is_global and not address.is_multicast and not any(address in network for network in _SPECIAL_V4)
