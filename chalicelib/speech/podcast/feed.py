"""RSS 2.0 feed of a podcast, as podcast players and Apple's directory expect it.

Sources: RSS 2.0; Apple, "A podcaster's guide to RSS"; the W3C feed validator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from uuid import UUID

from chalicelib.speech import jobs

MEDIA_TYPE = "application/rss+xml; charset=utf-8"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Episode:
    """A finished recording; its paths are relative to the feed's folder."""

    job_id: UUID
    title: str
    author: str
    audio_path: str
    artwork_path: str
    size_bytes: int
    duration_ms: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Channel:
    title: str
    author: str
    description: str
    language: str
    artwork_path: str | None
    updated_at: datetime


# Apple requires a category; what people have read aloud are books more often than anything else.
_CATEGORY = '<itunes:category text="Arts"><itunes:category text="Books"/></itunes:category>\n'
_NO_AUTHOR = "Visionary Media"  # Apple requires an author of a podcast
_REFRESH_MINUTES = 60  # how often players fetch a feed anyway


def render(channel: Channel, episodes: Iterable[Episode], *, folder: str) -> str:
    """Render the feed at `<folder>/feed.xml`. It asks directories not to list it: it is private, so it names no owner either,
    whose e-mail address would be part of it.
    """
    items = "".join(_item(number, episode, folder) for number, episode in enumerate(episodes, 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>{_text(channel.title)}</title>\n"
        f"<link>{_text(folder)}/feed.xml</link>\n"
        f'<atom:link href="{_text(folder)}/feed.xml" rel="self" type="application/rss+xml"/>\n'
        f"<description>{_text(channel.description or channel.title)}</description>\n"
        f"{_author(channel.author or _NO_AUTHOR)}"
        f"<language>{_text(channel.language)}</language>\n"
        f"<lastBuildDate>{_date(channel.updated_at)}</lastBuildDate>\n"
        f"<ttl>{_REFRESH_MINUTES}</ttl>\n"
        f"{_artwork(channel, folder)}{_CATEGORY}"
        "<itunes:type>serial</itunes:type>\n<itunes:explicit>false</itunes:explicit>\n<itunes:block>Yes</itunes:block>\n"
        f"{items}</channel>\n</rss>\n"
    )


def _item(number: int, episode: Episode, folder: str) -> str:
    enclosure = (
        f'<enclosure url="{_text(folder)}/{episode.audio_path}" length="{episode.size_bytes}" '
        f'type="{jobs.RECORDING_MEDIA_TYPE}"/>\n'
    )
    return (
        f"<item>\n<title>{_text(episode.title)}</title>\n"
        f"<itunes:title>{_text(episode.title)}</itunes:title>\n"
        f"<description>{_text(_description(episode))}</description>\n"
        f"{_author(episode.author)}"
        f'<itunes:image href="{_text(folder)}/{episode.artwork_path}"/>\n'
        f'<guid isPermaLink="false">urn:uuid:{episode.job_id}</guid>\n'
        f"<pubDate>{_date(episode.published_at)}</pubDate>\n"
        f"{enclosure}"
        f"<itunes:duration>{round(episode.duration_ms / 1_000)}</itunes:duration>\n"
        f"<itunes:episode>{number}</itunes:episode>\n<itunes:episodeType>full</itunes:episodeType>\n"
        "<itunes:explicit>false</itunes:explicit>\n</item>\n"
    )


def _description(episode: Episode) -> str:
    return f"{episode.title}, {episode.author}" if episode.author else episode.title


def _artwork(channel: Channel, folder: str) -> str:
    """Render the artwork for Apple's players and for those of plain RSS."""
    if channel.artwork_path is None:
        return ""
    url = f"{_text(folder)}/{channel.artwork_path}"
    return (
        f'<itunes:image href="{url}"/>\n<image>\n<url>{url}</url>\n<title>{_text(channel.title)}</title>\n'
        f"<link>{_text(folder)}/feed.xml</link>\n</image>\n"
    )


def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def _author(name: str) -> str:
    return f"<itunes:author>{_text(name)}</itunes:author>\n" if name else ""


def _text(text: str) -> str:
    return escape(_NOT_XML.sub(" ", text))
