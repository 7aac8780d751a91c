"""Metadata of files: title, creators, language, publisher, date and series. Plain values, as they are stored."""

from dataclasses import dataclass, field

MAX_CHARACTERS = 300  # of a title or a name; the longest titles in library catalogues
MAX_CREATORS = 50  # of one work; papers with more name a collaboration


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of a file. `language` is BCP 47, `published` a year, a month or a day ("1922", "1922-05", "1922-05-31").

    `series_index` is the position in the series: of a book among books, of a track on an album.
    """

    title: str | None = None
    creators: tuple[str, ...] = ()
    language: str | None = None
    publisher: str | None = None
    published: str | None = None
    series: str | None = None
    series_index: float | None = None


@dataclass(slots=True)
class MetadataDraft:
    """Findings of a reader, as they are written in the file. Each list begins with what is to be believed first.

    `creators` are lists of names, of which one is used. `series` are pairs of a name and a position.
    """

    titles: list[str] = field(default_factory=list)
    creators: list[list[str]] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    publishers: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    series: list[tuple[str, str]] = field(default_factory=list)
