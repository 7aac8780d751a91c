"""The reading text of a media: kept in passages, read whole or in part."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel

from chalicelib.library import passages, search_index, store
from chalicelib.library.model import Chapter, Status
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError

# UTF-8 takes up to four bytes for each, and Lambda's answers hold 6 MB with everything.
MAX_RESPONSE_CHARACTERS = 500_000
MAX_PARAGRAPH_CHARACTERS = 20_000  # as long is looked for the beginning of the next one; longer ones are cut
_GAP = "\n\n"  # between paragraphs


class MediaText(BaseModel):
    """What will be read aloud. `start` and `end` say which code points of the whole `text` holds, `length` how many the whole
    has; `pages` is 0 for documents that have none.
    """

    pages: int
    chapters: list[Chapter]
    text: str
    start: int
    end: int
    length: int


class ReadableMedia(BaseModel):
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
    pieces = passages.split_text(text, ends) if text else []
    store.replace_passages(connection, owner_id, media_id, pieces)
    search_index.replace(connection, media_id, pieces)


def get_readable(connection: Connection, media_id: UUID) -> ReadableMedia:
    """Raises NotFoundError, or ConflictError when there is nothing to read (yet): `not_ready`, `no_text`, `no_text_layer`."""
    facts = store.get_text_summary(connection, media_id)
    if facts is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    if facts.status != Status.READY:
        raise ConflictError(f"{facts.title!r} is {facts.status}; it can be read once it is ready.", code="not_ready")
    if not facts.text_length:
        for note in facts.notes:
            if note["code"] == "no_text_layer":
                raise ConflictError(f"{facts.title!r} cannot be read aloud. {note['detail']}", code="no_text_layer")
        raise ConflictError(f"{facts.title!r} has no text that could be read aloud.", code="no_text")
    return ReadableMedia(
        title=facts.title,
        language=facts.language or "en",
        length=facts.text_length,
        chapters=[Chapter.model_validate(chapter) for chapter in facts.chapters],
    )


def get_slice(connection: Connection, media_id: UUID, start: int, end: int) -> str:
    """The code points from `start` to `end` of a reading text."""
    pieces = store.list_passages(connection, media_id, start, end)
    if not pieces:
        return ""
    offset = pieces[0].text_start
    return "".join(piece.body for piece in pieces)[start - offset : end - offset]


def get_whole(owner_id: UUID, media_id: UUID) -> MediaText:
    """The reading text. Raises NotFoundError, ConflictError, and InvalidError when it is too long for one answer."""
    with database.transaction(owner_id) as connection:
        facts = get_readable(connection, media_id)
        if facts.length > MAX_RESPONSE_CHARACTERS:
            raise _too_long(f"The text of {facts.title!r}", facts.length, 0)
        return _answer(connection, media_id, facts, get_slice(connection, media_id, 0, facts.length), 0)


def get_part(owner_id: UUID, media_id: UUID, start: int, end: int | None) -> MediaText:
    """What stands between `start` and `end`, each moved on to where the next paragraph begins; less when that is more than one
    answer holds, nothing behind the end of the text. Raises NotFoundError and ConflictError.
    """
    with database.transaction(owner_id) as connection:
        facts = get_readable(connection, media_id)
        first = min(start, facts.length)
        last = min(facts.length, first + MAX_RESPONSE_CHARACTERS, facts.length if end is None else end)
        offset = max(0, first - len(_GAP))
        text = get_slice(connection, media_id, offset, last + MAX_PARAGRAPH_CHARACTERS)
        first, last = (offset + _beginning(text, place - offset) for place in (first, last))
        return _answer(connection, media_id, facts, text[first - offset : last - offset], first)


def _beginning(text: str, place: int) -> int:
    """Where the first paragraph at or behind a place begins; the place itself when none does for long."""
    if place in (0, len(text)):
        return place
    found = text.find(_GAP, max(0, place - len(_GAP)), place + MAX_PARAGRAPH_CHARACTERS)
    if found >= 0:
        return found + len(_GAP)
    return len(text) if len(text) < place + MAX_PARAGRAPH_CHARACTERS else place


def get_page(owner_id: UUID, media_id: UUID, number: int) -> MediaText:
    """One page of the reading text. Raises NotFoundError and ConflictError."""
    with database.transaction(owner_id) as connection:
        facts = get_readable(connection, media_id)
        pieces = store.list_page_passages(connection, media_id, number)
        if not pieces:
            pages = store.get_last_page(connection, media_id)
            has = f"{pages} pages" if pages else "none; ask for the whole text"
            raise NotFoundError(f"There is no page {number}: {facts.title!r} has {has}.")
        text, start = "".join(piece.body for piece in pieces), pieces[0].text_start
        if len(text) > MAX_RESPONSE_CHARACTERS:
            raise _too_long(f"Page {number} of {facts.title!r}", len(text), start)
        return _answer(connection, media_id, facts, text, start)


def _too_long(what: str, length: int, start: int) -> UnprocessableContentError:
    return UnprocessableContentError(
        f"{what} has {length:,} characters, and one answer holds {MAX_RESPONSE_CHARACTERS:,}: ask for parts with ?start={start}, "
        "and on from each part's end.",
        code="text_too_long",
    )


def _answer(connection: Connection, media_id: UUID, facts: ReadableMedia, text: str, start: int) -> MediaText:
    return MediaText(
        pages=store.get_last_page(connection, media_id),
        chapters=facts.chapters,
        text=text,
        start=start,
        end=start + len(text),
        length=facts.length,
    )
