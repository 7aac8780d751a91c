"""Keep the position of a media's reader. Recordings of the media resume there, and leave theirs here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from chalicelib.library import access, media, place, position_store
from chalicelib.library.model import MediaPosition
from chalicelib.library.place import Place
from chalicelib.library.position_store import ReadingPosition
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.errors import NotFoundError
from chalicelib.platform.lazy_model import LazyModel

MAX_ZOOM = 10
MIN_ZOOM = 0.1
_Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class NewMediaPosition(LazyModel):
    """The place where a reader is: in the text, on a page, or at a time of an audio or video file; one of them at least.

    `text_offset` counts code points of the current text. Without it, a page is the place where its text starts. `zoom` is that of
    the page, 1 being as wide as the window. `device_time`: when the reader was there, by the device's clock; the latest counts.
    `sent_at`: the time of the request by the same clock. With it, positions of devices with wrong clocks are in order, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_offset: _Count | None = None
    page: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    time_ms: _Count | None = None
    zoom: Annotated[float, Field(ge=MIN_ZOOM, le=MAX_ZOOM)] | None = None
    device_time: AwareDatetime
    sent_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _is_a_place(self) -> Self:
        if self.text_offset is None and self.page is None and self.time_ms is None:
            raise ValueError("A position needs a text_offset, a page or a time_ms.")
        return self


def update(owner_id: UUID, media_id: UUID, new: NewMediaPosition) -> MediaPosition:
    """Store a position unless a later one is stored; return the stored one.

    Raises NotFoundError, ConflictError (`not_ready`), and UnprocessableContentError (`position_out_of_range`) for a place that
    the media does not have.
    """
    time = place.settle_time(new.device_time, new.sent_at, now=datetime.now(UTC))
    with database.transaction(owner_id) as connection:
        access.require_open(connection, media_id)
        current = _find_place(connection, media_id, new)
        position = ReadingPosition(current.text_offset, past_ms=0, device_time=time)
        position_store.upsert(connection, owner_id, media_id, position, current, zoom=new.zoom)
        stored = media.load(connection, media_id).position
    assert stored is not None  # noqa: S101 - one was stored
    return stored


def save_heard(connection: Connection, owner_id: UUID, media_id: UUID, position: ReadingPosition) -> None:
    """Store the position of a listener unless a later one is stored."""
    current = _place_at_offset(connection, media_id, position.text_offset)
    position_store.upsert(connection, owner_id, media_id, position, current, zoom=None)


def _find_place(connection: Connection, media_id: UUID, new: NewMediaPosition) -> Place:
    extent = position_store.get_extent(connection, media_id)
    if extent is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    place.check_range(extent, text_offset=new.text_offset, page=new.page, time_ms=new.time_ms)
    if new.time_ms is not None:
        return place.at_time(extent, new.time_ms)
    if new.text_offset is None and new.page is not None:
        return place.at_page(extent, new.page, page_start=position_store.get_page_start(connection, media_id, new.page))
    offset = new.text_offset or 0
    return place.at_offset(extent, offset, page=new.page or position_store.get_page_at(connection, media_id, offset))


def _place_at_offset(connection: Connection, media_id: UUID, text_offset: int) -> Place:
    extent = position_store.get_extent(connection, media_id)
    if extent is None:
        raise NotFoundError(f"There is no media with the id {media_id}.")
    return place.at_offset(extent, text_offset, page=position_store.get_page_at(connection, media_id, text_offset))
