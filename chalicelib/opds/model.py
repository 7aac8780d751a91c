"""Models of the catalogue: feeds with either entries that lead on, or publications to download.

Both versions of OPDS are written from them. Paths are relative to the catalogue's root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode
from uuid import UUID


class FeedKind(StrEnum):
    """`navigation` feeds lead to other feeds, `acquisition` feeds list publications."""

    NAVIGATION = "navigation"
    ACQUISITION = "acquisition"


@dataclass(frozen=True, slots=True)
class PublicationFile:
    """A file of a publication."""

    path: str
    media_type: str
    title: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """A media as readers list it. `published` is a year, a month or a day."""

    id: UUID
    title: str
    authors: Sequence[str]
    language: str | None
    publisher: str | None
    published: str | None
    series: str | None
    series_index: float | None
    tags: Sequence[str]
    summary: str
    added_at: datetime
    updated_at: datetime
    has_cover: bool
    downloads: Sequence[PublicationFile]

    @property
    def path(self) -> str:
        return f"/media/{self.id}"

    @property
    def cover_path(self) -> str:
        return f"/media/{self.id}/cover.jpg"


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """A way to another feed. `relation` is that of the link."""

    path: str
    title: str
    summary: str
    kind: FeedKind
    relation: str = "subsection"
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    path: str
    title: str
    kind: FeedKind
    updated_at: datetime
    entries: Sequence[NavigationEntry] = ()
    publications: Sequence[Publication] = field(default=())
    next_path: str | None = None


def path_with(path: str, **query: str | None) -> str:
    """Return a path with those query parameters that have a value."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path
