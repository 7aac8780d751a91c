"""Models of the change feed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chalicelib.platform.lazy_model import LazyModel

MAX_CURSOR_DAYS = 30  # a device that was away for longer loads everything again
RETENTION_DAYS = MAX_CURSOR_DAYS + 1  # the migration's policy names it, too: older than the longest transaction by far


class ChangeKind(StrEnum):
    """The resources whose changes are listed."""

    MEDIA = "media"
    JOB = "job"
    ANNOTATION = "annotation"
    POSITION = "position"
    COLLECTION = "collection"


class Change(LazyModel):
    """The last change of a resource: GET it, or forget it if `deleted`.

    `id` is that of the media, job, annotation or collection; a position has the id of its media. `media_id` is null for
    collections.
    """

    kind: ChangeKind
    id: UUID
    media_id: UUID | None
    deleted: bool
    changed_at: datetime


class ChangePage(LazyModel):
    """`next_cursor` continues here, now if `has_more`. It stays the same while nothing changes."""

    items: list[Change]
    next_cursor: str
    has_more: bool
