"""Feeds of the catalogue as readers parse them: OPDS 1.2 by the rules of its specification, 2.0 by a library's models."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree

import feedparser  # type: ignore[import-untyped]
import pytest

from chalicelib.opds import atom, catalog, json_feed
from chalicelib.opds.model import Feed, FeedKind, Publication, PublicationFile
from chalicelib.opds.texts import ENGLISH
from tests.support.opds_rules import broken_rules

ROOT = "https://library.example/api/v1/opds"
FILES, NO_COVER = ROOT, "https://library.example/icon-512.png"
TIME = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
BOOK = Publication(
    id=UUID("0192a0b0-0000-7000-8000-000000000001"),
    title="Sea & <Stars> \x0b\ud7ff",
    authors=["Ada Shore", "Jörg Łódź"],
    language="en",
    publisher="Harbour & Sons",
    published="1922-05",
    series="Harbours",
    series_index=2.0,
    tags=["novel", "sea & sky"],
    summary="Harbours 2 · 300 pages",
    added_at=TIME,
    updated_at=TIME,
    has_cover=True,
    downloads=[
        PublicationFile("/media/1/file", "application/epub+zip", "EPUB book", 1234),
        PublicationFile("/recordings/2/audio.mp3", "audio/mpeg", "Recording (MP3)", 99),
    ],
)
BARE = replace(
    BOOK, id=UUID(int=2), authors=[], language=None, publisher=None, published=None, series=None, series_index=None,
    tags=[], has_cover=False, downloads=[PublicationFile("/media/2/file", "image/png", "PNG picture")],
)  # fmt: skip
FEED = Feed(
    "/media?sort=title",
    "All titles",
    FeedKind.ACQUISITION,
    TIME,
    publications=[BOOK, BARE],
    next_path="/media?cursor=x",
)
FEEDS = {
    "root": catalog.get_root(ENGLISH),
    "media": FEED,
    "nothing": Feed("/media?q=x", "Search: x", FeedKind.ACQUISITION, TIME),
    "no names": Feed("/tags", "Tags", FeedKind.NAVIGATION, TIME),
}


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS.keys())
def test_feeds_follow_the_rules_of_opds_1_2(feed: Feed) -> None:
    assert broken_rules(atom.render_feed(feed, root=ROOT).encode()) == []


def test_the_rules_notice_what_is_missing() -> None:
    text = atom.render_feed(FEED, root=ROOT)
    for part, other, rule in (
        ('rel="start"', 'rel="first"', "a feed has a link start"),
        (f'"{atom.ACQUISITION}"', '"enclosure"', "an entry of an acquisition feed has an acquisition link"),
        ("image/jpeg", "image/webp", "images are GIF, JPEG or PNG"),
        ("updated>2026-", "updated>May ", "updated of an entry is a time of RFC 3339"),
        ("<id>urn:uuid:", "<id>", "id of an entry is an IRI"),
    ):
        assert rule in broken_rules(text.replace(part, other).encode())


def test_a_reader_finds_title_authors_cover_downloads_and_the_next_page() -> None:
    parsed = feedparser.parse(atom.render_feed(FEED, root=ROOT).encode())
    assert not parsed.bozo, parsed.get("bozo_exception")
    book, bare = parsed.entries
    assert (book.title, book.id) == ("Sea & <Stars>  \ud7ff", "urn:uuid:0192a0b0-0000-7000-8000-000000000001")
    assert [author.name for author in book.authors] == ["Ada Shore", "Jörg Łódź"]
    assert (book.dcterms_language, book.dcterms_publisher, book.published) == ("en", "Harbour & Sons", "1922-05")
    assert [tag.term for tag in book.tags] == ["novel", "sea & sky"]
    links = [(link.rel, link.type, link.href, link.get("length")) for link in book.links]
    assert links == [
        ("alternate", atom.ENTRY_TYPE, f"{ROOT}/media/{BOOK.id}", None),
        (atom.IMAGE, "image/jpeg", f"{ROOT}/media/{BOOK.id}/cover.jpg", None),
        (f"{atom.IMAGE}/thumbnail", "image/jpeg", f"{ROOT}/media/{BOOK.id}/cover.jpg", None),
        (atom.ACQUISITION, "application/epub+zip", f"{ROOT}/media/1/file", "1234"),
        (atom.ACQUISITION, "audio/mpeg", f"{ROOT}/recordings/2/audio.mp3", "99"),
    ]
    assert [link.rel for link in bare.links] == ["alternate", atom.ACQUISITION]
    assert [link.href for link in parsed.feed.links if link.rel == "next"] == [f"{ROOT}/media?cursor=x"]


def test_a_publication_alone_is_an_atom_entry() -> None:
    entry = ElementTree.fromstring(atom.render_publication(BOOK, root=ROOT))  # noqa: S314 - our own
    assert entry.tag == "{http://www.w3.org/2005/Atom}entry"
    assert entry.findtext("{http://www.w3.org/2005/Atom}id") == BOOK.id.urn


def test_the_search_description_has_the_template_of_opensearch() -> None:
    description = ElementTree.fromstring(atom.render_search_description(ENGLISH.search_description, root=ROOT))  # noqa: S314 - our own
    namespace = "{http://a9.com/-/spec/opensearch/1.1/}"
    url = description.find(f"{namespace}Url")
    assert url is not None
    assert (url.get("type"), url.get("template")) == (atom.ACQUISITION_TYPE, f"{ROOT}/media?q={{searchTerms}}")
    assert len(description.findtext(f"{namespace}ShortName") or "") in range(1, 17)
    assert len(description.findtext(f"{namespace}Description") or "") in range(1, 1025)


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS.keys())
def test_feeds_are_valid_opds_2_0(feed: Feed) -> None:
    opds2 = pytest.importorskip("palace.opds.opds2", reason="its models need Python 3.12")
    text = json_feed.render_feed(feed, root=f"{ROOT}/v2", files=FILES, no_cover=NO_COVER)
    document = json.loads(text)
    for publication in document.get("publications", ()):
        opds2.Publication.model_validate(publication)
    if document.get("publications"):
        opds2.PublicationFeed.model_validate_json(text)
    relations = [link["rel"] for link in document["links"]]
    assert {"self", "start", "search"} <= set(relations)
    assert ("next" in relations) == (feed.next_path is not None)
    assert "publications" in document or "navigation" in document
    assert all(link["title"] and link["href"] and link["type"] for link in document.get("navigation", ()))


def test_a_publication_of_opds_2_0_has_a_picture_dates_and_its_series() -> None:
    document = json.loads(json_feed.render_feed(FEED, root=f"{ROOT}/v2", files=FILES, no_cover=NO_COVER))
    book, bare = document["publications"]
    assert book["metadata"]["published"] == "1922-05-01"
    assert book["metadata"]["belongsTo"] == {"series": {"name": "Harbours", "position": 2}}
    assert (book["metadata"]["@type"], bare["metadata"]["@type"]) == (
        "http://schema.org/Book",
        "http://schema.org/CreativeWork",
    )
    assert [image["href"] for image in (*book["images"], *bare["images"])] == [
        f"{ROOT}/media/{BOOK.id}/cover.jpg",
        NO_COVER,
    ]
    assert [link["href"] for link in book["links"]] == [
        f"{ROOT}/v2/media/{BOOK.id}",
        f"{ROOT}/media/1/file",
        f"{ROOT}/recordings/2/audio.mp3",
    ]
