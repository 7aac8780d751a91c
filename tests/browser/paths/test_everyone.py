"""WCAG 2.2 AA where axe-core does not look: with a keyboard, a finger, large letters, a narrow window, colours of one's own."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import barriers, refusals, too_wide


def wrong(seen: dict[str, Any], what: str) -> dict[str, list[str]]:
    return {room: found[what] for room, found in seen["rooms"].items() if found[what]}


def test_where_the_focus_is_can_be_seen_in_every_room(seen: dict[str, Any]) -> None:
    assert wrong(seen, "focus") == {}


def test_what_a_finger_presses_is_large_enough(seen: dict[str, Any]) -> None:
    assert wrong(seen, "targets") == {}


def test_nothing_is_cut_off_with_letters_twice_as_large(seen: dict[str, Any]) -> None:
    assert wrong(seen, "large") == {}


def test_nothing_is_cut_off_in_a_window_of_320_pixels(seen: dict[str, Any]) -> None:
    assert wrong(seen, "narrow") == {}


def test_player_and_dialogs_are_used_with_large_letters_and_in_a_narrow_window(seen: dict[str, Any]) -> None:
    assert seen["used"] == 2


def test_words_that_are_lit_are_not_announced(seen: dict[str, Any]) -> None:
    assert len(seen["heard"]) > 4
    assert seen["announced"] == []


def test_nothing_moves_for_those_who_want_no_movement(seen: dict[str, Any]) -> None:
    assert seen["movedBefore"] > 0, "nothing moves for anybody: this shows nothing"
    assert seen["moved"] == []
    assert len(seen["positions"]) == 2, "the page goes to the words at once"


def test_states_are_seen_without_backgrounds(seen: dict[str, Any]) -> None:
    assert [name for name, alike in seen["alike"].items() if alike] == []


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen) == []
