"""Ways to add files, and viewing files without text."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_files_are_dropped_pasted_photographed_and_retried(observed: dict[str, Any]) -> None:
    assert observed["camera"] == "image/*"
    assert observed["fileButtons"] == 1, (
        "a photo is taken with a phone, and the inputs behind the buttons are no controls"
    )
    fitted, full_size, fitted_again = observed["imageWidths"]
    assert (full_size, fitted_again) == (2_400, fitted)
    assert fitted <= 1_200
    assert re.fullmatch(r"0:00 of 0:0[1-9]|0:00 of \d?[1-9]:\d\d|0:00 of 0:[1-5]\d", observed["audioPosition"])


def test_a_file_that_is_being_checked_stays_in_the_list_after_a_reload(observed: dict[str, Any]) -> None:
    assert observed["afterReload"] == "reloaded.txt"


def test_the_result_of_each_upload_is_announced(observed: dict[str, Any]) -> None:
    for name in ("dropped.txt", "pasted.txt", "film.webm"):
        assert f"{name} is ready." in observed["announced"]
    assert [text for text in observed["announced"] if text.startswith("hostile.pdf was rejected. ")]


def test_what_another_app_shares_is_added_once_the_user_agrees(observed: dict[str, Any]) -> None:
    assert observed["received"] == ["Add 2 files?", ["Café & 50 %.txt", "50%25 of it #2.txt"]]
    assert observed["addedUnasked"] == 0
    assert observed["stillReceived"] == ["", False]
    assert observed["receivedAddress"] == "https://example.org/ice"
    text, title = observed["receivedText"]
    assert (text, title) == (("The sea goes up. " * 2000).strip(), "The sea")


def test_a_rejected_file_shows_the_reason_in_the_list_and_on_its_screen(observed: dict[str, Any]) -> None:
    assert "declared as a PDF, but it is a PNG picture" in observed["reason"]
    assert "This file was rejected" in observed["rejectedScreen"]
    assert observed["reason"] in observed["rejectedScreen"]


def test_a_video_is_loaded_in_ranges_played_and_sought(observed: dict[str, Any]) -> None:
    film = observed["film"]
    assert film["played"] < 5
    assert film["durationS"] == pytest.approx(24, abs=0.5)
    assert 20.1 < film["sought"] < 22
    assert film["isPaused"]
    assert [status for status, _ in film["ranges"] if status not in (302, 206)] == []
    assert [content_range for status, content_range in film["ranges"] if status == 206]


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed, expected_status="400") == []
