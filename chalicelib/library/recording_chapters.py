"""The chapters that an uploaded sound or video has in itself."""

from __future__ import annotations

from uuid import UUID

from chalicelib.library import access, store
from chalicelib.platform.db import database
from chalicelib.platform.lazy_model import LazyModel


class FileChapter(LazyModel):
    """A chapter, until the next one starts. The title may be empty."""

    title: str
    start_ms: int


class FileChapters(LazyModel):
    """The chapters of a recording, in order."""

    items: list[FileChapter]


def get(owner_id: UUID, media_id: UUID) -> FileChapters:
    """Return the chapters of an uploaded recording; none for a document, whose chapters are in its contents.

    Raises NotFoundError and ConflictError (`not_ready`).
    """
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        chapters = store.list_recording_chapters(connection, media_id)
    return FileChapters(items=[FileChapter.model_validate(chapter) for chapter in chapters])
