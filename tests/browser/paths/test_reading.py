"""Reading: a long text, a PDF whose address runs out, and how it all looks."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import barriers, refusals, too_wide


def test_of_a_long_text_what_is_near_is_loaded(seen: dict[str, Any]) -> None:
    assert seen["lastChapter"].startswith("Chapter 40")
    assert seen["missing"] > 0


def test_pages_come_from_a_fresh_address_when_the_old_one_is_refused(seen: dict[str, Any]) -> None:
    assert seen["expired"]["refused"] >= 1
    assert seen["expired"]["fresh"] >= 1
    assert seen["shownInPlace"] == [], "a page that could not be drawn says why in its place"


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen, expected="403") == []
