"""Who acts and from where, for as long as one request lasts: the audit trail asks for it wherever something is written down."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.platform.config import settings

MAX_AGENT_CHARACTERS = 200  # browsers send ~120; the header may be 10 KB
MAX_REQUEST_ID_CHARACTERS = 64  # API Gateway's have 36
IPV6_NETWORK_BITS = 64  # what a provider gives to one household; single addresses in it change daily


class Actor(StrEnum):
    """`capability`: whoever held a token that the owner was given. `platform`: a queue or the clock. `unknown`: not signed in."""

    OWNER = "owner"
    LINK_TOKEN = "capability"
    PLATFORM = "platform"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Caller:
    actor: Actor
    address: str | None = None
    agent: str | None = None
    request_id: str | None = None


PLATFORM = Caller(Actor.PLATFORM)
_current: ContextVar[Caller] = ContextVar("caller", default=PLATFORM)


def current() -> Caller:
    """Who the current request is from; the platform itself outside of requests."""
    return _current.get()


@contextmanager
def acting_as(caller: Caller) -> Iterator[None]:
    """Let `caller` be the current one inside the block."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)


def from_request(headers: Mapping[str, str] | None, context: Mapping[str, Any], actor: Actor) -> Caller:
    """The caller of a request, from its headers and API Gateway's request context; everything is cut to a safe length."""
    given = {name.lower(): value for name, value in (headers or {}).items()}
    address = _address(given.get("x-forwarded-for", ""), (context.get("identity") or {}).get("sourceIp"))
    agent, request_id = given.get("user-agent"), context.get("requestId")
    return Caller(
        actor,
        address,
        agent and _plain(agent, MAX_AGENT_CHARACTERS),
        request_id and _plain(request_id, MAX_REQUEST_ID_CHARACTERS),
    )


def network(address: str | None) -> str:
    """What counts as one place when requests are counted: an IPv4 address, an IPv6 /64, or `unknown`."""
    if address is None:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))


def _address(forwarded: str, peer: str | None) -> str | None:
    """Each proxy adds who asked it at the end, so that what stands before our own proxies' entries may be invented."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if peer and (not hops or hops[-1] != peer):
        hops.append(peer)
    try:
        return str(ipaddress.ip_address(hops[max(0, len(hops) - 1 - settings().trusted_proxies)]))
    except (IndexError, ValueError):
        return None


def _plain(text: str, length: int) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:length])
