"""Private podcast of a collection: its feed, its episodes, and the lifetime of its address."""

from __future__ import annotations

import io
import json
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from chalice.test import Client
from PIL import Image

from chalicelib.platform import config
from chalicelib.speech.podcast import token as tokens
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import PARAGRAPHS, get, start
from tests.integration.uploads.test_uploads import upload
from tests.support.feed_rules import ITUNES, broken_rules

Json = Any
HOST = {"Host": "api.example"}


def post(client: Client, user: User, path: str, body: Json = None) -> Any:
    return client.http.post(path, headers=user.headers, body=json.dumps(body or {}).encode())


def read(platform: Platform, user: User, number: int) -> Json:
    """Upload a media of unique text and record it."""
    media = upload(platform, user, f"{PARAGRAPHS[number]} Number {number} <of> & so on.".encode())
    start(platform.client, user, media["id"])
    platform.run()
    return media


@pytest.fixture
def collection(platform: Platform, alice: User) -> Json:
    """A collection with two recorded media and one without a recording."""
    client = platform.client
    collection = post(client, alice, "/v1/collections", {"name": "Sea & <Stars>", "description": "At night."}).json_body
    media = [read(platform, alice, 0), upload(platform, alice, b"Never read aloud."), read(platform, alice, 1)]
    ids = [item["id"] for item in media]
    post(client, alice, f"/v1/collections/{collection['id']}/media", {"media_ids": ids})
    return {**collection, "media_ids": ids}


def subscribe(platform: Platform, user: User, collection: Json) -> str:
    response = post(platform.client, user, f"/v1/collections/{collection['id']}/podcast")
    assert response.status_code == 201
    return str(response.json_body["path"])


def items(platform: Platform, path: str) -> list[ElementTree.Element]:
    response = platform.client.http.get(path, headers=HOST)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    return ElementTree.fromstring(response.body).findall("channel/item")  # noqa: S314 - our own response


def test_a_feed_has_an_episode_for_every_recording_in_the_order_of_the_collection(
    platform: Platform, alice: User, cloud: Cloud, collection: Json
) -> None:
    path = subscribe(platform, alice, collection)
    folder = f"http://api.example{path.removesuffix('/feed.xml')}"
    jobs = {job["media_id"]: job for job in get(platform.client, alice, "/v1/speech").json_body["items"]}
    expected = [jobs[media_id] for media_id in collection["media_ids"] if media_id in jobs]
    feed_items = items(platform, path)
    assert [item.findtext("guid") for item in feed_items] == [f"urn:uuid:{job['id']}" for job in expected]
    for item, job in zip(feed_items, expected, strict=True):
        enclosure = item.find("enclosure")
        assert enclosure is not None
        stored = cloud.s3.head_object(Bucket="library", Key=f"speech/{alice.id}/{job['id']}/audio.mp3")
        assert enclosure.attrib == {
            "url": f"{folder}/episodes/{job['id']}/audio.mp3",
            "length": str(stored["ContentLength"]),
            "type": "audio/mpeg",
        }
        redirect = platform.client.http.get(str(enclosure.get("url")).removeprefix("http://api.example"))
        assert redirect.status_code == 302
        assert f"{job['id']}/audio.mp3" in redirect.headers["Location"]
        assert item.findtext(f"{ITUNES}duration") == str(round(job["duration_ms"] / 1_000))
        published = parsedate_to_datetime(str(item.findtext("pubDate")))
        assert published.isoformat()[:19] == job["finished_at"][:19]
    channel = ElementTree.fromstring(platform.client.http.get(path, headers=HOST).body).find("channel")  # noqa: S314
    assert channel is not None
    assert (channel.findtext("title"), channel.findtext("description")) == ("Sea & <Stars>", "At night.")
    assert (channel.findtext("language"), channel.findtext(f"{ITUNES}block")) == ("en", "Yes")


def test_a_feed_keeps_the_rules_of_validators_and_its_pictures_exist(
    platform: Platform, alice: User, cloud: Cloud, collection: Json
) -> None:
    client, path = platform.client, subscribe(platform, alice, collection)
    feed = client.http.get(path, headers=HOST).body
    assert broken_rules(feed) == []
    pictures = [str(i.get("href")) for i in ElementTree.fromstring(feed).iter(f"{ITUNES}image")]  # noqa: S314
    assert len(pictures) == 3
    (job_id, _) = [str(item.findtext("guid"))[9:] for item in items(platform, path)]
    key = f"speech/{alice.id}/{job_id}/artwork.jpg"
    picture = Image.open(io.BytesIO(cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()))
    assert (picture.format, picture.size) == ("JPEG", (1_400, 1_400))
    address = pictures[0].removeprefix("http://api.example")
    assert key in client.http.get(address).headers["Location"]
    cloud.s3.delete_object(Bucket="library", Key=key)  # as of a recording of an earlier release
    assert client.http.get(address).status_code == 404
    media_id = get(client, alice, f"/v1/speech/{job_id}").json_body["media_id"]
    cover = f"media/{alice.id}/{media_id}/cover.jpg"
    cloud.s3.put_object(Bucket="library", Key=cover, Body=b"a cover")
    assert cover in client.http.get(address).headers["Location"]


def test_a_feed_names_the_authors_of_its_documents(platform: Platform, alice: User, collection: Json) -> None:
    path = subscribe(platform, alice, collection)
    first, _, last = collection["media_ids"]
    for media_id, creators in ((first, ["Ada <First>", "Ben Second"]), (last, ["Ada <First>"])):
        body = json.dumps({"metadata": {"creators": creators}}).encode()
        changed = platform.client.http.request("PATCH", f"/v1/media/{media_id}", headers=alice.headers, body=body)
        assert changed.status_code == 200
    assert [item.findtext(f"{ITUNES}author") for item in items(platform, path)] == [
        "Ada <First>, Ben Second",
        "Ada <First>",
    ]
    channel = ElementTree.fromstring(platform.client.http.get(path, headers=HOST).body).find("channel")  # noqa: S314
    assert channel is not None
    assert channel.findtext(f"{ITUNES}author") == "Ada <First>, Ben Second"


def test_a_media_that_is_recorded_again_offers_its_newest_recording(
    platform: Platform, alice: User, collection: Json
) -> None:
    path = subscribe(platform, alice, collection)
    before = [item.findtext("guid") for item in items(platform, path)]
    new_job = start(platform.client, alice, collection["media_ids"][0], voice="espeak:en-gb").json_body
    assert [item.findtext("guid") for item in items(platform, path)] == before
    platform.run()
    assert [item.findtext("guid") for item in items(platform, path)] == [f"urn:uuid:{new_job['id']}", before[1]]


def test_trashed_media_and_media_outside_the_collection_are_no_episodes(
    platform: Platform, alice: User, collection: Json
) -> None:
    client, path = platform.client, subscribe(platform, alice, collection)
    other = read(platform, alice, 2)
    (outside,) = [job for job in get(client, alice, "/v1/speech").json_body["items"] if job["media_id"] == other["id"]]
    episodes = path.removesuffix("feed.xml") + "episodes/"
    assert client.http.get(f"{episodes}{uuid4()}").status_code == 404
    for file in ("", "/audio.mp3", "/artwork.jpg"):
        assert client.http.get(f"{episodes}{outside['id']}{file}").status_code == 404
    (first, second) = [str(item.findtext("guid"))[9:] for item in items(platform, path)]
    client.http.delete(f"/v1/media/{collection['media_ids'][0]}", headers=alice.headers)
    assert [item.findtext("guid") for item in items(platform, path)] == [f"urn:uuid:{second}"]
    assert client.http.get(f"{episodes}{first}").status_code == 404


def test_a_new_address_disables_the_old_one_and_revoking_disables_all(
    platform: Platform, alice: User, cloud: Cloud, collection: Json
) -> None:
    client, first = platform.client, subscribe(platform, alice, collection)
    second = subscribe(platform, alice, collection)
    assert first != second
    old_feed = client.http.get(first)
    assert (old_feed.status_code, problem(old_feed)["code"]) == (404, "not_found")
    (guid, _) = [str(item.findtext("guid"))[9:] for item in items(platform, second)]
    assert client.http.get(first.replace("feed.xml", f"episodes/{guid}")).status_code == 404
    assert client.http.delete(f"/v1/collections/{collection['id']}/podcast", headers=alice.headers).status_code == 204
    assert client.http.get(second).status_code == 404
    assert client.http.get(second.replace("feed.xml", f"episodes/{guid}")).status_code == 404
    token = second.split("/")[3]
    events = cloud.owner.execute("SELECT audit_events::text FROM audit_events").fetchall()
    assert not [row for (row,) in events if token in row]
    assert [row for (row,) in events if "podcast.revoked" in row]


def test_a_feed_is_deleted_with_its_collection(platform: Platform, alice: User, cloud: Cloud, collection: Json) -> None:
    path = subscribe(platform, alice, collection)
    platform.client.http.delete(f"/v1/collections/{collection['id']}", headers=alice.headers)
    assert platform.client.http.get(path).status_code == 404
    assert cloud.owner.execute("SELECT count(*) FROM podcasts").fetchone() == (0,)


def test_another_owners_collection_cannot_become_a_podcast(
    platform: Platform, alice: User, bob: User, collection: Json
) -> None:
    client, path = platform.client, f"/v1/collections/{collection['id']}/podcast"
    assert post(client, bob, path).status_code == 404
    assert get(client, alice, path).status_code == 404
    feed = subscribe(platform, alice, collection)
    assert get(client, bob, path).status_code == 404
    assert client.http.delete(path, headers=bob.headers).status_code == 404
    forged = tokens.issue(alice.id)  # well-formed, but never issued
    assert client.http.get(f"/v1/podcasts/{forged}/feed.xml").status_code == 404
    assert client.http.get(feed.replace("feed.xml", "episodes/nonsense")).status_code == 404


@pytest.mark.parametrize("token", ["x", "A" * 63, "A" * 64, "%2F" * 10, "ä" * 64, "=" * 64])
def test_an_invalid_token_is_not_found(client: Client, token: str) -> None:
    assert client.http.get(f"/v1/podcasts/{token}/feed.xml").status_code == 404


def test_a_player_that_polls_too_often_is_rate_limited(platform: Platform, alice: User, collection: Json) -> None:
    path = subscribe(platform, alice, collection)
    statuses = [platform.client.http.get(path, headers=HOST).status_code for _ in range(65)]
    assert statuses == [200] * 60 + [429] * 5


def test_addresses_use_the_public_api_url(
    platform: Platform, alice: User, collection: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = subscribe(platform, alice, collection)
    monkeypatch.setenv("PUBLIC_API_URL", "https://library.example/api")
    config.settings.cache_clear()
    enclosures = [item.find("enclosure") for item in items(platform, path)]
    assert enclosures
    assert all(
        enclosure is not None and str(enclosure.get("url")).startswith("https://library.example/api/v1/podcasts/")
        for enclosure in enclosures
    )
