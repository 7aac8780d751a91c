"""The player: it outlives the reader, plays in one tab, keeps all recordings, reads from anywhere, and survives an outage."""

from __future__ import annotations

from typing import Any

from tests.browser.test_journey import words
from tests.support import account_fixtures
from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_a_press_where_no_recording_reaches_starts_one_there(observed: dict[str, Any]) -> None:
    first = words(account_fixtures.LETTERS)[:4]
    assert words(observed["fromAnywhere"][0])[0] in first, observed["fromAnywhere"]


def test_all_recordings_are_listed_and_the_chosen_one_stays(observed: dict[str, Any]) -> None:
    newest, oldest = observed["recordings"]
    assert "Whole text" in newest
    assert "% of the text" in oldest
    assert "_" not in newest + oldest, "voices are named"
    assert observed["current"] == 1, "the older one was chosen, and is loaded after a reload"


def test_playback_goes_on_outside_of_its_reader(observed: dict[str, Any]) -> None:
    mini = observed["mini"]
    assert mini["title"] == "chapters"
    assert mini["before"]["playing"] == mini["inOtherReader"]["playing"] == 1
    assert mini["inOtherReader"]["seconds"] > mini["before"]["seconds"]
    assert max(mini["bars"]) <= 0.4


def test_the_reader_of_what_plays_takes_it_up_without_a_gap(observed: dict[str, Any]) -> None:
    assert observed["mini"]["gaps"] == []
    assert observed["mini"]["isGone"]
    assert not observed["mini"]["position"].startswith("0:00")


def test_one_tab_plays_at_a_time(observed: dict[str, Any]) -> None:
    assert observed["tabs"] == {"here": 0, "other": 1}


def test_moving_while_paused_stays_silent(observed: dict[str, Any]) -> None:
    assert observed["silent"]
    assert len(set(observed["moved"])) == 3, observed["moved"]
    assert observed["ticks"] == 2, "one for each chapter but the first"


def test_a_queue_plays_by_itself_and_is_the_accounts(observed: dict[str, Any]) -> None:
    queue = observed["queue"]
    assert queue["moved"][-2:] == ["chapters", "long"]
    assert queue["kept"] == ["chapters", "long"], "what has played is no longer in the queue"
    assert queue["rest"] == ["chapters"]


def test_a_video_has_the_same_player_and_keeps_its_place(observed: dict[str, Any]) -> None:
    film = observed["film"]
    assert (film["reader"]["paused"], film["reader"]["inMini"]) == (False, False)
    assert (film["library"]["paused"], film["library"]["inMini"]) == (False, True)
    assert film["again"]["seconds"] >= film["library"]["seconds"] > film["reader"]["seconds"]
    assert film["again"]["rate"] == 1.25


def test_an_outage_is_not_heard_and_ends_by_itself(observed: dict[str, Any]) -> None:
    outage = observed["outage"]
    assert outage["after"]["playing"] == 1
    assert outage["after"]["seconds"] - outage["before"]["seconds"] > 12, "at twice the speed, for more than 9 s"
    assert outage["recovered"]["seconds"] > outage["after"]["seconds"]


def test_a_closed_player_is_silent(observed: dict[str, Any]) -> None:
    assert observed["closed"] == 0


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert [line for line in unexpected_errors(observed) if "ERR_CONNECTION_REFUSED" not in line] == []
