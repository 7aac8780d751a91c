"""Organizing and searching the library."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors, violations

THREE = {"gulls", "harbour", "waves"}


def test_each_status_filter_shows_its_media(observed: dict[str, Any]) -> None:
    statuses = observed["statuses"]
    assert statuses["Uploading"] == {"titles": ["coming"], "facts": ["Uploading"]}
    assert statuses["Checking"] == {"titles": ["inspected"], "facts": ["Checking"]}
    assert set(statuses["Ready"]["titles"]) == {*THREE, "letters"}
    assert statuses["Rejected"]["titles"] == ["hostile"]
    assert "declared as a PDF, but it is a PNG picture" in statuses["Rejected"]["facts"][0]


def test_a_list_is_shown_as_it_was_left(observed: dict[str, Any]) -> None:
    shown = observed["list"]
    assert shown["left"][0] == "#/library?type=text/*"
    assert shown["returned"] == [shown["left"]] * 2
    assert shown["byLink"] == ["#/library", 0]


def test_an_address_that_leads_nowhere_is_a_page_that_is_not_found(observed: dict[str, Any]) -> None:
    assert observed["badAddresses"] == ["Library", "Library"]


def test_search_follows_the_typing_and_a_hit_opens_its_passage(observed: dict[str, Any]) -> None:
    search = observed["search"]
    assert "gulls" in search["snippets"][0].lower()
    assert "gulls" in search["highlighted"].lower()
    assert search["isInView"]
    assert search["staysInReader"]
    assert search["textInTrash"] == ""


def test_several_media_are_tagged_trashed_and_restored_at_once(observed: dict[str, Any]) -> None:
    assert set(observed["tagged"]) == set(observed["trashed"]) == set(observed["restored"]) == THREE


def test_two_tabs_lose_no_tag_and_a_title_that_was_changed_elsewhere_is_asked_for(observed: dict[str, Any]) -> None:
    assert {"theirs", "mine", "evening"} <= set(observed["tagsOfTwoTabs"].split(", "))
    assert observed["titleConflict"] == "This was changed elsewhere to “Their gulls”. Save again to replace it."


def test_a_collection_is_sorted_by_keyboard_by_dragging_and_by_menu(observed: dict[str, Any]) -> None:
    (first, second, third), after = observed["sortedByKeys"]
    assert after == [second, first, third]
    before, dragged, reloaded = observed["sortedByDragging"]
    assert dragged == [before[2], before[0], before[1]]
    assert reloaded == dragged
    assert observed["sortedByMenu"] == [dragged[0], dragged[2], dragged[1]]
    assert "Move down" in observed["menuOfFirst"]
    assert "Move up" not in observed["menuOfFirst"]


def test_several_media_are_removed_from_a_collection_at_once(observed: dict[str, Any]) -> None:
    left, last = observed["leftInCollection"]
    assert left == [last]


def test_a_tag_is_completed_from_its_beginning(observed: dict[str, Any]) -> None:
    assert observed["completedTag"] == "short, "


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed) == []
