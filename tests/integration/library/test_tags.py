"""Tags of an owner, listed and completed."""

from chalice.test import Client

from tests.integration.conftest import Cloud, User
from tests.support.media_rows import insert_media, request


def list_tags(client: Client, user: User, query: str = "") -> list[tuple[str, int]]:
    response = request(client, user, "GET", f"/v1/tags?{query}")
    assert response.status_code == 200, response.body
    return [(item["tag"], item["item_count"]) for item in response.json_body["items"]]


def tag(client: Client, user: User, media_id: str, *tags: str) -> None:
    assert request(client, user, "PATCH", f"/v1/media/{media_id}", {"tags": list(tags)}).status_code == 200


def test_tags_are_listed_in_order_with_their_numbers_and_completed(
    client: Client, cloud: Cloud, alice: User, bob: User
) -> None:
    tag(client, alice, insert_media(cloud, alice), "history", "Été", "zoo")
    second = insert_media(cloud, alice)
    tag(client, alice, second, "history", "ether")
    tag(client, bob, insert_media(cloud, bob), "history", "secret")
    assert list_tags(client, alice) == [("été", 1), ("ether", 1), ("history", 2), ("zoo", 1)]
    assert list_tags(client, alice, "q=ET") == [("été", 1), ("ether", 1)]
    assert list_tags(client, alice, "q=secret") == []
    assert list_tags(client, bob) == [("history", 1), ("secret", 1)]
    request(client, alice, "DELETE", f"/v1/media/{second}")
    assert list_tags(client, alice) == [("été", 1), ("history", 1), ("zoo", 1)]


def test_a_long_list_comes_in_pages(client: Client, cloud: Cloud, alice: User) -> None:
    tag(client, alice, insert_media(cloud, alice), *(f"tag {number:02}" for number in range(30)))
    first = request(client, alice, "GET", "/v1/tags?limit=20").json_body
    assert [item["tag"] for item in first["items"]] == [f"tag {number:02}" for number in range(20)]
    assert [name for name, _ in list_tags(client, alice, f"limit=20&cursor={first['next_cursor']}")] == [
        f"tag {number:02}" for number in range(20, 30)
    ]
