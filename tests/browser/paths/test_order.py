"""Putting a library in order, and finding things again."""

from __future__ import annotations

from typing import Any

from tests.support.page_driver import barriers, refusals, too_wide

THREE = {"gulls", "harbour", "waves"}


def test_each_state_shows_what_is_in_it(seen: dict[str, Any]) -> None:
    states = seen["states"]
    assert states["Uploading"] == {"titles": ["coming"], "facts": ["Uploading"]}
    assert states["Checking"] == {"titles": ["looked-at"], "facts": ["Checking"]}
    assert set(states["Ready"]["titles"]) == {*THREE, "letters"}
    assert states["Not accepted"]["titles"] == ["hostile"]
    assert "announced as a PDF, but it is a PNG picture" in states["Not accepted"]["facts"][0]


def test_search_answers_while_one_types_and_a_hit_leads_to_its_place(seen: dict[str, Any]) -> None:
    search = seen["search"]
    assert "gulls" in search["snippets"][0].lower()
    assert "gulls" in search["found"].lower()
    assert search["isInView"]
    assert search["stayed"]
    assert search["asksElsewhere"] == ""


def test_several_are_tagged_thrown_away_and_restored_at_once(seen: dict[str, Any]) -> None:
    assert set(seen["tagged"]) == set(seen["trashed"]) == set(seen["restored"]) == THREE


def test_a_collection_is_put_in_order_by_keys_by_hand_and_by_menu(seen: dict[str, Any]) -> None:
    (first, second, third), after = seen["byKeys"]
    assert after == [second, first, third]
    before, dragged, reloaded = seen["byHand"]
    assert dragged == [before[2], before[0], before[1]]
    assert reloaded == dragged
    assert seen["byMenu"] == [dragged[0], dragged[2], dragged[1]]
    assert "Move down" in seen["ofTheFirst"]
    assert "Move up" not in seen["ofTheFirst"]


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen) == []
