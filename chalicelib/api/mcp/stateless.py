"""The revision of the protocol without `initialize`: each request names its version and what the client can do.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.api.mcp.messages import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    UNSUPPORTED_VERSION,
    McpMessage,
    ProtocolError,
)

VERSION = "2026-07-28"
VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "mcp-protocol-version", "mcp-method", "mcp-name"
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"
CACHEABLE_MS = 300_000  # the tools change with a release, or when the client uses another key

_STATUSES = {INVALID_PARAMS: 400, HEADER_MISMATCH: 400, UNSUPPORTED_VERSION: 400, METHOD_NOT_FOUND: 404}


def is_stateless(message: McpMessage, headers: Mapping[str, str]) -> bool:
    """Return whether a message is of this revision, or of a later one."""
    return headers.get(VERSION_HEADER) == VERSION or VERSION_KEY in _meta(message)


def validate(message: McpMessage, headers: Mapping[str, str], supported: Sequence[str]) -> None:
    """Raise ProtocolError unless a request has what this revision demands, in its body and again in its headers."""
    meta = _meta(message)
    if missing := [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]:
        raise ProtocolError(INVALID_PARAMS, f"params._meta must have {' and '.join(missing)}.")
    repeated = {VERSION_HEADER: meta[VERSION_KEY], METHOD_HEADER: message.method}
    if message.method == "tools/call" and "name" in message.params:
        repeated[NAME_HEADER] = message.params["name"]
    for header, value in repeated.items():
        if headers.get(header) != value:
            raise ProtocolError(HEADER_MISMATCH, f"The header {header} must have the value that the body has.")
    if meta[VERSION_KEY] != VERSION:
        known = {"supported": supported, "requested": meta[VERSION_KEY]}
        raise ProtocolError(UNSUPPORTED_VERSION, "Unsupported protocol version", known)


def complete(content: Mapping[str, Any], server: Mapping[str, str]) -> dict[str, Any]:
    """Return a result with what each result of this revision has."""
    return {**content, "resultType": "complete", "_meta": {SERVER_KEY: server}}


def cacheable(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result with the time for which its client may keep it."""
    return {**content, "ttlMs": CACHEABLE_MS, "cacheScope": "private"}


def status_of(error: ProtocolError) -> int:
    return _STATUSES.get(error.code, 200)


def _meta(message: McpMessage) -> Mapping[str, Any]:
    meta = message.params.get("_meta")
    return meta if isinstance(meta, dict) else {}
