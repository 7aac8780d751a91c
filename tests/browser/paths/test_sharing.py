"""Share links: created, protected and revoked by their owner, and read by someone without an account."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_a_protected_document_opens_with_its_password_and_is_heard_with_lit_words(observed: dict[str, Any]) -> None:
    assert observed["wrong"].startswith("This is not the password.")
    assert len(observed["spoken"]) == 1
    assert observed["spoken"][0]


def test_readers_get_what_the_link_allows_and_nothing_of_the_account(observed: dict[str, Any]) -> None:
    assert not {"Bookmark", "Notes", "Download original"} & set(observed["documentButtons"])
    assert observed["items"] == ["How a Lighthouse Works", "letters", "sound"]
    assert observed["menu"] == ["Download original", "Contents", "Find in document"]


def test_the_place_in_a_shared_document_is_kept_on_the_device(observed: dict[str, Any]) -> None:
    assert observed["place"]["reloaded"] == observed["place"]["left"] > 1


def test_a_shared_sound_ends_quietly_and_stops_when_it_is_left(observed: dict[str, Any]) -> None:
    assert (observed["toasts"], observed["paused"]) == ([], [True])


def test_a_page_that_began_with_a_link_never_acts_as_the_signed_in_user(observed: dict[str, Any]) -> None:
    assert observed["signedRequests"] == []


def test_the_owner_sees_all_links_and_a_revoked_one_is_closed(observed: dict[str, Any]) -> None:
    assert observed["listed"] == 2
    assert "share-closed" in observed["screens"]


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed, expected_status="40[34]") == []
