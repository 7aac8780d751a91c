"""Using the page with the keyboard only, and what screen readers announce."""

from __future__ import annotations

from typing import Any

from tests.browser.test_journey import are_consecutive, words
from tests.support import account_fixtures
from tests.support.page_driver import unexpected_errors, violations


def test_a_dialog_keeps_the_focus_and_restores_it(observed: dict[str, Any]) -> None:
    assert all(observed["dialog"]["areInside"])
    assert observed["dialog"]["focusedAfter"] == observed["dialog"]["focusedBefore"]


def test_a_screen_is_announced_after_the_first_one(observed: dict[str, Any]) -> None:
    assert observed["announcedOnLoad"] == []
    assert "Library" in observed["announcedInTheLibrary"]


def test_a_document_is_played_faster_by_keyboard(observed: dict[str, Any]) -> None:
    assert observed["focusedAfterSelecting"].endswith("> Speed: 1.1×"), "the menu restores the focus to its button"
    assert observed["focusedAfterEscape"] == observed["focusedAfterSelecting"]
    assert are_consecutive(observed["spokenAtHigherSpeed"], words(account_fixtures.LETTERS))


def test_the_start_of_a_generation_is_announced_and_never_its_words(observed: dict[str, Any]) -> None:
    assert "Generating audio…" in observed["announced"]
    assert observed["announcedWhileSpeaking"] == []


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), unexpected_errors(observed)) == ({}, [])
