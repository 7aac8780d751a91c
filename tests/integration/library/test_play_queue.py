"""The play queue: its order, whose it is, and what drops out of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client

from tests.integration.conftest import Cloud, User
from tests.support.media_rows import insert_media, request

PATH = "/v1/account/queue"


def put(client: Client, user: User, media_ids: list[str], **headers: str) -> Any:
    return request(client, user, "PUT", PATH, {"media_ids": media_ids}, **headers)


def get(client: Client, user: User) -> list[str]:
    ids: list[str] = request(client, user, "GET", PATH).json_body["media_ids"]
    return ids


@pytest.fixture
def media_ids(cloud: Cloud, alice: User) -> list[str]:
    return [insert_media(cloud, alice, title=f"Part {number}") for number in range(3)]


def test_the_queue_keeps_its_order_and_each_media_once(
    client: Client, alice: User, bob: User, media_ids: list[str]
) -> None:
    first, second, third = media_ids
    assert get(client, alice) == []
    saved = put(client, alice, [third, first, third])
    assert saved.json_body["media_ids"] == [third, first] == get(client, alice)
    assert [media["title"] for media in saved.json_body["media"]] == ["Part 2", "Part 0"]
    assert get(client, bob) == []
    assert put(client, alice, [second]).json_body["media_ids"] == [second]
    stale = put(client, alice, [], **{"If-Match": saved.headers["ETag"]})
    assert (stale.status_code, stale.json_body["code"]) == (412, "precondition_failed")
    assert put(client, alice, []).json_body["media_ids"] == []


def test_a_media_that_is_not_the_owners_changes_nothing(
    client: Client, alice: User, bob: User, media_ids: list[str]
) -> None:
    put(client, alice, media_ids)
    for user, unknown in ((bob, media_ids[0]), (alice, str(uuid4()))):
        response = put(client, user, [unknown])
        assert (response.status_code, response.json_body["code"]) == (404, "not_found")
        assert unknown in response.json_body["detail"]
    assert get(client, alice) == media_ids
    assert get(client, bob) == []


def test_a_queue_is_limited(client: Client, cloud: Cloud, alice: User) -> None:
    account = request(client, alice, "GET", "/v1/account").json_body
    limit = account["limits"]["queue_items"]
    response = put(client, alice, [str(uuid4()) for _ in range(limit + 1)])
    assert (response.status_code, response.json_body["code"]) == (409, "limit_reached")
    assert "1,001" in response.json_body["detail"]
    media = [insert_media(cloud, alice) for _ in range(limit)]
    assert put(client, alice, media).json_body["media_ids"] == media


def test_media_in_the_trash_and_deleted_ones_drop_out(client: Client, alice: User, media_ids: list[str]) -> None:
    first, second, third = media_ids
    put(client, alice, media_ids)
    assert request(client, alice, "DELETE", f"/v1/media/{second}").status_code == 204
    assert get(client, alice) == [first, third]
    assert request(client, alice, "POST", f"/v1/media/{second}/restore").status_code == 200
    assert get(client, alice) == media_ids
    request(client, alice, "DELETE", f"/v1/media/{second}")
    assert request(client, alice, "DELETE", f"/v1/media/{second}?permanent=true").status_code == 204
    assert get(client, alice) == [first, third]
