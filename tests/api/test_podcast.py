"""Private podcasts of collections."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import requests

from tests.api.client import Api

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
    channel = ElementTree.fromstring(feed.content).find("channel")  # noqa: S314 - our own feed
    assert channel is not None
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
    part = requests.get(redirect, headers={"Range": "bytes=100-199"}, timeout=60)
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 100-199/{enclosure.get('length')}"

    fresh = alice.call("POST", path, expect=201).json()
    for revoked in (issued["path"], episode):
        assert anonymous.call("GET", revoked).status_code == 404
    anonymous.call("GET", fresh["path"], expect=200)
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("DELETE", path, 404)
    anonymous.expect_problem("GET", fresh["path"], 404)


def test_an_unknown_address_is_not_found(anonymous: Api) -> None:
    for token in ("x", "A" * 64):
        assert anonymous.call("GET", f"/v1/podcasts/{token}/feed.xml").status_code == 404
