"""The Model Context Protocol: a language model searches and reads with an API key of its owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.api.client import Api, Created

Json = Any
PATH = "/v1/mcp"


@pytest.fixture
def model(bob: Api) -> Iterator[Api]:
    """The API as a language model with a key of bob that may read media."""
    key = bob.call("POST", "/v1/api-keys", {"name": f"model {bob.run}", "scopes": ["media:read"]}, expect=201).json()
    yield replace(bob, token=key["key"], created=Created())
    bob.call("DELETE", f"/v1/api-keys/{key['id']}", expect=204)


def ask(api: Api, method: str, **params: Json) -> Json:
    """Return the result of a request."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return api.call("POST", PATH, message, expect=200).json()["result"]


def read(api: Api, media_id: str) -> Json:
    return ask(api, "tools/call", name="read_text", arguments={"media_id": media_id})


def test_a_model_reads_a_document_of_its_owner_and_of_nobody_else(bob: Api, model: Api, book: Json) -> None:
    assert ask(model, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={})["capabilities"]
    assert (
        model.call("POST", PATH, {"jsonrpc": "2.0", "method": "notifications/initialized"}, expect=202).content == b""
    )
    assert "read_text" in {tool["name"] for tool in ask(model, "tools/list")["tools"]}
    own = bob.upload(b"The gulls sleep on the pier.", filename="gulls.txt")["id"]
    answer = read(model, own)
    assert not answer["isError"]
    assert "The gulls sleep on the pier." in json.dumps(answer["structuredContent"])
    assert read(model, book["id"])["isError"]


def test_there_are_no_streams_and_no_sessions(alice: Api) -> None:
    for method in ("GET", "DELETE"):
        assert alice.call(method, PATH, expect=405).headers["Allow"] == "POST"
