"""Models of the play queue."""

from __future__ import annotations

from uuid import UUID

from pydantic import ConfigDict

from chalicelib.platform.lazy_model import LazyModel

MAX_ITEMS = 1_000  # a month of listening; all of them are sent at once, ~150 KB


class NewPlayQueue(LazyModel):
    """The whole queue in its new order. A media that is listed again stays at its first place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    media_ids: list[UUID]


class QueuedMedia(LazyModel):
    """A media in the queue, as a list shows it."""

    id: UUID
    title: str
    media_type: str


class PlayQueue(LazyModel):
    """The media that play one after the other. `media` are those of `media_ids`, in the same order.

    Media in the trash are left out; they are back once they are restored.
    """

    media_ids: list[UUID]
    media: list[QueuedMedia]
