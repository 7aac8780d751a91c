"""Rules for podcast feeds, as the W3C's feed validator and Apple's directory check them.

Sources: RSS 2.0 and its best practices profile, the messages of validator.w3.org/feed, Apple's "A podcaster's guide to RSS".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
ATOM = "{http://www.w3.org/2005/Atom}"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (GMT|[+-]\d{4})")
ENDINGS = {"audio/mpeg": ".mp3", "audio/x-m4a": ".m4a"}
MAX_TEXT_CHARACTERS = 4_000  # of a description, in Apple's directory
ONCE = ("title", "link", "description", "language", "lastBuildDate", "pubDate", "guid", "enclosure", "ttl", "image")


def broken_rules(feed: bytes) -> list[str]:
    """Return what the validators would object to in a feed; an empty list for a valid one."""
    root = ElementTree.fromstring(feed)  # noqa: S314 - our own response
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None:
        return ["rss 2.0 with a channel"]
    broken = [*_channel(channel), *_repeated(channel)]
    items = channel.findall("item")
    for item in items:
        broken += [*_item(item), *_repeated(item)]
    guids = [item.findtext("guid") for item in items]
    if len(set(guids)) != len(guids):
        broken.append("guids are unique")
    if channel.findtext(f"{ITUNES}type") == "serial":
        numbers = [int(item.findtext(f"{ITUNES}episode") or 0) for item in items]
        if numbers != sorted(set(numbers)) or 0 in numbers:
            broken.append("episodes of a serial are numbered")
    return broken


def _channel(channel: ElementTree.Element) -> Iterator[str]:
    for name in ("title", "description", "link", "language", f"{ITUNES}author", f"{ITUNES}explicit"):
        if not (channel.findtext(name) or "").strip():
            yield f"the channel has {name}"
    if not LANGUAGE.fullmatch(channel.findtext("language") or ""):
        yield "language is a code of ISO 639"
    if len(channel.findtext("description") or "") > MAX_TEXT_CHARACTERS:
        yield "the description has at most 4,000 characters"
    if channel.findtext(f"{ITUNES}type") not in {"episodic", "serial"}:
        yield "itunes:type"
    category = channel.find(f"{ITUNES}category")
    if category is None or category.get("text") != "Arts":
        yield "itunes:category of Apple's list"
    yield from _explicit(channel)
    yield from _picture(channel)
    image = channel.find("image")
    if image is None or not _is_url(image.findtext("url")):
        yield "image has a URL"
    elif any(image.findtext(name) != channel.findtext(name) for name in ("title", "link")):
        yield "the title and link of image are the channel's"
    own = channel.find(f"{ATOM}link")
    if (
        own is None
        or own.get("rel") != "self"
        or own.get("type") != "application/rss+xml"
        or not _is_url(own.get("href"))
    ):
        yield "atom:link with rel=self"
    if not _is_url(channel.findtext("link")):
        yield "link is a full URL"
    yield from _date(channel, "lastBuildDate")


def _item(item: ElementTree.Element) -> Iterator[str]:
    for name in ("title", "description", "guid", "pubDate"):
        if not (item.findtext(name) or "").strip():
            yield f"an item has {name}"
    guid = item.find("guid")
    if guid is not None and guid.get("isPermaLink") != "false" and not _is_url(guid.text):
        yield "a guid that is no URL is no permanent link"
    enclosure = item.find("enclosure")
    if enclosure is None:
        yield "an item has an enclosure"
    else:
        url, media_type = enclosure.get("url"), enclosure.get("type")
        if not _is_url(url):
            yield "the enclosure has a full URL"
        if not urlsplit(url or "").path.endswith(ENDINGS.get(media_type or "", "?")):
            yield "the enclosure's path has the ending of its type"
        if not (enclosure.get("length") or "").isdigit() or enclosure.get("length") == "0":
            yield "the enclosure has a length in bytes"
    if not re.fullmatch(r"\d+|(\d+:)?\d\d?:\d\d", item.findtext(f"{ITUNES}duration") or ""):
        yield "itunes:duration in seconds or as a clock"
    if item.findtext(f"{ITUNES}episodeType") not in {"full", "trailer", "bonus"}:
        yield "itunes:episodeType"
    yield from _explicit(item)
    yield from _picture(item)
    yield from _date(item, "pubDate")


def _repeated(element: ElementTree.Element) -> Iterator[str]:
    for name in ONCE:
        if len(element.findall(name)) > 1:
            yield f"{name} occurs once"


def _explicit(element: ElementTree.Element) -> Iterator[str]:
    if element.findtext(f"{ITUNES}explicit") not in {"true", "false"}:
        yield "itunes:explicit is true or false"


def _picture(element: ElementTree.Element) -> Iterator[str]:
    image = element.find(f"{ITUNES}image")
    if image is None or not _is_url(image.get("href")):
        yield "itunes:image has a URL"
    elif not urlsplit(image.get("href") or "").path.endswith((".jpg", ".png")):
        yield "itunes:image is a JPEG or PNG"


def _date(element: ElementTree.Element, name: str) -> Iterator[str]:
    text = element.findtext(name) or ""
    if not RFC_822.fullmatch(text):
        yield f"{name} is a date of RFC 822"
    elif not text.startswith(f"{parsedate_to_datetime(text):%a}"):
        yield f"the day of the week of {name}"


def _is_url(text: str | None) -> bool:
    parts = urlsplit(text or "")
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
