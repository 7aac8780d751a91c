"""Occurrences of a text in one document."""

from chalice.test import Client

from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, User
from tests.integration.search.test_folded_search import save_text
from tests.integration.search.test_search import marked
from tests.support.media_rows import insert_media, request


def test_all_occurrences_are_found_with_their_places(client: Client, cloud: Cloud, alice: User) -> None:
    text = "The naïve keeper.\n\n" + "\U0001f4a3 Nothing here. " * 500 + "Keepers don’t KEEP."
    media_id = save_text(cloud, alice, text, language="en", text_length=len(text))
    found = request(client, alice, "GET", f"/v1/media/{media_id}/find?q=keep").json_body
    assert (found["version"], found["total"], len(found["items"])) == (1, 3, 3)
    assert [text[hit["start"] : hit["end"]] for hit in found["items"]] == ["keep", "Keep", "KEEP"]
    assert [marked(hit) for hit in found["items"]] == [["keep"], ["Keep"], ["KEEP"]]
    assert found["items"][0]["snippet"].startswith("The naïve <mark>keep</mark>er.")
    assert found["items"][0]["page"] == 1
    assert request(client, alice, "GET", f"/v1/media/{media_id}/find?q=don't%20keep").json_body["total"] == 1
    assert request(client, alice, "GET", f"/v1/media/{media_id}/find?q=nowhere").json_body["items"] == []


def test_more_than_a_thousand_are_counted(client: Client, cloud: Cloud, alice: User) -> None:
    media_id = save_text(cloud, alice, "sea " * 1_200, text_length=4_800)
    found = request(client, alice, "GET", f"/v1/media/{media_id}/find?q=sea").json_body
    assert (found["total"], len(found["items"])) == (1_200, 1_000)


def test_what_cannot_be_searched_is_a_problem(client: Client, cloud: Cloud, alice: User, bob: User) -> None:
    media_id = save_text(cloud, alice, "Text.", text_length=5)
    pending = insert_media(cloud, alice, status="pending")
    address = f"/v1/media/{media_id}/find"
    assert request(client, bob, "GET", f"{address}?q=text").status_code == 404
    assert request(client, alice, "GET", f"/v1/media/{pending}/find?q=text").status_code == 409
    assert request(client, alice, "GET", f"{address}?q=text&version=7").status_code == 404
    for query in ("", "?q=", "?q=" + "x" * 201, "?q=a&page=1"):
        assert problem(request(client, alice, "GET", address + query))["status"] == 422
