"""Messages of the Model Context Protocol: JSON-RPC 2.0, one message per request.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from chalicelib.platform.lazy_model import LazyModel

METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022
MAX_ID_CHARACTERS = 200

MessageId = Annotated[str, Field(max_length=MAX_ID_CHARACTERS)] | int


class McpMessage(LazyModel):
    """A JSON-RPC request (`id` and `method`), notification (`method` only), or response of the client, which is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    jsonrpc: Literal["2.0"]
    id: MessageId | None = None
    method: Annotated[str, Field(max_length=100)] | None = None
    params: dict[str, Any] = Field(default_factory=dict)

    @property
    def is_request(self) -> bool:
        return self.id is not None and self.method is not None


class McpError(LazyModel):
    code: int
    message: str
    data: dict[str, Any] = Field(default_factory=dict)


class McpResponse(LazyModel):
    """The JSON-RPC response to a request: it has either a `result` or an `error`."""

    jsonrpc: Literal["2.0"]
    id: MessageId
    result: dict[str, Any] = Field(default_factory=dict)
    error: McpError | None = None


class ProtocolError(Exception):
    """A request that the protocol answers with an error, not a tool with a result."""

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


def result(message: McpMessage, content: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": message.id, "result": content}


def error(message: McpMessage, reason: ProtocolError) -> dict[str, Any]:
    content: dict[str, Any] = {"code": reason.code, "message": reason.message}
    if reason.data is not None:
        content["data"] = reason.data
    return {"jsonrpc": "2.0", "id": message.id, "error": content}
