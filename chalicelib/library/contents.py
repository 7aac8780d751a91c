"""The contents of a document: its chapters and headings, in order."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import passage_store, texts
from chalicelib.library.model import Chapter
from chalicelib.library.passage_store import Heading
from chalicelib.platform.db import database
from chalicelib.platform.lazy_model import LazyModel

MAX_ENTRIES = 2_000  # ~200 kB; the index of a reference book
MAX_TITLE_CHARACTERS = 200


class ContentsItem(LazyModel):
    """A chapter or a heading. `level` is 1 for the highest. `start` is an offset in code points; `page` is null without pages."""

    title: str
    level: int
    start: int
    page: int | None


class Contents(LazyModel):
    """The contents of the text `version`: the first 2,000 entries, in order."""

    version: int
    items: list[ContentsItem]


def get(owner_id: UUID, media_id: UUID, *, version: int | None = None) -> Contents:
    """Return the contents of a text, without a version of the current one.

    Raises NotFoundError, and ConflictError if there is no text to read.
    """
    with database.transaction(owner_id) as connection:
        media = texts.get_readable(connection, media_id, version=version)
        headings = passage_store.list_headings(connection, media_id, version=media.version, limit=MAX_ENTRIES)
    return Contents(version=media.version, items=merge(media.chapters, headings)[:MAX_ENTRIES])


def merge(chapters: Sequence[Chapter], headings: Sequence[Heading]) -> list[ContentsItem]:
    """Return the entries of both. A chapter that starts with a heading is one entry, with the title of the chapter."""
    highest = min((heading.level for heading in headings), default=1)
    titles = {chapter.start: chapter.title for chapter in chapters}
    entries = {
        chapter.start: ContentsItem(title=chapter.title, level=1, start=chapter.start, page=None)
        for chapter in chapters
    }
    for heading in headings:
        title = titles.get(heading.start) or " ".join(heading.title.split())[:MAX_TITLE_CHARACTERS]
        if title:
            entries[heading.start] = ContentsItem(
                title=title, level=heading.level - highest + 1, start=heading.start, page=heading.page or None
            )
    return [entries[start] for start in sorted(entries)]
