"""Places in a media: how far they are, and when a reader was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.library import place
from chalicelib.library.place import MediaExtent, Place
from chalicelib.platform.errors import UnprocessableContentError

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
BOOK = MediaExtent("Book", 1_000, 300, None)
SCAN = MediaExtent("Scan", 0, 20, None)
SONG = MediaExtent("Song", 0, None, 60_000)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


@pytest.mark.parametrize(
    ("page", "fraction"), [(1, 0.0), (151, 0.5), (299, 298 / 300), (300, 1.0)]
)  # nothing follows the last page
def test_a_page_is_as_far_as_the_pages_before_it(page: int, fraction: float) -> None:
    assert place.at_page(BOOK, page, page_start=3 * page) == Place(3 * page, page, None, fraction)


def test_a_page_behind_the_last_text_is_at_its_end() -> None:
    assert place.at_page(BOOK, 300, page_start=None).text_offset == BOOK.text_length
    assert place.at_page(SCAN, 7, page_start=None) == Place(0, 7, None, 6 / 20)


def test_an_offset_and_a_time_are_fractions_of_the_whole() -> None:
    assert place.at_offset(BOOK, 250, page=80) == Place(250, 80, None, 0.25)
    assert place.at_time(SONG, 15_000) == Place(0, None, 15_000, 0.25)
    assert place.at_time(SONG, 60_400).fraction == 1.0  # players report a moment after the end


@pytest.mark.parametrize(
    ("extent", "values", "value"),
    [
        (BOOK, {"text_offset": 1_001}, "1,001"),
        (BOOK, {"page": 301}, "301"),
        (SONG, {"time_ms": 61_001}, "61,001"),
        (SCAN, {"text_offset": 1}, "no text"),
        (SONG, {"page": 1}, "no pages"),
        (BOOK, {"time_ms": 1}, "no duration"),
    ],
)
def test_a_place_outside_of_the_media_is_rejected_by_name(
    extent: MediaExtent, values: dict[str, int], value: str
) -> None:
    with pytest.raises(UnprocessableContentError, match=value) as raised:
        place.check_range(extent, **{"text_offset": None, "page": None, "time_ms": None, **values})
    assert raised.value.code == "position_out_of_range"


def test_the_limits_are_places_themselves() -> None:
    place.check_range(BOOK, text_offset=1_000, page=300, time_ms=None)
    place.check_range(SONG, text_offset=None, page=None, time_ms=61_000)
    place.check_range(SCAN, text_offset=0, page=20, time_ms=None)


def test_a_clock_that_is_believed_cannot_be_ahead() -> None:
    assert place.settle_time(NOW - minutes(3), None, now=NOW) == NOW - minutes(3)
    assert place.settle_time(NOW + minutes(3), None, now=NOW) == NOW


@pytest.mark.parametrize("error", [timedelta(0), minutes(-90), minutes(90), timedelta(days=-4_000)])
def test_the_age_of_a_place_counts_whatever_the_clock_says(error: timedelta) -> None:
    clock = NOW + error
    assert place.settle_time(clock - minutes(5), clock, now=NOW) == NOW - minutes(5)


def test_a_place_from_after_its_request_is_of_now_and_no_age_leaves_the_calendar() -> None:
    assert place.settle_time(NOW + minutes(5), NOW, now=NOW) == NOW
    ancient = place.settle_time(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), now=NOW)
    assert ancient == NOW - place.MAX_AGE
