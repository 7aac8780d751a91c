"""The catalogue as readers use it, over HTTP: they list, search, page and download with an API key as password."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import feedparser  # type: ignore[import-untyped]
import pytest
import requests
from chalice.test import Client

from chalicelib.api.api_key_authentication import BASIC_CHALLENGE
from chalicelib.opds import atom
from tests.integration.account.test_api_keys import create
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import PARAGRAPHS
from tests.integration.speech.test_speech import start as start_speech
from tests.integration.uploads.test_uploads import essay, upload
from tests.support.media_rows import create_collection, insert_media, minutes_later
from tests.support.opds_rules import broken_rules

READ = ["media:read"]
LISTEN = ["media:read", "speech:read"]


@dataclass(frozen=True)
class Reader:
    """An e-reader with the address of the catalogue and a password."""

    client: Client
    password: str
    languages: str = ""

    def get(self, path: str, method: str = "GET") -> Any:
        credentials = base64.b64encode(f"reader:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Host": "api.example", "Accept-Language": self.languages}
        return self.client.http.request(method, path, headers=headers)

    def feed(self, path: str) -> Any:
        """Return a feed of OPDS 1.2 that follows the rules."""
        response = self.get(path)
        assert response.status_code == 200, response.body
        assert broken_rules(response.body) == []
        parsed = feedparser.parse(response.body)
        assert not parsed.bozo
        return parsed

    def titles(self, path: str) -> list[str]:
        return [entry.title for entry in self.feed(path).entries]


def path_of(address: str) -> str:
    parts = urlsplit(address)
    assert parts.netloc == "api.example"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def links(item: Any, relation: str) -> list[Any]:
    return [link for link in item.links if link.rel == relation]


@pytest.fixture
def reader(client: Client, alice: User) -> Reader:
    return Reader(client, create(client, alice, READ).text)


def metadata(**values: Any) -> str:
    return json.dumps(values)


def test_a_reader_walks_from_the_root_through_every_list(
    client: Client, cloud: Cloud, alice: User, reader: Reader
) -> None:
    book = insert_media(
        cloud,
        alice,
        title="The Harbour",
        filename="harbour.epub",
        media_type="application/epub+zip",
        file_metadata=metadata(creators=["Ada Shore"], series="Harbours", series_index=2),
    )
    first = insert_media(
        cloud,
        alice,
        title="A Beginning",
        created_at=minutes_later(1),
        file_metadata=metadata(creators=["Ada Shore", "Bo Lund"], series="Harbours", series_index=1),
    )
    other = insert_media(cloud, alice, title="Zebra", created_at=minutes_later(2))
    insert_media(cloud, alice, title="Rejected", status="rejected")
    insert_media(cloud, alice, title="Trashed", status="trashed")
    cloud.owner.execute("INSERT INTO media_tags (media_id, owner_id, tag) VALUES (%s, %s, 'sea')", [book, alice.id])
    create_collection(client, alice, "Shelf", other, book)

    root = reader.feed("/v1/opds")
    assert links(root.feed, "search")[0].type == atom.SEARCH_TYPE
    paths = {entry.title: path_of(entry.links[0].href) for entry in root.entries}
    assert reader.titles(paths["Recently added"]) == ["Zebra", "A Beginning", "The Harbour"]
    assert reader.titles(paths["All titles"]) == ["A Beginning", "The Harbour", "Zebra"]
    assert reader.titles(paths["Continue"]) == []
    named = {
        "Collections": ("Shelf", ["Zebra", "The Harbour"]),
        "Authors": ("Ada Shore", ["A Beginning", "The Harbour"]),
        "Series": ("Harbours", ["A Beginning", "The Harbour"]),
        "Tags": ("sea", ["The Harbour"]),
    }
    for listing, (name, titles) in named.items():
        entry = reader.feed(paths[listing]).entries[0]
        assert entry.title == name
        assert reader.titles(path_of(entry.links[0].href)) == titles, listing
    assert reader.titles(paths["Authors"]) == ["Ada Shore", "Bo Lund"]
    cloud.owner.execute(
        """INSERT INTO listening_positions (media_id, owner_id, text_offset, past_ms, device_time, fraction)
           VALUES (%s, %s, 10, 0, now(), 0.5)""",
        [first, alice.id],
    )
    assert reader.titles(paths["Continue"]) == ["A Beginning"]


def test_feeds_are_in_the_language_of_the_reader(cloud: Cloud, alice: User, reader: Reader) -> None:
    media = insert_media(cloud, alice, title="Die Brücke", file_metadata=metadata(creators=["Ada Shore"]))
    german = replace(reader, languages="de-CH, en;q=0.5")
    root = german.feed("/v1/opds")
    paths = {entry.title: path_of(entry.links[0].href) for entry in root.entries}
    assert list(paths)[:2] == ["Zuletzt hinzugefügt", "Weiterlesen"]
    assert [german.feed(path).feed.title for path in paths.values()] == list(paths)
    assert german.feed(paths["Autoren"]).entries[0].content[0].value == "1 Titel"
    assert german.feed("/v1/opds/media?q=br").feed.title == "Suche: br"
    assert "Bibliothek" in german.get("/v1/opds/search.xml").body.decode()
    (link, *_) = german.get(f"/v1/opds/v2/media/{media}").json_body["links"][1:]
    assert link["title"] == "PDF"
    navigation = german.get("/v1/opds/v2").json_body["navigation"]
    assert [entry["title"] for entry in navigation] == list(paths)


def test_a_search_finds_titles_and_authors(cloud: Cloud, alice: User, reader: Reader) -> None:
    insert_media(cloud, alice, title="Die Straße", created_at=minutes_later(1))
    insert_media(cloud, alice, title="Other")
    description = reader.get("/v1/opds/search.xml")
    assert description.headers["Content-Type"] == atom.SEARCH_TYPE
    template = description.body.decode().partition('template="')[2].partition('"')[0]
    assert reader.titles(path_of(template.replace("{searchTerms}", "strasse"))) == ["Die Straße"]
    assert reader.titles(path_of(template.replace("{searchTerms}", "nothing%20like%20it"))) == []


def test_pages_follow_each_other_without_gaps(cloud: Cloud, alice: User, reader: Reader) -> None:
    for number in range(5):
        insert_media(cloud, alice, title=f"Book {number}", created_at=minutes_later(number))
    seen: list[str] = []
    path: str | None = "/v1/opds/media?sort=title&limit=2"
    while path is not None:
        feed = reader.feed(path)
        seen += [entry.title for entry in feed.entries]
        path = next((path_of(link.href) for link in links(feed.feed, "next")), None)
    assert seen == [f"Book {number}" for number in range(5)]
    names = reader.get("/v1/opds/v2/creators?limit=1").json_body
    assert "next" not in {link["rel"] for link in names["links"]}


def test_a_document_its_cover_and_its_recording_are_downloaded(platform: Platform, alice: User, cloud: Cloud) -> None:
    media = upload(platform, alice, essay(1), filename="essay.pdf", media_type="application/pdf")
    reader = Reader(platform.client, create(platform.client, alice, LISTEN).text)
    start_speech(platform.client, alice, media["id"])
    platform.run()

    entry = reader.feed("/v1/opds/media").entries[0]
    downloads = {link.type: link for link in links(entry, atom.ACQUISITION)}
    assert set(downloads) == {"application/pdf", "audio/mpeg"}
    view = cloud.s3.get_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/view.pdf")["Body"].read()
    assert int(downloads["application/pdf"].length) == len(view)
    cover = links(entry, f"{atom.IMAGE}/thumbnail")[0]
    contents = [follow(reader, link.href) for link in (downloads["application/pdf"], downloads["audio/mpeg"], cover)]
    assert contents[0].content == view
    assert contents[0].headers["Content-Disposition"].startswith("attachment")
    assert contents[1].content[:3] in {b"ID3", b"\xff\xfb\x54"}
    assert contents[2].content[:3] == b"\xff\xd8\xff"

    publication = reader.get(f"/v1/opds/v2/media/{media['id']}").json_body
    addresses = [link["href"] for link in publication["links"] if link["rel"] == atom.ACQUISITION]
    assert addresses == [downloads["application/pdf"].href, downloads["audio/mpeg"].href]
    alone = reader.get(f"/v1/opds/media/{media['id']}")
    assert (alone.status_code, alone.headers["Content-Type"]) == (200, atom.ENTRY_TYPE)


def follow(reader: Reader, address: str) -> requests.Response:
    """Follow the redirect of a download as clients do, without the password."""
    redirect = reader.get(path_of(address))
    assert redirect.status_code == 302, redirect.body
    return requests.get(redirect.headers["Location"], timeout=10)


def test_recordings_need_a_scope_of_their_own(platform: Platform, alice: User) -> None:
    media = upload(platform, alice, PARAGRAPHS[0].encode())
    job = start_speech(platform.client, alice, media["id"]).json_body
    platform.run()
    reader = Reader(platform.client, create(platform.client, alice, READ).text)
    (link,) = links(reader.feed("/v1/opds/media").entries[0], atom.ACQUISITION)
    assert link.type.startswith("text/plain")
    refused = reader.get(f"/v1/opds/recordings/{job['id']}/audio.mp3")
    assert (refused.status_code, refused.json_body["code"]) == (403, "insufficient_scope")


def test_the_archives_of_a_recording_are_listed_while_they_can_be_downloaded(
    client: Client, cloud: Cloud, alice: User
) -> None:
    media, job = insert_media(cloud, alice), uuid4()
    cloud.owner.execute(
        """INSERT INTO speech_jobs (id, owner_id, media_id, voice, language, status, finished_at, duration_ms, recording_bytes,
                                    text_start, text_end)
           VALUES (%s, %s, %s, 'espeak:en', 'en', 'done', now(), 1000, 99, 0, 1)""",
        [job, alice.id, media],
    )
    formats = {"m4b": "1 day", "epub": "1 day", "zip": "1 day"}
    ids = {name: str(uuid4()) for name in formats}
    for name, days in formats.items():
        cloud.owner.execute(
            """INSERT INTO speech_exports (id, owner_id, job_id, format, status, size_bytes, finished_at, expires_at)
               VALUES (%s, %s, %s, %s, 'done', 7, now(), now() + %s::interval)""",
            [ids[name], alice.id, job, name, days],
        )
    reader = Reader(client, create(client, alice, LISTEN).text)

    def listed() -> set[str]:
        entry = reader.feed("/v1/opds/media").entries[0]
        return {link.href.rpartition("/")[2] for link in links(entry, atom.ACQUISITION)}

    assert listed() == {"file", "audio.mp3", "m4b", "epub"}
    redirect = reader.get(f"/v1/opds/exports/{ids['m4b']}/m4b")
    assert redirect.status_code == 302
    assert urlsplit(redirect.headers["Location"]).path.endswith(f"/{ids['m4b']}.m4b")
    assert reader.get(f"/v1/opds/exports/{ids['m4b']}/epub").status_code == 404
    cloud.owner.execute("UPDATE speech_exports SET expires_at = now() - interval '1 s'")
    assert listed() == {"file", "audio.mp3"}


def test_the_catalogue_of_one_user_has_nothing_of_another(client: Client, cloud: Cloud, alice: User, bob: User) -> None:
    media = insert_media(cloud, alice, file_metadata=metadata(creators=["Ada Shore"], series="Harbours"))
    shelf = create_collection(client, alice, "Shelf", media)
    reader = Reader(client, create(client, bob, LISTEN).text)
    for path in ("media", "collections", "creators", "series", "tags"):
        assert reader.feed(f"/v1/opds/{path}").entries == []
    for path in (f"media/{media}", f"media/{media}/file", f"media/{media}/cover.jpg", f"media?collection_id={shelf}"):
        assert reader.get(f"/v1/opds/{path}").status_code == 404, path


@pytest.mark.parametrize("path", ["/v1/opds", "/v1/opds/v2", "/v1/opds/media", "/v1/opds/search.xml"])
def test_without_a_key_the_client_is_asked_for_basic_authentication(client: Client, alice: User, path: str) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, alice.headers):
        response = client.http.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == BASIC_CHALLENGE


def test_what_does_not_exist_is_404(cloud: Cloud, alice: User, reader: Reader) -> None:
    assert reader.get("/v1/opds/publishers").status_code == 404
    assert reader.get(f"/v1/opds/media/{uuid4()}").status_code == 404
    trashed = insert_media(cloud, alice, status="trashed")
    assert reader.get(f"/v1/opds/media/{trashed}").status_code == 409
    assert reader.get(f"/v1/opds/media/{trashed}/file").status_code == 409


# ---- real clients -------------------------------------------------------------------------------------------------------


@pytest.fixture
def server(client: Client) -> Iterator[ThreadingHTTPServer]:
    """Serve the API on a port of this machine, for clients that open connections."""
    lock = Lock()  # Chalice's client serves one request at a time

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                response = client.http.request(self.command, self.path, headers=dict(self.headers.items()))
            self.send_response(response.status_code)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by http.server)
            """Log nothing."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listener.serve_forever, daemon=True).start()
    yield listener
    listener.shutdown()
    listener.server_close()


def test_a_client_lists_and_downloads_and_sends_its_password_to_the_api_only(
    platform: Platform, alice: User, server: ThreadingHTTPServer
) -> None:
    """Storage rejects a request that has a signature and a password."""
    upload(platform, alice, essay(1), filename="essay.pdf", media_type="application/pdf")
    password = create(platform.client, alice, READ).text
    root = f"http://127.0.0.1:{server.server_port}/v1/opds"
    feed = feedparser.parse(requests.get(f"{root}/media", auth=("reader", password), timeout=10).content)
    (link,) = links(feed.entries[0], atom.ACQUISITION)
    downloaded = requests.get(link.href, auth=("reader", password), timeout=10)
    assert downloaded.content.startswith(b"%PDF-")
    (first,) = downloaded.history
    assert first.request.headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in downloaded.request.headers


def test_a_client_that_waits_for_the_challenge_is_let_in(
    client: Client, alice: User, server: ThreadingHTTPServer
) -> None:
    root = f"http://127.0.0.1:{server.server_port}/v1/opds"
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, root, "reader", create(client, alice, READ).text)
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))
    with opener.open(root, timeout=10) as response:
        assert feedparser.parse(response.read()).feed.title == "Visionary Media"
