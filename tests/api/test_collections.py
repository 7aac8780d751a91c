"""Collections: names, order, many at once, and that they and their media outlive each other."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Api

Json = Any


@pytest.fixture(scope="module")
def volumes(alice: Api) -> list[str]:
    """Four media; that they wait for their bytes does not matter here."""
    return [alice.begin(b"x", filename=f"volume {number}.txt")["media"]["id"] for number in range(4)]


def order(alice: Api, collection: Json) -> list[str]:
    return [item["id"] for item in alice.get(f"/v1/collections/{collection['id']}/media")["items"]]


def test_a_collection_is_made_looked_at_changed_and_removed(alice: Api) -> None:
    name = f"{alice.run} first"
    answer = alice.call("POST", "/v1/collections", {"name": name, "description": "Two\nlines"}, expect=201)
    made = answer.json()
    alice.created.collections.append(made["id"])
    path = answer.headers["Location"]
    assert path == f"/v1/collections/{made['id']}"
    assert alice.get(path) == made
    assert (made["name"], made["description"], made["item_count"]) == (name, "Two\nlines", 0)
    assert alice.call("PATCH", path, {"name": f"{name}!"}, expect=200).json()["description"] == "Two\nlines"
    assert made["id"] in [item["id"] for item in alice.get("/v1/collections", limit=100)["items"]]
    alice.call("DELETE", path, expect=204)
    alice.refused("GET", path, 404)


def test_a_name_is_used_once(alice: Api, bob: Api) -> None:
    taken = alice.collect("taken")
    alice.refused("POST", "/v1/collections", 409, {"name": taken["name"].upper()})
    other = alice.collect("other")
    alice.refused("PATCH", f"/v1/collections/{other['id']}", 409, {"name": taken["name"]})
    assert bob.collect("taken")["name"] == taken["name"]


def test_the_order_is_ones_own(alice: Api, volumes: list[str]) -> None:
    shelf = alice.collect("ordered")
    path = f"/v1/collections/{shelf['id']}/media"
    assert alice.call("POST", path, {"media_ids": volumes[:3]}, expect=200).json()["item_count"] == 3
    assert order(alice, shelf) == volumes[:3]
    alice.call("PUT", f"{path}/{volumes[2]}", {"position": 0}, expect=200)
    alice.call("PUT", f"{path}/{volumes[3]}", {"position": 1}, expect=200)
    assert order(alice, shelf) == [volumes[2], volumes[3], volumes[0], volumes[1]]
    first = alice.get(path, limit=3)
    rest = alice.get(path, limit=3, cursor=first["next_cursor"])
    assert [item["id"] for item in rest["items"]] == [volumes[1]]
    alice.call("DELETE", f"{path}/{volumes[0]}", expect=204)
    alice.refused("DELETE", f"{path}/{volumes[0]}", 404)
    left = alice.call("POST", f"{path}/remove", {"media_ids": volumes[1:3]}, expect=200).json()
    assert (left["item_count"], order(alice, shelf)) == (1, [volumes[3]])


def test_all_are_taken_in_or_none(alice: Api, volumes: list[str]) -> None:
    shelf = alice.collect("all or none")
    alice.refused("POST", f"/v1/collections/{shelf['id']}/media", 404, {"media_ids": [volumes[0], str(uuid4())]})
    assert order(alice, shelf) == []


def test_collections_and_media_outlive_each_other(alice: Api, volumes: list[str]) -> None:
    media = alice.begin(b"x", filename="mortal.txt")["media"]
    one, two = alice.collect("mortal"), alice.collect("survivor")
    for shelf in (one, two):
        alice.call("POST", f"/v1/collections/{shelf['id']}/media", {"media_ids": [media["id"], volumes[0]]}, expect=200)
    assert sorted(alice.get(f"/v1/media/{media['id']}")["collection_ids"]) == sorted([one["id"], two["id"]])
    alice.call("DELETE", f"/v1/collections/{one['id']}", expect=204)
    assert alice.get(f"/v1/media/{media['id']}")["collection_ids"] == [two["id"]]
    alice.call("DELETE", f"/v1/uploads/{media['id']}", expect=204)
    assert order(alice, two) == [volumes[0]]


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": " "}, {"name": "a" * 101}, {"name": 1}, {"name": "a", "owner_id": "b"}]
)
def test_a_collection_needs_a_name_that_is_one(alice: Api, body: Json) -> None:
    alice.refused("POST", "/v1/collections", 422, body)
