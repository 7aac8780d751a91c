"""The feed of a podcast, against the rules of validators, and the rules against feeds that break them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID

import pytest
from PIL import Image

from chalicelib.speech import artwork
from chalicelib.speech.podcast import feed
from chalicelib.speech.podcast.feed import Channel, Episode
from tests.support.feed_rules import broken_rules

NOON = datetime(2026, 3, 1, 12, 0, 0, 999_000, tzinfo=UTC)
EPISODES = [
    Episode(
        UUID(int=number), 'Sea & "Stars" \x07', author, f"episodes/{number}/audio.mp3", f"episodes/{number}/artwork.jpg",
        size_bytes=1_000, duration_ms=61_400, published_at=NOON,
    )
    for number, author in ((1, "Ada <First>"), (2, ""))
]  # fmt: skip
CHANNEL = Channel("Sea", "", "", "en-GB", "episodes/1/artwork.jpg", NOON)
FEED = feed.render(CHANNEL, EPISODES, folder="https://api.example/v1/podcasts/token")


def test_a_feed_keeps_the_rules() -> None:
    assert broken_rules(FEED.encode()) == []
    assert "<lastBuildDate>Sun, 01 Mar 2026 12:00:00 GMT</lastBuildDate>" in FEED


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("/audio.mp3", "", "the enclosure's path has the ending of its type"),
        ('length="1000"', 'length="0"', "the enclosure has a length in bytes"),
        ("12:00:00 GMT", "12:00 GMT", "lastBuildDate is a date of RFC 822"),
        ("Sun, 01", "Mon, 01", "the day of the week of pubDate"),
        ("<language>en-GB", "<language>english", "language is a code of ISO 639"),
        ('isPermaLink="false"', "", "a guid that is no URL is no permanent link"),
        ("urn:uuid:00000000-0000-0000-0000-000000000002", "urn:uuid:00000000-0000-0000-0000-000000000001", "guids are unique"),
        ("<itunes:explicit>false", "<itunes:explicit>no", "itunes:explicit is true or false"),
        ('rel="self"', 'rel="alternate"', "atom:link with rel=self"),
        ("itunes:category", "itunes:keywords", "itunes:category of Apple's list"),
        ("<itunes:image href=", "<itunes:image src=", "itunes:image has a URL"),
        ("<itunes:episode>2", "<itunes:episode>1", "episodes of a serial are numbered"),
        ("<title>Sea</title>\n<link>", "<title>Sea</title><title>Sea</title>\n<link>", "title occurs once"),
    ],
)  # fmt: skip
def test_a_feed_that_breaks_a_rule_is_found(old: str, new: str, rule: str) -> None:
    assert old in FEED
    assert rule in broken_rules(FEED.replace(old, new).encode())


def test_artwork_shows_the_whole_cover_on_a_square() -> None:
    cover = io.BytesIO()
    Image.new("RGB", (400, 800), "#c00000").save(cover, "JPEG")
    for content in (cover.getvalue(), b""):
        picture = Image.open(io.BytesIO(artwork.render(content)))
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (1_400, 1_400))
