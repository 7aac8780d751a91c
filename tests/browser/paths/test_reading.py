"""Reading: a long text with all backgrounds, and a PDF whose URL expires."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_a_long_text_is_loaded_in_parts(observed: dict[str, Any]) -> None:
    assert observed["lastChapter"].startswith("Chapter 40")
    assert observed["placeholderCount"] > 0


def test_pages_are_loaded_with_a_fresh_url_when_the_old_one_is_rejected(observed: dict[str, Any]) -> None:
    assert observed["expired"]["rejected"] >= 1
    assert observed["expired"]["fresh"] >= 1
    assert observed["pageErrors"] == [], "a page that cannot be rendered shows the reason"


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed, expected_status="403") == []
