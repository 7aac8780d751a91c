"""The reading text of a media: stored in passages, returned whole or in part."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chalicelib.library import access, passages, search_index, store
from chalicelib.library.model import Chapter
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import ConflictError, NotFoundError, UnprocessableContentError
from chalicelib.platform.lazy_model import LazyModel

# UTF-8 takes up to four bytes a character, and a Lambda response holds 6 MB in all.
MAX_RESPONSE_CHARACTERS = 500_000
MAX_PARAGRAPH_CHARACTERS = 20_000  # the next paragraph is looked for this far; a longer one is split
_GAP = "\n\n"  # between paragraphs


class MediaText(LazyModel):
    """The text to be read aloud, or a part of it. `start` and `end` are the part's offsets in code points, `length` is that of
    the whole text; `pages` is 0 for documents without pages.
    """

    pages: int
    chapters: list[Chapter]
    text: str
    start: int
    end: int
    length: int


class ReadableMedia(LazyModel):
    """A ready media that has text, as a speech job needs it."""

    title: str
    language: str
    length: int
    chapters: list[Chapter]


def save(connection: Connection, owner_id: UUID, media_id: UUID, text: str, page_ends: Sequence[int]) -> None:
    """Store a reading text and index it together with the title.

    `page_ends` are offsets, the last one the text's length; empty for a text without pages. Call it for every media that becomes
    ready, after its title and language are stored: media without text are found by their titles.
    """
    rows = passages.split_text(text, page_ends) if text else []
    store.replace_passages(connection, owner_id, media_id, rows)
    search_index.replace(connection, media_id, rows)


def get_readable(connection: Connection, media_id: UUID) -> ReadableMedia:
    """Raises NotFoundError, and ConflictError if there is no text to read (yet): `not_ready`, `no_text`, `no_text_layer`."""
    access.require_open(connection, media_id)
    summary = store.get_text_summary(connection, media_id)
    assert summary is not None  # noqa: S101 - it is open
    if not summary.text_length:
        for note in summary.notes:
            if note["code"] == "no_text_layer":
                raise ConflictError(f"{summary.title!r} cannot be read aloud. {note['detail']}", code="no_text_layer")
        raise ConflictError(f"{summary.title!r} contains no text to read aloud.", code="no_text")
    return ReadableMedia(
        title=summary.title,
        language=summary.language or "en",
        length=summary.text_length,
        chapters=[Chapter.model_validate(chapter) for chapter in summary.chapters],
    )


def get_slice(connection: Connection, media_id: UUID, start: int, end: int) -> str:
    """Return the code points from `start` to `end` of a reading text."""
    rows = store.list_passages(connection, media_id, start, end)
    if not rows:
        return ""
    offset = rows[0].text_start
    return "".join(row.body for row in rows)[start - offset : end - offset]


def get_whole(owner_id: UUID, media_id: UUID) -> MediaText:
    """Raises NotFoundError, ConflictError, and UnprocessableContentError if the text is too long for one response."""
    with database.transaction(owner_id) as connection:
        media = get_readable(connection, media_id)
        if media.length > MAX_RESPONSE_CHARACTERS:
            raise _too_long_error(f"The text of {media.title!r}", media.length, 0)
        return _to_media_text(connection, media_id, media, get_slice(connection, media_id, 0, media.length), 0)


def get_part(owner_id: UUID, media_id: UUID, start: int, end: int | None) -> MediaText:
    """Return a part of the text; `start` and `end` move to the next start of a paragraph.

    Returns less if that does not fit into one response, and an empty text beyond the end. Raises NotFoundError and ConflictError.
    """
    with database.transaction(owner_id) as connection:
        media = get_readable(connection, media_id)
        first = min(start, media.length)
        last = min(media.length, first + MAX_RESPONSE_CHARACTERS, media.length if end is None else end)
        offset = max(0, first - len(_GAP))
        text = get_slice(connection, media_id, offset, last + MAX_PARAGRAPH_CHARACTERS)
        first, last = (offset + _paragraph_start(text, position - offset) for position in (first, last))
        return _to_media_text(connection, media_id, media, text[first - offset : last - offset], first)


def _paragraph_start(text: str, position: int) -> int:
    """Return where the next paragraph starts; the position itself if none starts soon enough."""
    if position in (0, len(text)):
        return position
    gap = text.find(_GAP, max(0, position - len(_GAP)), position + MAX_PARAGRAPH_CHARACTERS)
    if gap >= 0:
        return gap + len(_GAP)
    return len(text) if len(text) < position + MAX_PARAGRAPH_CHARACTERS else position


def get_page(owner_id: UUID, media_id: UUID, number: int) -> MediaText:
    """Return one page of the reading text. Raises NotFoundError and ConflictError."""
    with database.transaction(owner_id) as connection:
        media = get_readable(connection, media_id)
        rows = store.list_page_passages(connection, media_id, number)
        if not rows:
            pages = store.get_last_page(connection, media_id)
            hint = f"its pages are 1 to {pages}" if pages else "it has no pages, so get the whole text"
            raise NotFoundError(f"{media.title!r} has no page {number}: {hint}.")
        text, start = "".join(row.body for row in rows), rows[0].text_start
        if len(text) > MAX_RESPONSE_CHARACTERS:
            raise _too_long_error(f"Page {number} of {media.title!r}", len(text), start)
        return _to_media_text(connection, media_id, media, text, start)


def _too_long_error(subject: str, length: int, start: int) -> UnprocessableContentError:
    return UnprocessableContentError(
        f"{subject} has {length:,} characters, and one response holds {MAX_RESPONSE_CHARACTERS:,}. Get it in parts: the first "
        f"with ?start={start}, each next one with the end of the one before.",
        code="text_too_long",
    )


def _to_media_text(connection: Connection, media_id: UUID, media: ReadableMedia, text: str, start: int) -> MediaText:
    return MediaText(
        pages=store.get_last_page(connection, media_id),
        chapters=media.chapters,
        text=text,
        start=start,
        end=start + len(text),
        length=media.length,
    )
