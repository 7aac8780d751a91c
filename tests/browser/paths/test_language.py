"""The page in another language, on a phone."""

from __future__ import annotations

import re
from typing import Any

from tests.support.page_driver import barriers, refusals, too_wide


def test_the_language_that_is_chosen_is_spoken_in_every_room(seen: dict[str, Any]) -> None:
    assert seen["language"] == ["de", "Konto · Visionary"]
    assert seen["english"] == []


def test_numbers_and_units_are_those_of_the_language(seen: dict[str, Any]) -> None:
    assert re.search(r"Länge\s+\d+\sMin\.", seen["quote"])
    assert re.search(r"5\.\d{3} Zeichen", seen["quote"])


def test_longer_words_have_their_place_on_the_narrowest_screen(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen) == []
