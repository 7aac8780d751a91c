"""Share links: what anyone can read by them, until they are revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.api.client import TIMEOUT_S, Api

Json = Any
PASSWORD = "salt and stars"  # pragma: allowlist secret


@contextmanager
def share(api: Api, path: str, **request: Json) -> Iterator[Json]:
    """Yield a share of a media or a collection, and revoke it afterwards."""
    created = api.call("POST", f"{path}/shares", request, expect=201).json()
    try:
        yield created
    finally:
        api.call("DELETE", f"/v1/shares/{created['id']}", expect={204, 404})


def test_anyone_with_the_link_reads_a_document_with_its_form(alice: Api, anonymous: Api, page: Json) -> None:
    with share(alice, f"/v1/media/{page['id']}", download=True) as created:
        path = created["path"]
        assert anonymous.get(path)["media_id"] == page["id"]
        (shown,) = anonymous.get(f"{path}/media")["items"]
        media = f"{path}/media/{page['id']}"
        assert anonymous.get(media) == shown
        assert anonymous.get(f"{media}/text") == alice.get(f"/v1/media/{page['id']}/text")
        assert anonymous.get(f"{media}/document")["sections"]
        assert re.search("<em>.*lights.*</em>", anonymous.get(f"{media}/document/0")["html"])
        assert [entry["title"] for entry in anonymous.get(f"{media}/contents")["items"]] == ["The lamp"]
        assert anonymous.get(f"{media}/chapters")["items"] == []
        assert len(anonymous.get(f"{media}/find", q="keeper")["items"]) == 1
        original = anonymous.get(f"{media}/url", variant="original")["url"]
        assert requests.get(original, timeout=TIMEOUT_S).content.startswith(b"# The lamp")
        listed = alice.get(f"/v1/media/{page['id']}/shares")["items"]
        assert [(item["id"], item["open_count"]) for item in listed] == [(created["id"], 1)]
        assert created["id"] in [item["id"] for item in alice.get("/v1/shares", limit=100)["items"]]


def test_anyone_with_the_link_of_a_collection_hears_what_is_in_it(
    alice: Api, anonymous: Api, collection_with_book: Json, recording: Json, page: Json
) -> None:
    with share(alice, f"/v1/collections/{collection_with_book['id']}", download=True) as created:
        path, book = created["path"], recording["media_id"]
        assert [media["id"] for media in anonymous.get(f"{path}/media")["items"]] == [book]
        anonymous.expect_problem("GET", f"{path}/media/{page['id']}", 404)
        listed = anonymous.get(f"{path}/media/{book}/speech")["items"]
        assert recording["id"] in [item["id"] for item in listed]
        job = f"{path}/speech/{recording['id']}"
        playlist = anonymous.call("GET", f"{job}/playlist.m3u8", expect=200).text
        part = re.findall(r"^parts/.*$", playlist, re.MULTILINE)[0]
        for sound in (part, "audio"):
            location = anonymous.call("GET", f"{job}/{sound}", expect=302).headers["Location"]
            stored = requests.get(location, headers={"Range": "bytes=0-99"}, timeout=TIMEOUT_S)
            assert (stored.status_code, len(stored.content)) == (206, 100)
        assert anonymous.get(f"{job}/marks")["words"]
        listed = alice.get(f"/v1/collections/{collection_with_book['id']}/shares")["items"]
        assert [item["id"] for item in listed] == [created["id"]]


def test_without_downloads_neither_the_original_nor_the_recording_is_handed_out(
    alice: Api, anonymous: Api, recording: Json
) -> None:
    with share(alice, f"/v1/media/{recording['media_id']}") as created:
        for path in (f"media/{recording['media_id']}/url?variant=original", f"speech/{recording['id']}/audio"):
            problem = anonymous.expect_problem("GET", f"{created['path']}/{path}", 403)
            assert problem["code"] == "download_not_allowed"


def test_a_password_unlocks_a_link(alice: Api, anonymous: Api, book: Json) -> None:
    with share(alice, f"/v1/media/{book['id']}", password=PASSWORD) as created:
        path = created["path"]
        assert anonymous.expect_problem("GET", path, 403)["code"] == "password_required"
        wrong = {"password": PASSWORD.upper()}
        assert anonymous.expect_problem("POST", f"{path}/unlock", 403, wrong)["code"] == "wrong_password"
        unlocked = anonymous.call("POST", f"{path}/unlock", {"password": PASSWORD}, expect=200).json()
        assert anonymous.get(unlocked["path"])["media_id"] == book["id"]


def test_a_revoked_link_opens_nothing_like_one_that_never_existed(alice: Api, anonymous: Api, book: Json) -> None:
    with share(alice, f"/v1/media/{book['id']}") as created:
        anonymous.call("GET", created["path"], expect=200)
        alice.call("DELETE", f"/v1/shares/{created['id']}", expect=204)
        revoked = anonymous.expect_problem("GET", created["path"], 404)
        assert anonymous.expect_problem("GET", f"{created['path']}/media/{book['id']}/text", 404)
    unknown = anonymous.expect_problem("GET", f"/v1/shared/{'A' * 64}", 404)
    assert revoked["detail"] == unknown["detail"]


@pytest.mark.parametrize("expires_at", ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"])
def test_a_time_at_which_no_link_can_expire_is_refused(alice: Api, book: Json, expires_at: str) -> None:
    problem = alice.expect_problem("POST", f"/v1/media/{book['id']}/shares", 422, {"expires_at": expires_at})
    assert problem["errors"][0]["field"] == "expires_at"
