"""The reading text of a media: kept in passages, read whole or in part."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from chalicelib.library import passages, store
from chalicelib.library.model import Chapter, Status
from chalicelib.library.search import index
from chalicelib.platform import database
from chalicelib.platform.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError


class MediaText(BaseModel):
    """What will be read aloud. `start` and `end` say which code points of the whole `text` holds; `pages` is 0 for documents
    that have none.
    """

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
    """Keep a reading text and let it be found, as well as the title; `ends` are the ends of its pages, the last one its length;
    none for a text without pages.

    To be called for every media that becomes ready, after its title and language are written: one without text is found by its
    title.
    """
    pieces = passages.cut(text, ends) if text else []
    store.replace_passages(connection, owner_id, media_id, pieces)
    index.replace(connection, media_id, pieces)


def readable(connection: Connection, media_id: UUID) -> Readable:
    """Raises NotFoundError, or ConflictError when there is nothing to read (yet): `not_ready`, `no_text`, `no_text_layer`."""
    facts = store.find_text_facts(connection, media_id)
    if facts is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if facts.status != Status.READY:
        raise ConflictError(f"{facts.title!r} is {facts.status}; it can be read once it is ready.", code="not_ready")
    if not facts.text_length:
        for note in facts.notes:
            if note["code"] == "no_text_layer":
                raise ConflictError(f"{facts.title!r} cannot be read aloud. {note['detail']}", code="no_text_layer")
        raise ConflictError(f"{facts.title!r} has no text that could be read aloud.", code="no_text")
    return Readable(
        title=facts.title,
        language=facts.language or "en",
        length=facts.text_length,
        chapters=[Chapter.model_validate(chapter) for chapter in facts.chapters],
    )


def between(connection: Connection, media_id: UUID, start: int, end: int) -> str:
    """The code points from `start` to `end` of a reading text."""
    pieces = store.passages_between(connection, media_id, start, end)
    if not pieces:
        return ""
    offset = pieces[0].text_start
    return "".join(piece.body for piece in pieces)[start - offset : end - offset]


def get(owner_id: UUID, media_id: UUID, *, page: int | None) -> MediaText:
    """The reading text, whole or one page. Raises NotFoundError and ConflictError."""
    with database.transaction(owner_id) as connection:
        facts = readable(connection, media_id)
        all_pages = store.last_page(connection, media_id)
        if page is None:
            text, start = between(connection, media_id, 0, facts.length), 0
        else:
            pieces = store.passages_of_page(connection, media_id, page)
            if not pieces:
                has = f"{all_pages} pages" if all_pages else "none; ask for the whole text"
                raise NotFoundError(f"There is no page {page}: {facts.title!r} has {has}.")
            text, start = "".join(piece.body for piece in pieces), pieces[0].text_start
    return MediaText(pages=all_pages, chapters=facts.chapters, text=text, start=start, end=start + len(text))
