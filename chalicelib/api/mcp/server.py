"""The MCP server: answers one message, without a session and without state.

A client that a language model drives initializes, lists the tools that its credentials may use, and calls them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from chalicelib.api import problem
from chalicelib.api.mcp import messages
from chalicelib.api.mcp.messages import INVALID_PARAMS, METHOD_NOT_FOUND, McpMessage, ProtocolError
from chalicelib.api.mcp.tools import TOOLS, Tool
from chalicelib.auth.api_key_proof import ProvedKey
from chalicelib.platform.errors import AppError

# Of the revisions that begin with `initialize`; the ones before have messages in batches.
PROTOCOL_VERSIONS = ("2025-06-18", "2025-11-25")
LATEST_VERSION = PROTOCOL_VERSIONS[-1]
VERSION = "1"  # of the tools
INSTRUCTIONS = (
    "A library of the user's documents, and their recordings. Find passages with search, and read around them with read_text. "
    "speak makes a recording of a document, which takes minutes: ask with speech_status every 10 seconds until is_finished. "
    "Paid voices spend the user's money: name the cost and ask the user before raising max_cost."
)


def answer(owner_id: UUID, message: McpMessage, key: ProvedKey | None) -> dict[str, Any] | None:
    """Return the response to a request; None for everything else, which needs no answer.

    `key` is the API key of the caller, whose scopes limit the tools; None for a signed-in owner.
    """
    if not message.is_request:
        return None
    method = METHODS.get(message.method or "")
    try:
        if method is None:
            raise ProtocolError(METHOD_NOT_FOUND, f"This server has no method {message.method!r}.")
        return messages.result(message, method(owner_id, message.params, key))
    except ProtocolError as reason:
        return messages.error(message, reason)


def _initialize(_owner_id: UUID, params: Mapping[str, Any], _key: ProvedKey | None) -> dict[str, Any]:
    requested = params.get("protocolVersion")
    return {
        "protocolVersion": requested if requested in PROTOCOL_VERSIONS else LATEST_VERSION,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "visionary-media", "title": "Visionary Media", "version": VERSION},
        "instructions": INSTRUCTIONS,
    }


def _ping(_owner_id: UUID, _params: Mapping[str, Any], _key: ProvedKey | None) -> dict[str, Any]:
    return {}


def _list_tools(_owner_id: UUID, _params: Mapping[str, Any], key: ProvedKey | None) -> dict[str, Any]:
    return {"tools": [tool.describe() for tool in TOOLS.values() if key is None or tool.scope in key.scopes]}


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
