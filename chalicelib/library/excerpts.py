"""Excerpts: exact parts of a text, for programs that read on from where a search found something."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from chalicelib.library import store, texts
from chalicelib.platform.db import database


class Excerpt(NamedTuple):
    """A part of a text; `start` and `end` are its offsets in code points, `length` is that of the whole text."""

    text: str
    start: int
    end: int
    length: int


def get(owner_id: UUID, media_id: UUID, start: int, *, characters: int) -> Excerpt:
    """Return so many characters of the current text; none beyond its end. Raises NotFoundError and ConflictError."""
    with database.transaction(owner_id) as connection:
        media = texts.get_readable(connection, media_id)
        store.update_opened(connection, media_id)
        first, last = min(start, media.length), min(start + characters, media.length)
        text = texts.get_slice(connection, media_id, first, last, version=media.version)
    return Excerpt(text, first, last, media.length)
