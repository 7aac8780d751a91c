"""The MCP endpoint: messages, tools within the scopes of a key, and what it refuses."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client, HTTPResponse

from chalicelib.api.mcp.tools import TOOLS
from tests.integration.account.test_api_keys import Key, create
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.uploads.test_uploads import upload
from tests.support.media_rows import insert_media

TEXT = b"The keeper of the lighthouse counts the gulls. " * 40
READ, SPEAK = ["media:read"], ["media:read", "speech:read", "speech:write"]


def post(client: Client, key: Key | User, message: Any, **headers: str) -> HTTPResponse:
    body = json.dumps(message).encode()
    return client.http.post("/v1/mcp", headers={**key.headers, **headers}, body=body)


def ask(client: Client, key: Key | User, method: str, params: Any = None) -> Any:
    response = post(client, key, {"jsonrpc": "2.0", "id": "q-1", "method": method, "params": params or {}})
    assert response.status_code == 200, response.body
    answer = response.json_body
    assert (answer.pop("jsonrpc"), answer.pop("id")) == ("2.0", "q-1")
    (content,) = answer.values()
    return content


def call(client: Client, key: Key | User, tool: str, **arguments: Any) -> Any:
    called = ask(client, key, "tools/call", {"name": tool, "arguments": arguments})
    assert not called["isError"], called
    assert json.loads(called["content"][0]["text"]) == called["structuredContent"]
    return called["structuredContent"]


def refusal(client: Client, key: Key | User, tool: str, **arguments: Any) -> str:
    called = ask(client, key, "tools/call", {"name": tool, "arguments": arguments})
    assert called["isError"]
    return str(called["content"][0]["text"])


def test_a_client_negotiates_the_version(client: Client, alice: User) -> None:
    key = create(client, alice, READ)
    for offered, agreed in (
        ("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("2024-11-05", "2025-11-25"), (7, "2025-11-25")
    ):  # fmt: skip
        started = ask(client, key, "initialize", {"protocolVersion": offered, "capabilities": {}, "clientInfo": {}})
        assert started["protocolVersion"] == agreed
        assert started["capabilities"] == {"tools": {}}
    assert ask(client, key, "ping") == {}
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert post(client, key, message, **{"MCP-Protocol-Version": "2025-06-18"}).status_code == 200
    unknown = post(client, key, message, **{"MCP-Protocol-Version": "1999-01-01"})
    assert (unknown.status_code, "2025-11-25" in problem(unknown)["detail"]) == (400, True)


META: dict[str, Any] = {
    f"io.modelcontextprotocol/{key}": value
    for key, value in (("protocolVersion", "2026-07-28"), ("clientCapabilities", {}))
}


def post_stateless(
    client: Client, key: Key, method: str, params: Any = None, meta: Any = META, **headers: str
) -> HTTPResponse:
    """Send a request of the revision in which every request names its version, in its body and in its headers."""
    names = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method, **headers}
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": {**(params or {}), "_meta": meta}}
    return post(client, key, message, **{name: value for name, value in names.items() if value})


def test_a_client_of_the_newest_revision_needs_no_initialization(client: Client, alice: User) -> None:
    key = create(client, alice, READ)
    discovered = post_stateless(client, key, "server/discover").json_body["result"]
    assert discovered["supportedVersions"] == ["2025-06-18", "2025-11-25", "2026-07-28"]
    listed = post_stateless(client, key, "tools/list").json_body["result"]
    assert {tool["name"] for tool in listed["tools"]} == {"search", "list_documents", "read_text"}
    for result in (discovered, listed):
        assert (result["cacheScope"], result["ttlMs"] > 0) == ("private", True)
    call = {"name": "list_documents", "arguments": {}}
    called = post_stateless(client, key, "tools/call", call, **{"Mcp-Name": "list_documents"}).json_body["result"]
    assert called["structuredContent"]["items"] == []
    for result in (discovered, listed, called):
        assert result["resultType"] == "complete"
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "visionary-media"


@pytest.mark.parametrize(
    ("method", "params", "meta", "headers", "status", "code"),
    [
        ("ping", {}, META, {}, 404, -32601),
        ("initialize", {}, META, {}, 404, -32601),
        ("tools/list", {}, {}, {}, 400, -32602),
        ("tools/list", {}, META, {"MCP-Protocol-Version": ""}, 400, -32020),
        ("tools/list", {}, META, {"MCP-Protocol-Version": "2025-11-25"}, 400, -32020),
        ("tools/list", {}, META, {"Mcp-Method": "ping"}, 400, -32020),
        ("tools/call", {"name": "search"}, META, {}, 400, -32020),
        ("tools/call", {"name": "search"}, META, {"Mcp-Name": "speak"}, 400, -32020),
        ("tools/call", {"name": "rm"}, META, {"Mcp-Name": "rm"}, 400, -32602),
    ],
)
def test_the_newest_revision_refuses_what_body_and_headers_disagree_about(
    client: Client, alice: User, method: str, params: Any, meta: Any, headers: dict[str, str], status: int, code: int
) -> None:
    response = post_stateless(client, create(client, alice, READ), method, params, meta, **headers)
    assert (response.status_code, response.json_body["error"]["code"]) == (status, code)


def test_a_later_revision_is_told_which_ones_are_known(client: Client, alice: User) -> None:
    later = META | {"io.modelcontextprotocol/protocolVersion": "2030-01-01"}
    headers = {"MCP-Protocol-Version": "2030-01-01"}
    response = post_stateless(client, create(client, alice, READ), "server/discover", meta=later, **headers)
    error = response.json_body["error"]
    assert (response.status_code, error["code"], error["data"]["requested"]) == (400, -32022, "2030-01-01")
    assert "2026-07-28" in error["data"]["supported"]


def test_notifications_and_responses_are_accepted_without_an_answer(client: Client, alice: User) -> None:
    key = create(client, alice, READ)
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
        {"jsonrpc": "2.0", "id": 1, "result": {}},
    ):
        response = post(client, key, message)
        assert (response.status_code, response.body) == (202, b"")


def test_there_is_no_stream_and_no_session(client: Client, alice: User) -> None:
    key = create(client, alice, READ)
    for method in ("GET", "DELETE"):
        refused = client.http.request(method, "/v1/mcp", headers=key.headers)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")


def test_pages_of_other_origins_are_refused(client: Client, alice: User) -> None:
    key, message = create(client, alice, READ), {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert post(client, key, message, Origin="https://app.example").status_code == 200
    assert post(client, key, message, Origin="https://evil.example").status_code == 403


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("resources/list", {}, -32601),
        ("server/discover", {}, -32601),  # exists where each request names its version, below
        ("tools/call", {}, -32602),
        ("tools/call", {"name": "rm"}, -32602),
        ("tools/call", {"name": ["search"]}, -32602),
    ],
)
def test_unknown_methods_and_tools_are_protocol_errors(
    client: Client, alice: User, method: str, params: Any, code: int
) -> None:
    assert ask(client, create(client, alice, READ), method, params)["code"] == code


@pytest.mark.parametrize("message", [[], [{"jsonrpc": "2.0", "method": "ping"}], {"method": "ping", "id": 1}, "ping"])
def test_what_is_no_message_is_refused(client: Client, alice: User, message: Any) -> None:
    assert post(client, create(client, alice, READ), message).status_code == 422


def test_a_key_lists_and_calls_the_tools_of_its_scopes(client: Client, alice: User) -> None:
    def names(key: Key | User) -> set[str]:
        return {tool["name"] for tool in ask(client, key, "tools/list")["tools"]}

    reader = create(client, alice, READ)
    assert names(reader) == {"search", "list_documents", "read_text"}
    assert names(create(client, alice, [*READ, "speech:read"])) == names(reader) | {"speech_status"}
    assert names(create(client, alice, SPEAK)) == names(alice) == set(TOOLS)
    assert "'speech:write'" in refusal(client, reader, "speak", media_id=str(uuid4()))
    assert "insufficient_scope" in refusal(client, reader, "speech_status", job_id=str(uuid4()))
    assert post(client, create(client, alice, ["speech:write"]), {}).status_code == 403


def test_a_text_is_found_and_read_in_parts(platform: Platform, cloud: Cloud, alice: User, bob: User) -> None:
    client = platform.client
    key, stranger = create(client, alice, READ), create(client, bob, READ)
    media_id = upload(platform, alice, TEXT, filename="Lighthouse.txt")["id"]
    insert_media(cloud, bob, title="Of Bob")
    assert [item["media_id"] for item in call(client, key, "list_documents")["items"]] == [media_id]
    (hit, *_) = call(client, key, "search", query="lighthouse")["items"]
    assert (hit["media_id"], "<" in hit["snippet"], "lighthouse" in hit["snippet"]) == (media_id, False, True)
    assert call(client, stranger, "search", query="lighthouse")["items"] == []
    read = ""
    part: dict[str, Any] = {"next_start": 0}
    while part["next_start"] is not None:
        part = call(client, key, "read_text", media_id=media_id, start=part["next_start"], length=500)
        assert len(part["text"]) <= 500
        read += part["text"]
    assert read == TEXT.decode().strip()
    assert "not_found" in refusal(client, stranger, "read_text", media_id=media_id)
    assert "length" in refusal(client, key, "read_text", media_id=media_id, length=20_001)
    assert "pages" in refusal(client, key, "read_text", media_id=media_id, pages=3)
    assert "media_id" in refusal(client, key, "read_text", media_id="Lighthouse")


def test_a_recording_is_started_and_asked_for_until_it_is_done(platform: Platform, alice: User, bob: User) -> None:
    client = platform.client
    key = create(client, alice, SPEAK)
    media_id = upload(platform, alice, TEXT[:90])["id"]
    started = call(client, key, "speak", media_id=media_id)
    assert (started["max_cost"] < 0.01, started["characters"]) == (True, 90)
    waiting = call(client, key, "speech_status", job_id=started["job_id"])
    assert (waiting["is_finished"], waiting["audio_url"]) == (False, None)
    platform.run()
    done = call(client, key, "speech_status", job_id=started["job_id"])
    assert (done["status"], done["is_finished"], done["error"]) == ("done", True, None)
    assert done["audio_url"].startswith("https://")
    assert "not_found" in refusal(client, create(client, bob, SPEAK), "speech_status", job_id=started["job_id"])


def test_a_paid_voice_needs_the_consent_of_the_user(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.platform import config

    monkeypatch.setenv("TTS_PROVIDERS", "polly,espeak")
    config.settings.cache_clear()
    client, key = platform.client, create(platform.client, alice, SPEAK)
    media_id = upload(platform, alice, TEXT)["id"]
    refused = refusal(client, key, "speak", media_id=media_id, voice="polly:Joanna")
    assert "cost_not_allowed" in refused
    assert "USD" in refused
    jobs = client.http.get("/v1/speech", headers=alice.headers).json_body["items"]
    assert jobs == []
    assert call(client, key, "speak", media_id=media_id, voice="polly:Joanna", max_cost=1)["max_cost"] > 0
