"""Without a network: kept documents, changes and files that wait, what the browser removed, and a new release of the page."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.page_driver import too_wide, unexpected_errors, violations

MAX_ROUNDING_MS = 500  # the slider has whole seconds


def test_what_has_no_room_is_not_kept_and_that_is_said(observed: dict[str, Any]) -> None:
    (message,) = observed["noSpace"]
    assert re.fullmatch(r"This needs about .* are free on this device\. Remove something else first\.", message), (
        message
    )


def test_a_kept_document_says_its_size_and_whether_it_may_be_removed(observed: dict[str, Any]) -> None:
    (message,) = observed["kept"]
    assert re.match(r"“letters” is on this device \([\d.]+.[kM]B\)\.", message), message


def test_the_page_starts_without_a_network_and_says_so(observed: dict[str, Any]) -> None:
    assert observed["sign"].strip() == "You’re offline"


def test_a_kept_recording_is_heard_without_a_network(observed: dict[str, Any]) -> None:
    assert len(observed["spoken"]) == 3


def test_place_bookmark_and_note_of_an_hour_offline_arrive(observed: dict[str, Any]) -> None:
    place = observed["place"]
    assert place["paused"] > 0
    assert place["reloaded"] == pytest.approx(place["paused"], abs=MAX_ROUNDING_MS)
    assert place["arrived"] == pytest.approx(place["paused"], abs=MAX_ROUNDING_MS)
    assert sorted(observed["arrived"]) == [["bookmark", ""], ["highlight", ""], ["highlight", "Written at sea"]]


def test_signing_out_names_the_changes_that_it_would_lose(observed: dict[str, Any]) -> None:
    assert re.search(r"\d changes that you made offline have not been sent yet", observed["signOut"])


def test_a_kept_document_follows_another_device(observed: dict[str, Any]) -> None:
    assert observed["renewed"] == "Letters home"
    assert "Letters home" in observed["onThisDevice"]


def test_what_could_not_be_loaded_is_loaded_and_its_error_goes_when_the_network_is_back(
    observed: dict[str, Any],
) -> None:
    assert observed["healed"] == {"toasts": 0}


def test_what_the_browser_removed_is_told(observed: dict[str, Any]) -> None:
    assert observed["evicted"] == ["Your browser has removed Letters home from this device because space was short."]


def test_a_new_release_replaces_the_page_at_its_next_start_and_says_so_once(observed: dict[str, Any]) -> None:
    assert not observed["isOffered"]
    assert observed["builds"] == ["release-1", "release-2", "release-2"]


def test_nothing_is_left_after_signing_out(observed: dict[str, Any]) -> None:
    assert observed["left"] == {"kept": None}


def test_signing_in_without_a_network_says_what_is_missing(observed: dict[str, Any]) -> None:
    assert observed["signIn"] == "You’re offline. Try again when you are connected."


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    errors = unexpected_errors(observed)
    assert [line for line in errors if not re.search("ERR_((INTERNET_DIS)?CONN|EMPTY|SOCKET_NOT_CONN)", line)] == []
