"""Reading: a long text with all backgrounds, a PDF whose URL expires, a scan while its text is recognized, and a comic book."""

from __future__ import annotations

from typing import Any

from tests.browser.test_journey import are_consecutive, words
from tests.support.account_fixtures import LEAVES
from tests.support.page_driver import too_wide, unexpected_errors, violations

MAX_LAYOUT_SHIFT = 0.05  # half of what web.dev calls good


def test_a_long_text_is_loaded_in_parts(observed: dict[str, Any]) -> None:
    assert observed["lastChapter"].startswith("Chapter 40")
    assert observed["placeholderCount"] > 0


def test_all_places_are_found_in_a_text_of_which_a_part_is_loaded(observed: dict[str, Any]) -> None:
    assert observed["found"] == ["Chapter 4", "Chapter 4"]


def test_bars_leave_most_of_a_short_window_to_the_text(observed: dict[str, Any]) -> None:
    assert max(observed["bars"]) <= 0.4


def test_opening_a_document_by_its_address_moves_nothing(observed: dict[str, Any]) -> None:
    assert max(observed["shifts"].values()) <= MAX_LAYOUT_SHIFT, observed["shifts"]


def test_a_picture_with_an_expired_address_gets_a_fresh_one(observed: dict[str, Any]) -> None:
    picture = observed["picture"]
    assert (picture["sections"], picture["rejected"]) == (2, 1)
    assert picture["width"] > 0


def test_a_book_is_printed_whole_and_without_bars(observed: dict[str, Any]) -> None:
    assert observed["printed"]["missing"] == 0
    assert observed["printed"]["end"].endswith("goes up and down.")
    assert observed["printedBars"] == 0


def test_pages_are_loaded_with_a_fresh_url_when_the_old_one_is_rejected(observed: dict[str, Any]) -> None:
    assert observed["expired"]["rejected"] >= 1
    assert observed["expired"]["fresh"] >= 1
    assert observed["pageErrors"] == [], "a page that cannot be rendered shows the reason"


def test_the_place_is_kept_without_listening(observed: dict[str, Any]) -> None:
    place = observed["place"]
    assert (place["address"], place["reloaded"], place["continued"]) == ("page=150", "150", "150")
    assert "pages" in place["shelf"]
    assert "93%" in place["shelf"]  # 149 of 160 pages
    assert place["isTextInView"]
    assert place["late"] == {"shelves": 0, "moved": 0}, "what begins elsewhere moves nothing that is shown"


def test_a_scan_is_read_like_a_printed_page_once_it_is_recognized(observed: dict[str, Any]) -> None:
    assert "being recognized" in observed["recognizing"]
    assert observed["selected"].startswith(LEAVES[0])
    assert any("harbour master counted" in option for option in observed["pressed"])


def test_the_words_of_a_scan_are_lit_on_its_page_while_they_are_spoken(observed: dict[str, Any]) -> None:
    assert are_consecutive(observed["lit"], words(" ".join(LEAVES))), observed["lit"]


def test_the_pages_of_a_comic_book_are_shown_in_order(observed: dict[str, Any]) -> None:
    assert observed["comic"] == [[f"Page {number}", 120] for number in (1, 2, 3, 4)]


def test_a_comic_book_opens_at_the_page_where_it_was_left(observed: dict[str, Any]) -> None:
    place = observed["comicPlace"]
    assert place["page"] > 1
    assert (place["address"], place["opened"]) == (f"page={place['page']}", place["page"])


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed, expected_status="403") == []
