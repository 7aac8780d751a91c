"""The reading text of a media: kept page by page, read whole or in part."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from chalicelib.library import store
from chalicelib.library.model import Chapter, Status
from chalicelib.library.store import Page
from chalicelib.platform import database
from chalicelib.platform.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError


class MediaText(BaseModel):
    """What will be read aloud. `start` and `end` say which code points of the whole `text` holds."""

    pages: int
    chapters: list[Chapter]
    text: str
    start: int
    end: int


class Readable(BaseModel):
    """What a reading needs to know of a media before it begins."""

    title: str
    language: str
    length: int
    chapters: list[Chapter]


def save(connection: Connection, owner_id: UUID, media_id: UUID, text: str, ends: Sequence[int]) -> None:
    """Keep a reading text; `ends` are the ends of its pages, the last one its length."""
    starts = [0, *ends[:-1]]
    pages = [Page(n, start, end, text[start:end]) for n, (start, end) in enumerate(zip(starts, ends, strict=True), 1)]
    store.replace_pages(connection, owner_id, media_id, pages)


def readable(connection: Connection, media_id: UUID) -> Readable:
    """Raises NotFoundError, or ConflictError when there is nothing to read (yet)."""
    facts = store.find_text_facts(connection, media_id)
    if facts is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if facts.status != Status.READY:
        raise ConflictError(f"{facts.title!r} is {facts.status}; it can be read once it is ready.", code="not_ready")
    if not facts.text_length:
        raise ConflictError(
            f"{facts.title!r} has no text that could be read aloud. A scan needs text recognition (OCR) first.",
            code="no_text",
        )
    return Readable(
        title=facts.title, language=facts.language or "en", length=facts.text_length, chapters=store.chapters(facts)
    )


def between(connection: Connection, media_id: UUID, start: int, end: int) -> str:
    """The code points from `start` to `end` of a reading text."""
    pages = store.pages_between(connection, media_id, start, end)
    if not pages:
        return ""
    offset = pages[0].text_start
    return "".join(page.body for page in pages)[start - offset : end - offset]


def get(owner_id: UUID, media_id: UUID, *, page: int | None) -> MediaText:
    """The reading text, whole or one page. Raises NotFoundError and ConflictError."""
    with database.transaction(owner_id) as connection:
        facts = readable(connection, media_id)
        all_pages = store.count_pages(connection, media_id)
        if page is None:
            return MediaText(
                pages=all_pages,
                chapters=facts.chapters,
                text=between(connection, media_id, 0, facts.length),
                start=0,
                end=facts.length,
            )
        found = store.find_page(connection, media_id, page)
    if found is None:
        raise NotFoundError(f"There is no page {page}; {facts.title!r} has {all_pages}.")
    return MediaText(
        pages=all_pages, chapters=facts.chapters, text=found.body, start=found.text_start, end=found.text_end
    )
