"""API keys: a program acts with one for its owner, within scopes, until it is deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.api.client import Api, Created

Json = Any


@pytest.fixture
def key(bob: Api) -> Iterator[Json]:
    """A key of bob that may read media."""
    values = {"name": f"program {bob.run}", "scopes": ["media:read"]}
    created = bob.call("POST", "/v1/api-keys", values, expect=201).json()
    yield created
    bob.call("DELETE", f"/v1/api-keys/{created['id']}", expect={204, 404})


def program(owner: Api, key: Json) -> Api:
    """Return the API as a program with a key."""
    return replace(owner, token=key["key"], created=Created())


def test_the_text_of_a_key_is_shown_once(bob: Api, key: Json) -> None:
    assert key["key"].startswith("vm_")
    assert key["key"].endswith(key["last_four"])
    shown = bob.get(f"/v1/api-keys/{key['id']}")
    assert shown == {name: value for name, value in key.items() if name != "key"}
    assert shown in bob.get("/v1/api-keys", limit=100)["items"]


def test_a_program_acts_within_the_scopes_of_its_key_until_it_is_deleted(bob: Api, key: Json) -> None:
    client = program(bob, key)
    assert client.get("/v1/media").keys() == bob.get("/v1/media").keys()
    for method, path, body in (
        ("POST", "/v1/collections", {"name": "Written by a program"}),
        ("GET", f"/v1/api-keys/{key['id']}", None),  # no key may see keys
    ):
        assert client.expect_problem(method, path, 403, body)["code"] == "insufficient_scope"
    assert bob.get(f"/v1/api-keys/{key['id']}")["last_used_at"]
    bob.call("DELETE", f"/v1/api-keys/{key['id']}", expect=204)
    client.expect_problem("GET", "/v1/media", 401)
    bob.expect_problem("GET", f"/v1/api-keys/{key['id']}", 404)


def test_a_scope_that_does_not_exist_is_refused(bob: Api) -> None:
    new = {"name": "program", "scopes": ["media:delete"]}
    assert bob.expect_problem("POST", "/v1/api-keys", 422, new)["errors"][0]["field"].startswith("scopes")
