"""The library: lists, titles and tags, downloads, text, trash."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.api.client import Api

Json = Any


@pytest.fixture(scope="module")
def three(alice: Api) -> list[str]:
    """Ids of three pending media with a tag of their own, oldest first."""
    ids = []
    for title in ("Cherry", "apple", "Banana 10"):
        media = alice.start_upload(b"x", filename=f"{title}.txt")["media"]
        alice.call("PATCH", f"/v1/media/{media['id']}", {"title": title, "tags": [alice.run]}, expect=200)
        ids.append(media["id"])
    return ids


def ids(page: Json) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_pages_of_any_size_contain_every_item_once(alice: Api, three: list[str]) -> None:
    for limit in (1, 2, 3, 100):
        listed: list[str] = []
        query: dict[str, str | int] = {"tag": alice.run, "limit": limit}
        while True:
            page = alice.get("/v1/media", **query)
            assert len(page["items"]) <= limit
            listed += ids(page)
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert listed == three[::-1], limit


@pytest.mark.parametrize(
    ("sort", "order"),
    [("created_at", [0, 1, 2]), ("-created_at", [2, 1, 0]), ("title", [1, 2, 0]), ("-title", [0, 2, 1])],
)
def test_lists_are_sorted(alice: Api, three: list[str], sort: str, order: list[int]) -> None:
    assert ids(alice.get("/v1/media", tag=alice.run, sort=sort)) == [three[index] for index in order]


def test_a_cursor_of_another_sort_order_is_rejected(alice: Api, three: list[str]) -> None:
    cursor = alice.get("/v1/media", tag=alice.run, limit=1)["next_cursor"]
    assert len(three) == 3
    alice.expect_problem("GET", "/v1/media", 422, params={"tag": alice.run, "sort": "title", "cursor": cursor})


def test_lists_are_filtered(alice: Api, three: list[str], book: Json, collection_with_book: Json) -> None:
    assert ids(alice.get("/v1/media", tag=alice.run, q="banana")) == [three[2]]
    assert ids(alice.get("/v1/media", tag=alice.run, status="pending")) == three[::-1]
    assert ids(alice.get("/v1/media", tag=alice.run, status="ready")) == []
    assert ids(alice.get("/v1/media", collection_id=collection_with_book["id"], media_type="text/*")) == [book["id"]]
    assert ids(alice.get("/v1/media", collection_id=collection_with_book["id"], media_type="image/*")) == []


def test_title_and_tags_change_independently(alice: Api, three: list[str]) -> None:
    path = f"/v1/media/{three[0]}"
    tags = ["Sea", alice.run]
    changed = alice.call("PATCH", path, {"tags": tags}, expect=200).json()
    assert (changed["title"], changed["tags"]) == ("Cherry", sorted(["sea", alice.run]))
    assert alice.get(path) == changed
    patch = {"Content-Type": "application/merge-patch+json"}
    body = alice.call("PATCH", path, {"title": "Cherry"}, headers=patch, expect=200).json()
    assert body["tags"] == changed["tags"]
    for wrong in ({"title": ""}, {"title": None}, {"status": "ready"}, {"tags": ["x"] * 51}, {"size_bytes": 1}):
        alice.expect_problem("PATCH", path, 422, wrong)


def test_a_download_has_the_accepted_type_and_the_original_name(alice: Api, book: Json, story: bytes) -> None:
    signed = alice.get(f"/v1/media/{book['id']}/url", disposition="attachment")
    assert signed["size_bytes"] == len(story)
    whole = requests.get(signed["url"], timeout=60)
    assert (whole.status_code, whole.content) == (200, story)
    assert whole.headers["Content-Type"].startswith("text/plain")
    assert whole.headers["Content-Disposition"].startswith("attachment;")
    assert f"{alice.run}%20book.txt" in whole.headers["Content-Disposition"]
    part = requests.get(signed["url"], headers={"Range": "bytes=4-10"}, timeout=60)
    assert (part.status_code, part.content) == (206, story[4:11])
    assert part.headers["Content-Range"] == f"bytes 4-10/{len(story)}"
    assert requests.get(signed["url"].replace("Signature=", "Signature=0"), timeout=60).status_code == 403


def test_the_place_in_a_media_is_saved_and_listed(alice: Api) -> None:
    media = alice.upload(b"A light turns over the water.")
    path = f"/v1/media/{media['id']}/position"
    now = {"device_time": "2020-01-01T00:00:00Z", "sent_at": "2020-01-01T00:00:00Z"}
    saved = alice.call("PUT", path, {"text_offset": 8, **now}, expect=200).json()
    assert saved["text_offset"] == 8
    assert alice.get(f"/v1/media/{media['id']}")["position"] == saved
    alice.get(f"/v1/media/{media['id']}/text")
    in_progress = alice.get("/v1/media", in_progress="true", sort="-opened_at", limit=100)["items"]
    assert media["id"] in [item["id"] for item in in_progress]
    assert alice.expect_problem("PUT", path, 422, {"text_offset": 99, **now})["code"] == "position_out_of_range"


def test_a_text_has_no_thumbnail(alice: Api, book: Json) -> None:
    assert alice.expect_problem("GET", f"/v1/media/{book['id']}/url?variant=thumbnail", 404)["code"] == "no_thumbnail"


def test_players_are_redirected_to_the_bytes(alice: Api, book: Json, story: bytes) -> None:
    path = f"/v1/media/stream/{book['id']}"
    head = alice.head_of_bytes(path)
    assert head.headers["Content-Length"] == str(len(story))
    assert head.headers["Accept-Ranges"] == "bytes"
    assert head.headers["Content-Type"].startswith("text/plain")
    redirect = alice.call("GET", path, expect=302)
    assert redirect.headers["Cache-Control"].startswith("private, max-age=")
    assert requests.get(redirect.headers["Location"], timeout=60).content == story


def test_a_link_token_authorizes_players(alice: Api, anonymous: Api, book: Json, story: bytes) -> None:
    issued = alice.call("POST", f"/v1/media/{book['id']}/capability", expect=200).json()
    assert anonymous.head_of_bytes(issued["path"]).headers["Content-Length"] == str(len(story))
    redirect = anonymous.call("GET", issued["path"], expect=302)
    assert requests.get(redirect.headers["Location"], timeout=60).content == story
    for wrong in (
        issued["path"] + "x",
        f"/v1/media/stream/{uuid4()}?t={issued['token']}",
        f"/v1/media/stream/{book['id']}?t=",
    ):
        assert anonymous.call("GET", wrong).status_code == 401
    for other in (f"/v1/media/{book['id']}", "/v1/media"):
        assert anonymous.call("GET", f"{other}?t={issued['token']}").status_code == 401


def test_the_text_is_what_will_be_spoken(alice: Api, book: Json, story: bytes) -> None:
    text = alice.get(f"/v1/media/{book['id']}/text")
    assert " ".join(text["text"].split()) == story.decode()
    assert text["end"] - text["start"] == len(text["text"])
    assert text["pages"] == 0, "plain text has none"
    part = alice.get(f"/v1/media/{book['id']}/text?start=1")
    assert part["start"] in (1, text["length"]) or text["text"][: part["start"]].endswith("\n\n")
    alice.expect_problem("GET", f"/v1/media/{book['id']}/text?page=1", 404)
    alice.expect_problem("GET", f"/v1/media/{book['id']}/text?page=0", 422)


def test_a_media_in_the_trash_is_restored_or_deleted_permanently(alice: Api) -> None:
    media = alice.upload(b"To be trashed, restored, and deleted.", filename="trashed.txt")
    path = f"/v1/media/{media['id']}"
    alice.expect_problem("POST", f"{path}/restore", 409)
    alice.call("DELETE", path, expect=204)
    assert alice.get(path)["status"] == "trashed"
    assert media["id"] not in ids(alice.get("/v1/media", q=media["filename"]))
    assert ids(alice.get("/v1/media", q=media["filename"], status="trashed")) == [media["id"]]
    alice.expect_problem("GET", f"{path}/url", 409)
    assert alice.call("POST", f"{path}/restore", expect=200).json()["status"] == "ready"
    alice.call("DELETE", f"{path}?permanent=true", expect=204)
    alice.expect_problem("GET", path, 404)
    alice.expect_problem("POST", f"{path}/restore", 404)
