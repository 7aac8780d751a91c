"""A language model's client, as the protocol's own library has it: it finds, reads and speaks a document through the gateway."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import requests
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.shared.exceptions import MCPError
from mcp_types.version import LATEST_HANDSHAKE_VERSION, LATEST_PROTOCOL_VERSION

from tests.support.api_listener import upload, wait_until_inspected
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack

TEXT = "The lamp of Kell burns all night. Its keeper sleeps by day."
SCOPES = ["media:read", "speech:read", "speech:write"]
FINISHED_WITHIN_S = 120


def create_key(user: Uploader, scopes: list[str]) -> tuple[str, str]:
    created = user.call("POST", "/v1/api-keys", {"name": "Assistant", "scopes": scopes}, expect=201)
    return created["id"], created["key"]


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


def connect(stack: DeployedStack, key: str, work: Any, mode: Any = "auto") -> Any:
    """Run `work` with a client that is connected with a key: on the newest revision, or an older one in the mode `legacy`."""

    async def run() -> Any:
        async with (
            create_mcp_http_client(headers={"Authorization": f"Bearer {key}"}) as http,
            Client(streamable_http_client(f"{stack.api}/v1/mcp", http_client=http), mode=mode) as client,
        ):
            return await work(client)

    return asyncio.run(run())


def test_the_protocols_client_finds_reads_and_speaks_a_document(stack: DeployedStack) -> None:
    user = Uploader(stack, "mcp-reader")
    media_id = upload(user, TEXT.encode(), "Lamp.txt", "text/plain")
    wait_until_inspected(user, media_id)
    key_id, key = create_key(user, SCOPES)

    async def work(client: Client) -> Any:
        assert client.protocol_version == LATEST_PROTOCOL_VERSION
        tools = {tool.name for tool in (await client.list_tools()).tools}
        assert tools == {"search", "list_documents", "read_text", "speak", "speech_status"}
        (hit, *_) = (await call(client, "search", query="keeper"))["items"]
        part = await call(client, "read_text", media_id=hit["media_id"], start=hit["text_start"])
        started = await call(client, "speak", media_id=hit["media_id"])
        deadline = time.monotonic() + FINISHED_WITHIN_S
        while not (state := await call(client, "speech_status", job_id=started["job_id"]))["is_finished"]:
            assert time.monotonic() < deadline, state
            await asyncio.sleep(0.5)
        return hit, part, state

    hit, part, state = connect(stack, key, work)
    assert (hit["media_id"], part["text"], part["next_start"]) == (media_id, TEXT[hit["text_start"] :], None)
    assert (state["status"], state["error"]) == ("done", None)
    assert requests.get(state["audio_url"], timeout=30).headers["Content-Type"] == "audio/mpeg"

    async def read(client: Client) -> Any:
        return client.protocol_version, await call(client, "read_text", media_id=media_id, start=hit["text_start"])

    assert connect(stack, key, read, mode="legacy") == (LATEST_HANDSHAKE_VERSION, part)

    user.call("DELETE", f"/v1/api-keys/{key_id}", expect=204)
    with pytest.raises((MCPError, ExceptionGroup)):
        connect(stack, key, lambda client: client.list_tools())
