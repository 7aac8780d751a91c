"""How files come in, and how those are shown that are not read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.page_driver import barriers, refusals, too_wide


def test_files_are_dropped_pasted_photographed_tried_again_and_given_up(seen: dict[str, Any]) -> None:
    assert seen["camera"] == "image/*"
    fitting, large, again = seen["picture"]
    assert (large, again) == (2_400, fitting)
    assert fitting <= 1_200
    assert seen["sound"] > 0


def test_what_became_of_a_file_is_announced(seen: dict[str, Any]) -> None:
    for name in ("dropped.txt", "pasted.txt", "film.webm"):
        assert f"{name} is ready." in seen["announced"]
    assert [text for text in seen["announced"] if text.startswith("hostile.pdf was not accepted. ")]


def test_a_refused_file_says_why_in_the_list_and_where_it_would_be_shown(seen: dict[str, Any]) -> None:
    assert "announced as a PDF, but it is a PNG picture" in seen["why"]
    assert "This file was not accepted" in seen["refusal"]
    assert seen["why"] in seen["refusal"]


def test_a_video_is_sent_in_pieces_played_and_gone_through(seen: dict[str, Any]) -> None:
    film = seen["film"]
    assert film["played"] < 5
    assert film["length"] == pytest.approx(24, abs=0.5)
    assert 20.1 < film["sought"] < 22
    assert film["isPaused"]
    assert [status for status, _ in film["pieces"] if status not in (302, 206)] == []
    assert [pieces for status, pieces in film["pieces"] if status == 206]


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen, expected="400") == []
