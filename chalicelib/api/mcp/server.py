"""The MCP server: answers one message, without a session and without state.

A client that a language model drives lists the tools that its credentials may use, and calls them. In older revisions of the
protocol it initializes first, in `stateless.VERSION` every request says what it needs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from chalicelib.api import problem
from chalicelib.api.mcp import messages, stateless
from chalicelib.api.mcp.messages import INVALID_PARAMS, METHOD_NOT_FOUND, McpMessage, ProtocolError
from chalicelib.api.mcp.tools import TOOLS, Tool
from chalicelib.auth.api_key_proof import ProvedKey
from chalicelib.platform.errors import AppError, BadRequestError

# Of the revisions that begin with `initialize`; the ones before have messages in batches.
HANDSHAKE_VERSIONS = ("2025-06-18", "2025-11-25")
PROTOCOL_VERSIONS = (*HANDSHAKE_VERSIONS, stateless.VERSION)
SERVER = {"name": "visionary-media", "title": "Visionary Media", "version": "1"}  # the version is that of the tools
CAPABILITIES: Mapping[str, Any] = {"tools": {}}
INSTRUCTIONS = (
    "A library of the user's documents, and their recordings. Find passages with search, and read around them with read_text. "
    "speak makes a recording of a document, which takes minutes: ask with speech_status every 10 seconds until is_finished. "
    "Paid voices spend the user's money: name the cost and ask the user before raising max_cost."
)


@dataclass(frozen=True, slots=True)
class McpAnswer:
    """A message for the client, and the status of HTTP that it is sent with."""

    content: dict[str, Any]
    status: int = 200


def answer(owner_id: UUID, message: McpMessage, key: ProvedKey | None, headers: Mapping[str, str]) -> McpAnswer | None:
    """Return the response to a request; None for everything else, which needs no answer.

    `key` is the API key of the caller, whose scopes limit the tools; None for a signed-in owner. Raises BadRequestError for a
    version of the protocol that is unknown.
    """
    is_stateless = stateless.is_stateless(message, headers)
    version = headers.get(stateless.VERSION_HEADER)
    if not is_stateless and version is not None and version not in HANDSHAKE_VERSIONS:
        known = ", ".join(PROTOCOL_VERSIONS)
        raise BadRequestError(
            f"MCP-Protocol-Version {version[:100]!r} is unknown. Send one of {known}, or leave it out."
        )
    if not message.is_request:
        return None
    try:
        if is_stateless:
            stateless.validate(message, headers, PROTOCOL_VERSIONS)
        method = (STATELESS_METHODS if is_stateless else METHODS).get(message.method or "")
        if method is None:
            raise ProtocolError(METHOD_NOT_FOUND, f"This server has no method {message.method!r}.")
        content = method(owner_id, message.params, key)
    except ProtocolError as reason:
        return McpAnswer(messages.error(message, reason), stateless.status_of(reason) if is_stateless else 200)
    if is_stateless:
        content = stateless.complete(content, SERVER)
    return McpAnswer(messages.result(message, content))


def _initialize(_owner_id: UUID, params: Mapping[str, Any], _key: ProvedKey | None) -> dict[str, Any]:
    requested = params.get("protocolVersion")
    return {
        "protocolVersion": requested if requested in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1],
        "capabilities": CAPABILITIES,
        "serverInfo": SERVER,
        "instructions": INSTRUCTIONS,
    }


def _discover(_owner_id: UUID, _params: Mapping[str, Any], _key: ProvedKey | None) -> dict[str, Any]:
    description = {"supportedVersions": PROTOCOL_VERSIONS, "capabilities": CAPABILITIES, "instructions": INSTRUCTIONS}
    return stateless.cacheable(description)


def _ping(_owner_id: UUID, _params: Mapping[str, Any], _key: ProvedKey | None) -> dict[str, Any]:
    return {}


def _list_tools(_owner_id: UUID, _params: Mapping[str, Any], key: ProvedKey | None) -> dict[str, Any]:
    return {"tools": [tool.describe() for tool in TOOLS.values() if key is None or tool.scope in key.scopes]}


def _list_cacheable_tools(owner_id: UUID, params: Mapping[str, Any], key: ProvedKey | None) -> dict[str, Any]:
    return stateless.cacheable(_list_tools(owner_id, params, key))


def _call_tool(owner_id: UUID, params: Mapping[str, Any], key: ProvedKey | None) -> dict[str, Any]:
    name, arguments = params.get("name"), params.get("arguments", {})
    tool = TOOLS.get(name) if isinstance(name, str) else None
    if tool is None:
        raise ProtocolError(INVALID_PARAMS, f"There is no tool {str(name)[:100]!r}. tools/list lists those that exist.")
    try:
        if key is not None:
            key.require(tool.scope)
        return _run(tool, owner_id, arguments)
    except AppError as error:  # for the language model, which can mend its call
        fields = "".join(f" {field.field}: {field.detail}" for field in error.errors)
        return {"content": [_text(f"{error.code}: {error.detail}{fields}")], "isError": True}


def _run(tool: Tool, owner_id: UUID, arguments: Any) -> dict[str, Any]:
    try:
        parsed = tool.arguments.model_validate_json(json.dumps(arguments), strict=True)
    except ValidationError as error:
        raise problem.of_validation(error, where="body") from None
    content = tool.call(owner_id, parsed).model_dump(mode="json")
    return {"content": [_text(json.dumps(content, ensure_ascii=False))], "structuredContent": content, "isError": False}


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


Method = Callable[[UUID, Mapping[str, Any], ProvedKey | None], dict[str, Any]]
METHODS: Mapping[str, Method] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": _list_tools,
    "tools/call": _call_tool,
}
STATELESS_METHODS: Mapping[str, Method] = {
    "server/discover": _discover,
    "tools/list": _list_cacheable_tools,
    "tools/call": _call_tool,
}
