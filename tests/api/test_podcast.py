"""Private podcasts of collections."""

from __future__ import annotations

import io
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests
from PIL import Image

from tests.api.client import Api
from tests.support.feed_rules import ITUNES, broken_rules

Json = Any


def test_anyone_with_the_address_can_listen_until_it_is_revoked(
    alice: Api, anonymous: Api, book: Json, recording: Json
) -> None:
    collection = alice.create_collection("podcast")
    alice.call("PUT", f"/v1/collections/{collection['id']}/media/{book['id']}", {}, expect=200)
    path = f"/v1/collections/{collection['id']}/podcast"
    alice.expect_problem("GET", path, 404)
    issued = alice.call("POST", path, expect=201).json()
    assert alice.get(path)["collection_id"] == collection["id"]
    feed = anonymous.call("GET", issued["path"], expect=200)
    assert broken_rules(feed.content) == []
    channel = _channel(feed)
    assert channel.findtext("title") == collection["name"]
    (item,) = channel.findall("item")
    assert item.findtext("guid") == f"urn:uuid:{recording['id']}"
    enclosure = item.find("enclosure")
    assert enclosure is not None
    # the feed has the deployment's public address, which BASE_URL need not be
    episode = "/v1/podcasts/" + str(enclosure.get("url")).partition("/v1/podcasts/")[2]
    assert episode.startswith(issued["path"].removesuffix("feed.xml"))
    headers = anonymous.head_of_bytes(episode).headers
    assert (headers["Content-Length"], headers["Content-Type"]) == (enclosure.get("length"), enclosure.get("type"))
    redirect = anonymous.call("GET", episode, expect=302).headers["Location"]
    assert urlsplit(redirect).path.endswith(".mp3")
    part = requests.get(redirect, headers={"Range": "bytes=100-199"}, timeout=60)
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 100-199/{enclosure.get('length')}"

    for image in (channel.find(f"{ITUNES}image"), item.find(f"{ITUNES}image")):
        assert image is not None
        picture = "/v1/podcasts/" + str(image.get("href")).partition("/v1/podcasts/")[2]
        location = anonymous.call("GET", picture, expect=302).headers["Location"]
        artwork = Image.open(io.BytesIO(requests.get(location, timeout=60).content))
        assert (artwork.format, artwork.size, artwork.mode) == ("JPEG", (1_400, 1_400), "RGB")

    fresh = alice.call("POST", path, expect=201).json()
    for revoked in (issued["path"], episode):
        assert anonymous.call("GET", revoked).status_code == 404
    anonymous.call("GET", fresh["path"], expect=200)
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("DELETE", path, 404)
    anonymous.expect_problem("GET", fresh["path"], 404)


def test_a_player_fetches_a_feed_again_only_when_it_has_changed(
    alice: Api, anonymous: Api, book: Json, recording: Json
) -> None:
    collection = alice.create_collection("podcast that changes")
    alice.call("PUT", f"/v1/collections/{collection['id']}/media/{book['id']}", {}, expect=200)
    path = alice.call("POST", f"/v1/collections/{collection['id']}/podcast", expect=201).json()["path"]
    feed = anonymous.call("GET", path, expect=200)
    assert recording["id"] in feed.text
    head = anonymous.call("HEAD", path, expect=200)
    assert (head.headers["ETag"], head.headers["Content-Type"]) == (feed.headers["ETag"], feed.headers["Content-Type"])
    assert head.content == b""
    known = {"If-None-Match": feed.headers["ETag"]}
    for method in ("GET", "HEAD"):
        assert anonymous.call(method, path, headers=known, expect=304).content == b""
    again = anonymous.call("GET", path, expect=200)
    assert again.content == feed.content  # also the date of the last change
    alice.call("PATCH", f"/v1/collections/{collection['id']}", {"description": "Changed."}, expect=200)
    changed = anonymous.call("GET", path, headers=known, expect=200)
    dates = [parsedate_to_datetime(str(_channel(response).findtext("lastBuildDate"))) for response in (feed, changed)]
    assert dates[0] <= dates[1]
    alice.call("DELETE", f"/v1/collections/{collection['id']}/podcast", expect=204)


def test_an_unknown_address_is_not_found(anonymous: Api) -> None:
    for token in ("x", "A" * 64):
        assert anonymous.call("GET", f"/v1/podcasts/{token}/feed.xml").status_code == 404


def _channel(feed: requests.Response) -> ElementTree.Element:
    channel = ElementTree.fromstring(feed.content).find("channel")  # noqa: S314 - our own feed
    assert channel is not None
    return channel
