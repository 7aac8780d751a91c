"""Annotations: highlights, notes and bookmarks in a text, their list and their export."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors

PASSAGE = "nobody counts the waves"


def test_a_selection_is_highlighted_and_kept(observed: dict[str, Any]) -> None:
    assert observed["highlighted"] == observed["afterReload"] == PASSAGE


def test_a_highlight_that_is_pressed_is_noted_and_recoloured(observed: dict[str, Any]) -> None:
    assert observed["isPressed"] == "true"
    assert observed["recoloured"] == [PASSAGE, ""]


def test_a_key_sets_and_removes_a_bookmark(observed: dict[str, Any]) -> None:
    assert observed["bookmarked"].startswith("Lighthouses")
    assert observed["unmarked"] == ""


def test_annotations_are_listed_and_exported(observed: dict[str, Any]) -> None:
    assert observed["listed"][0].startswith("Lighthouses")
    assert observed["listed"][1] == PASSAGE
    assert observed["exported"]["names"] == ["letters.md", "letters.jsonld"]
    assert f"> {PASSAGE}\n\nWho would?" in observed["exported"]["markdown"]
    assert observed["exported"]["selectors"][1] == PASSAGE


def test_no_screen_is_too_wide_or_has_errors(observed: dict[str, Any]) -> None:
    assert (too_wide(observed), unexpected_errors(observed)) == ([], [])
