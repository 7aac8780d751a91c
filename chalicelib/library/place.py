"""A place in a media: how far it is, and when its reader was there. Pure functions of values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.platform.errors import UnprocessableContentError

END_TOLERANCE_MS = 1_000  # players round, and report a moment after the end
MAX_AGE = timedelta(days=36_500)  # of a place; an older one is as old as this


@dataclass(frozen=True, slots=True)
class MediaExtent:
    """The extent of a media in its text, in pages and in time. `text_length` is 0 without text."""

    title: str
    text_length: int
    page_count: int | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a media, and the fraction of it that is before: 0 at the beginning, 1 at the end."""

    text_offset: int
    page: int | None
    time_ms: int | None
    fraction: float


def check_range(extent: MediaExtent, *, text_offset: int | None, page: int | None, time_ms: int | None) -> None:
    """Raise UnprocessableContentError (`position_out_of_range`) for a place that the media does not have."""
    if text_offset is not None and text_offset > extent.text_length:
        raise _out_of_range_error(
            f"The text of {extent.title!r} has {extent.text_length:,} characters, so {text_offset:,} is not in it."
            if extent.text_length
            else f"{extent.title!r} has no text. Send `page` or `time_ms` instead of `text_offset`."
        )
    if page is not None and page > (extent.page_count or 0):
        raise _out_of_range_error(
            f"{extent.title!r} has {extent.page_count:,} pages, so there is no page {page:,}."
            if extent.page_count
            else f"{extent.title!r} has no pages. Send `text_offset` or `time_ms` instead of `page`."
        )
    if time_ms is not None and time_ms > (extent.duration_ms or -END_TOLERANCE_MS) + END_TOLERANCE_MS:
        raise _out_of_range_error(
            f"{extent.title!r} lasts {extent.duration_ms:,} ms, so {time_ms:,} ms is after its end."
            if extent.duration_ms
            else f"{extent.title!r} has no duration. Send `text_offset` or `page` instead of `time_ms`."
        )


def at_time(extent: MediaExtent, time_ms: int) -> Place:
    return Place(0, None, time_ms, min(1.0, time_ms / extent.duration_ms) if extent.duration_ms else 0.0)


def at_page(extent: MediaExtent, page: int, *, page_start: int | None) -> Place:
    """Return the place of a page that is looked at. The last page is the end of a media: nothing follows it."""
    count = extent.page_count or page
    fraction = 1.0 if page >= count else (page - 1) / count
    return Place(extent.text_length if page_start is None else page_start, page, None, fraction)


def at_offset(extent: MediaExtent, text_offset: int, *, page: int | None) -> Place:
    return Place(text_offset, page, None, text_offset / extent.text_length if extent.text_length else 0.0)


def settle_time(device_time: datetime, sent_at: datetime | None, *, now: datetime) -> datetime:
    """Return when a reader was at a place, by the clock of the server, so that clocks that differ are no matter.

    `device_time` and `sent_at` are of the same clock: their difference is the age of the place. Without `sent_at` the device's
    clock is believed, but a time in the future is now: a device with a fast clock must not lock the others out.
    """
    if sent_at is None:
        return min(device_time, now)
    return now - min(max(sent_at - device_time, timedelta(0)), MAX_AGE)


def _out_of_range_error(detail: str) -> UnprocessableContentError:
    return UnprocessableContentError(detail, code="position_out_of_range")
