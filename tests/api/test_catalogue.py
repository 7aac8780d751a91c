"""The catalogue for e-readers (OPDS), with an API key as the password of Basic authentication."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import requests

from tests.api.client import TIMEOUT_S, Api
from tests.support import sample_files
from tests.support.opds_rules import ACQUISITION, ATOM, broken_rules

Json = Any
CHALLENGE = 'Basic realm="Visionary Media", charset="UTF-8"'
LISTS = ("", "/media", "/collections", "/creators", "/series", "/tags")


@contextmanager
def password(api: Api) -> Iterator[dict[str, str]]:
    """Yield the header of a reader with a key of the user, and delete the key afterwards."""
    values = {"name": f"reader {api.run}", "scopes": ["media:read", "speech:read"]}
    key = api.call("POST", "/v1/api-keys", values, expect=201).json()
    credentials = base64.b64encode(f"reader:{key['key']}".encode()).decode()
    try:
        yield {"Authorization": f"Basic {credentials}"}
    finally:
        api.call("DELETE", f"/v1/api-keys/{key['id']}", expect=204)


@pytest.fixture(scope="module")
def reader(alice: Api) -> Iterator[dict[str, str]]:
    with password(alice) as headers:
        yield headers


@pytest.mark.parametrize("path", LISTS)
def test_feeds_of_both_versions_are_valid(anonymous: Api, reader: dict[str, str], book: Json, path: str) -> None:
    assert book
    atom = anonymous.call("GET", f"/v1/opds{path}", headers=reader, expect=200)
    assert broken_rules(atom.content) == []
    feed = anonymous.call("GET", f"/v1/opds/v2{path}", headers=reader, expect=200).json()
    assert {"self", "start", "search"} <= {link["rel"] for link in feed["links"]}
    assert "navigation" in feed or "publications" in feed


def test_a_recorded_document_is_downloaded_in_every_form(
    anonymous: Api, alice: Api, reader: dict[str, str], recording: Json
) -> None:
    path = f"/v1/speech/{recording['id']}/exports"
    export = alice.call("POST", path, {"format": "epub"}, expect=202).json()
    alice.wait_for(f"{path}/{export['id']}", lambda shown: shown["status"] in {"done", "failed"})
    entry = anonymous.call("GET", f"/v1/opds/media/{recording['media_id']}", headers=reader, expect=200)
    links = ElementTree.fromstring(entry.content).findall(f"{ATOM}link")  # noqa: S314 - our own response
    files = {str(link.get("href")): link.get("type") for link in links if link.get("rel") == ACQUISITION}
    assert {"audio/mpeg", "application/epub+zip"} <= set(files.values())
    assert anonymous.call("GET", f"/v1/opds/v2/media/{recording['media_id']}", headers=reader, expect=200)
    for address, media_type in files.items():
        redirect = anonymous.call("GET", f"/v1/opds{address.partition('/v1/opds')[2]}", headers=reader, expect=302)
        stored = requests.get(redirect.headers["Location"], headers={"Range": "bytes=0-3"}, timeout=TIMEOUT_S)
        assert (stored.status_code, len(stored.content)) == (206, 4)
        assert stored.headers["Content-Type"].partition(";")[0] == str(media_type).partition(";")[0]


def test_covers_are_jpegs_and_search_has_a_description(
    anonymous: Api, alice: Api, reader: dict[str, str], book: Json
) -> None:
    assert anonymous.call("GET", f"/v1/opds/media/{book['id']}/cover.jpg", headers=reader).status_code == 404
    pdf = alice.upload(sample_files.one_page(), filename="cover.pdf", media_type="application/pdf")
    redirect = anonymous.call("GET", f"/v1/opds/media/{pdf['id']}/cover.jpg", headers=reader, expect=302)
    cover = requests.get(redirect.headers["Location"], timeout=TIMEOUT_S)
    assert cover.headers["Content-Type"] == "image/jpeg"
    assert cover.content.startswith(b"\xff\xd8\xff")
    description = anonymous.call("GET", "/v1/opds/search.xml", headers=reader, expect=200).text
    address = description.partition('template="')[2].partition("{searchTerms}")[0]
    assert urlsplit(address).path.endswith("/v1/opds/media")


def test_the_client_is_asked_for_a_password_and_a_token_is_none(anonymous: Api, alice: Api) -> None:
    for api in (anonymous, alice):
        response = api.call("GET", "/v1/opds", expect=401)
        headers = response.headers  # CloudFront restores what API Gateway renames
        assert CHALLENGE in {headers.get("WWW-Authenticate"), headers.get("x-amzn-Remapped-WWW-Authenticate")}


def test_readers_of_other_users_see_nothing(anonymous: Api, bob: Api, book: Json, recording: Json) -> None:
    with password(bob) as headers:
        listed = anonymous.call("GET", "/v1/opds/media?limit=100", headers=headers, expect=200).text
        assert book["id"] not in listed
        for path in (f"media/{book['id']}", f"media/{book['id']}/file", f"media/{book['id']}/cover.jpg"):
            assert anonymous.call("GET", f"/v1/opds/{path}", headers=headers).status_code == 404
        assert anonymous.call("GET", f"/v1/opds/v2/media/{book['id']}", headers=headers).status_code == 404
        path = f"/v1/opds/recordings/{recording['id']}/audio.mp3"
        assert anonymous.call("GET", path, headers=headers).status_code == 404
