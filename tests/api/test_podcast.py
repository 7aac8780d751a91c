"""A collection as a private podcast."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import requests

from tests.api.client import Api

Json = Any


def test_whoever_has_the_address_can_listen_until_it_is_withdrawn(
    alice: Api, nobody: Api, book: Json, reading: Json
) -> None:
    collection = alice.collect("podcast")
    alice.call("PUT", f"/v1/collections/{collection['id']}/media/{book['id']}", {}, expect=200)
    path = f"/v1/collections/{collection['id']}/podcast"
    alice.refused("GET", path, 404)
    given = alice.call("POST", path, expect=201).json()
    assert alice.get(path)["collection_id"] == collection["id"]
    feed = nobody.call("GET", given["path"], expect=200)
    channel = ElementTree.fromstring(feed.content).find("channel")  # noqa: S314 - our own answer
    assert channel is not None
    assert channel.findtext("title") == collection["name"]
    (item,) = channel.findall("item")
    assert item.findtext("guid") == f"urn:uuid:{reading['id']}"
    enclosure = item.find("enclosure")
    assert enclosure is not None
    url = str(enclosure.get("url"))
    assert url.startswith(nobody.base)
    episode = url.removeprefix(nobody.base)
    told = nobody.call("HEAD", episode, expect=200).headers
    assert (told["Content-Length"], told["Content-Type"]) == (enclosure.get("length"), enclosure.get("type"))
    led = nobody.call("GET", episode, expect=302).headers["Location"]
    part = requests.get(led, headers={"Range": "bytes=100-199"}, timeout=60)
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 100-199/{enclosure.get('length')}"

    fresh = alice.call("POST", path, expect=201).json()
    for gone in (given["path"], episode):
        assert nobody.call("GET", gone).status_code == 404
    nobody.call("GET", fresh["path"], expect=200)
    alice.call("DELETE", path, expect=204)
    alice.refused("DELETE", path, 404)
    nobody.refused("GET", fresh["path"], 404)


def test_an_address_that_nobody_was_given_leads_nowhere(nobody: Api) -> None:
    for token in ("x", "A" * 64, "%00"):
        assert nobody.call("GET", f"/v1/podcasts/{token}/feed.xml").status_code == 404
