"""The hint that a file is in the library already: per owner, and never a refusal."""

import base64
import hashlib

from tests.integration.conftest import Platform, User
from tests.integration.uploads.test_uploads import TEXT, get, start, upload

SHA256 = base64.b64encode(hashlib.sha256(TEXT).digest()).decode()


def test_the_same_bytes_twice_name_the_first_media_and_both_stay(platform: Platform, alice: User) -> None:
    first = upload(platform, alice, TEXT)
    second = upload(platform, alice, TEXT, filename="copy.txt")
    third = upload(platform, alice, TEXT, filename="again.txt")
    other = upload(platform, alice, TEXT.replace(b"rock", b"reef"))
    assert [first["sha256"], second["sha256"]] == [SHA256, SHA256]
    assert [media["status"] for media in (first, second, third)] == ["ready"] * 3
    assert [media["duplicate_of"] for media in (first, second, third, other)] == [None, first["id"], first["id"], None]
    assert get(platform.client, alice, first["id"])["duplicate_of"] is None
    items = platform.client.http.get("/v1/media", headers=alice.headers).json_body["items"]
    assert {media["id"]: media["duplicate_of"] for media in items}[second["id"]] == first["id"]


def test_a_declared_checksum_brings_the_hint_before_the_bytes_are_sent(platform: Platform, alice: User) -> None:
    first = upload(platform, alice, TEXT)
    started = start(platform.client, alice, TEXT, sha256=SHA256)
    assert started.status_code == 201
    assert started.json_body["media"]["duplicate_of"] == first["id"]
    assert started.json_body["upload"]["url"]
    assert start(platform.client, alice, TEXT + b"!", sha256=SHA256).json_body["media"]["duplicate_of"] is None


def test_the_hint_says_nothing_about_the_files_of_others(platform: Platform, alice: User, bob: User) -> None:
    upload(platform, alice, TEXT)
    assert start(platform.client, bob, TEXT, sha256=SHA256).json_body["media"]["duplicate_of"] is None
    assert upload(platform, bob, TEXT)["duplicate_of"] is None


def test_a_media_in_the_trash_is_no_original(platform: Platform, alice: User) -> None:
    first, second, third = (upload(platform, alice, TEXT, filename=name) for name in ("1.txt", "2.txt", "3.txt"))
    platform.client.http.delete(f"/v1/media/{first['id']}", headers=alice.headers)
    assert get(platform.client, alice, first["id"])["duplicate_of"] is None
    assert get(platform.client, alice, second["id"])["duplicate_of"] is None
    assert get(platform.client, alice, third["id"])["duplicate_of"] == second["id"]
