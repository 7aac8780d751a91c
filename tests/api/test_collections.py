"""Collections: names, order, bulk changes, and independence from their media."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Api

Json = Any


@pytest.fixture(scope="module")
def volumes(alice: Api) -> list[str]:
    """Four pending media."""
    return [alice.start_upload(b"x", filename=f"volume {number}.txt")["media"]["id"] for number in range(4)]


def order(alice: Api, collection: Json) -> list[str]:
    return [item["id"] for item in alice.get(f"/v1/collections/{collection['id']}/media")["items"]]


def test_a_collection_is_created_read_changed_and_deleted(alice: Api) -> None:
    name = f"{alice.run} first"
    response = alice.call("POST", "/v1/collections", {"name": name, "description": "Two\nlines"}, expect=201)
    collection = response.json()
    alice.created.collections.append(collection["id"])
    path = response.headers["Location"]
    assert path == f"/v1/collections/{collection['id']}"
    assert alice.get(path) == collection
    assert (collection["name"], collection["description"], collection["item_count"]) == (name, "Two\nlines", 0)
    assert alice.call("PATCH", path, {"name": f"{name}!"}, expect=200).json()["description"] == "Two\nlines"
    assert collection["id"] in [item["id"] for item in alice.get("/v1/collections", limit=100)["items"]]
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("GET", path, 404)


def test_names_are_unique_per_user(alice: Api, bob: Api) -> None:
    existing = alice.create_collection("taken")
    alice.expect_problem("POST", "/v1/collections", 409, {"name": existing["name"].upper()})
    other = alice.create_collection("other")
    alice.expect_problem("PATCH", f"/v1/collections/{other['id']}", 409, {"name": existing["name"]})
    assert bob.create_collection("taken")["name"] == existing["name"]


def test_media_keep_the_order_that_the_user_chose(alice: Api, volumes: list[str]) -> None:
    collection = alice.create_collection("ordered")
    path = f"/v1/collections/{collection['id']}/media"
    assert alice.call("POST", path, {"media_ids": volumes[:3]}, expect=200).json()["item_count"] == 3
    assert order(alice, collection) == volumes[:3]
    alice.call("PUT", f"{path}/{volumes[2]}", {"position": 0}, expect=200)
    alice.call("PUT", f"{path}/{volumes[3]}", {"position": 1}, expect=200)
    assert order(alice, collection) == [volumes[2], volumes[3], volumes[0], volumes[1]]
    first = alice.get(path, limit=3)
    second = alice.get(path, limit=3, cursor=first["next_cursor"])
    assert [item["id"] for item in second["items"]] == [volumes[1]]
    alice.call("DELETE", f"{path}/{volumes[0]}", expect=204)
    alice.expect_problem("DELETE", f"{path}/{volumes[0]}", 404)
    remaining = alice.call("POST", f"{path}/remove", {"media_ids": volumes[1:3]}, expect=200).json()
    assert (remaining["item_count"], order(alice, collection)) == (1, [volumes[3]])


def test_either_all_media_are_added_or_none(alice: Api, volumes: list[str]) -> None:
    collection = alice.create_collection("all or none")
    alice.expect_problem(
        "POST", f"/v1/collections/{collection['id']}/media", 404, {"media_ids": [volumes[0], str(uuid4())]}
    )
    assert order(alice, collection) == []


def test_deleting_a_collection_or_a_media_leaves_the_other(alice: Api, volumes: list[str]) -> None:
    media = alice.start_upload(b"x", filename="mortal.txt")["media"]
    one, two = alice.create_collection("mortal"), alice.create_collection("survivor")
    for collection in (one, two):
        alice.call(
            "POST", f"/v1/collections/{collection['id']}/media", {"media_ids": [media["id"], volumes[0]]}, expect=200
        )
    assert sorted(alice.get(f"/v1/media/{media['id']}")["collection_ids"]) == sorted([one["id"], two["id"]])
    alice.call("DELETE", f"/v1/collections/{one['id']}", expect=204)
    assert alice.get(f"/v1/media/{media['id']}")["collection_ids"] == [two["id"]]
    alice.call("DELETE", f"/v1/uploads/{media['id']}", expect=204)
    assert order(alice, two) == [volumes[0]]


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": " "}, {"name": "a" * 101}, {"name": 1}, {"name": "a", "owner_id": "b"}]
)
def test_an_invalid_name_is_rejected(alice: Api, body: Json) -> None:
    alice.expect_problem("POST", "/v1/collections", 422, body)
