"""Nothing but the keyboard, and what a screen reader is told."""

from __future__ import annotations

from typing import Any

from tests.browser.test_journey import follow_each_other, words
from tests.support import account_fixtures
from tests.support.page_driver import barriers, refusals


def test_a_dialog_keeps_the_focus_and_gives_it_back(seen: dict[str, Any]) -> None:
    assert all(seen["dialog"]["inside"])
    assert seen["dialog"]["after"] == seen["dialog"]["before"]


def test_a_room_is_announced_when_one_comes_from_another(seen: dict[str, Any]) -> None:
    assert seen["announcedAtFirst"] == []
    assert "Library" in seen["announcedInTheLibrary"]


def test_keys_alone_lead_to_hearing_a_document_faster(seen: dict[str, Any]) -> None:
    assert seen["speed"].endswith("> Speed: 1.1×"), "the menu gives the focus back to its button"
    assert seen["afterMenu"] == seen["speed"]
    assert follow_each_other(seen["heardFaster"], words(account_fixtures.LETTERS))


def test_how_far_a_reading_is_made_is_announced_and_never_its_words(seen: dict[str, Any]) -> None:
    assert "Preparing the first words" in seen["announced"]
    assert seen["announcedMeanwhile"] == []


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), refusals(seen)) == ({}, [])
