"""The caller of the current request: its actor and origin, as the audit trail records them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from chalicelib.platform.config import settings

MAX_AGENT_CHARACTERS = 200  # browsers send ~120; the header may be 10 KB
MAX_REQUEST_ID_CHARACTERS = 64  # API Gateway's have 36
IPV6_NETWORK_BITS = 64  # one household's network; single addresses in it change daily


class Actor(StrEnum):
    """Kinds of callers. `platform`: a queue or a schedule. `unknown`: not signed in."""

    OWNER = "owner"
    LINK_TOKEN = "capability"  # noqa: S105 - stored under this name: the bearer of a link token
    API_KEY = "api_key"  # pragma: allowlist secret
    SHARE_LINK = "share_link"
    PLATFORM = "platform"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Caller:
    actor: Actor
    address: str | None = None
    agent: str | None = None
    request_id: str | None = None
    is_head: bool = (
        False  # it gets no content: a URL that it follows is signed for HEAD, and nothing counts as a download
    )
    api_key_id: UUID | None = None


PLATFORM = Caller(Actor.PLATFORM)
_current: ContextVar[Caller] = ContextVar("caller", default=PLATFORM)


def current() -> Caller:
    """Return the caller of the current request; outside of requests, the platform itself."""
    return _current.get()


@contextmanager
def acting_as(caller: Caller) -> Iterator[None]:
    """Make `caller` the current one inside the block."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)


def become_api_key(key_id: UUID) -> None:
    """Make an API key that was proved the current caller, until the end of the request's `acting_as`."""
    _current.set(replace(current(), actor=Actor.API_KEY, api_key_id=key_id))


def from_request(headers: Mapping[str, str] | None, context: Mapping[str, Any], actor: Actor) -> Caller:
    """Return a request's caller, from headers and API Gateway's context. Every text is cut to a safe length."""
    by_name = {name.lower(): value for name, value in (headers or {}).items()}
    address = _client_address(by_name.get("x-forwarded-for", ""), (context.get("identity") or {}).get("sourceIp"))
    agent, request_id = by_name.get("user-agent"), context.get("requestId")
    return Caller(
        actor,
        address,
        agent and _printable(agent, MAX_AGENT_CHARACTERS),
        request_id and _printable(request_id, MAX_REQUEST_ID_CHARACTERS),
        context.get("httpMethod") == "HEAD",
    )


def network(address: str | None) -> str:
    """Return the network by which requests are counted: an IPv4 address, an IPv6 /64, or `unknown`."""
    if address is None:
        return "unknown"
    parsed = ipaddress.ip_address(address)
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))


def _client_address(forwarded: str, peer: str | None) -> str | None:
    """Return the last address in front of our own proxies: each appends its client, and earlier entries may be forged."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if peer and (not hops or hops[-1] != peer):
        hops.append(peer)
    try:
        return str(ipaddress.ip_address(hops[max(0, len(hops) - 1 - settings().trusted_proxies)]))
    except (IndexError, ValueError):
        return None


def _printable(text: str, length: int) -> str:
    return "".join(character if character.isprintable() else "?" for character in text[:length])
