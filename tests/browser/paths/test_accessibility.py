"""WCAG 2.2 AA beyond axe-core: keyboard, touch, large text, a narrow window, reduced motion, forced colours."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors, violations


def faults(observed: dict[str, Any], check: str) -> dict[str, list[str]]:
    """Return the faults that a check found, by screen."""
    return {screen: checks[check] for screen, checks in observed["screenChecks"].items() if checks[check]}


def test_the_focus_is_visible_on_every_screen(observed: dict[str, Any]) -> None:
    assert faults(observed, "focus") == {}


def test_touch_targets_are_large_enough(observed: dict[str, Any]) -> None:
    assert faults(observed, "targets") == {}


def test_nothing_is_clipped_with_text_twice_as_large(observed: dict[str, Any]) -> None:
    assert faults(observed, "large") == {}


def test_nothing_is_clipped_in_a_window_of_320_pixels(observed: dict[str, Any]) -> None:
    assert faults(observed, "narrow") == {}


def test_player_and_dialogs_work_with_large_text_and_in_a_narrow_window(observed: dict[str, Any]) -> None:
    assert observed["usedModes"] == 2


def test_highlighted_words_are_not_announced(observed: dict[str, Any]) -> None:
    assert len(observed["spoken"]) > 4
    assert observed["announced"] == []


def test_nothing_is_animated_with_reduced_motion(observed: dict[str, Any]) -> None:
    assert observed["animatedByDefault"] > 0, "nothing is animated by default: this proves nothing"
    assert observed["animated"] == []
    assert len(observed["scrollPositions"]) == 2, "the page scrolls to the words at once"


def test_states_are_visible_without_backgrounds(observed: dict[str, Any]) -> None:
    assert [name for name, looks_the_same in observed["sameLook"].items() if looks_the_same] == []


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed) == []
