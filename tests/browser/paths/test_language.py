"""The page in another language, on a phone."""

from __future__ import annotations

import re
from typing import Any

from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_the_chosen_language_is_used_on_every_screen(observed: dict[str, Any]) -> None:
    assert observed["language"] == ["de", "Konto · Visionary"]
    assert observed["englishTexts"] == []


def test_numbers_and_units_follow_the_language(observed: dict[str, Any]) -> None:
    assert re.search(r"Länge\s+\d+\sMin\.", observed["quote"])
    assert re.search(r"5\.\d{3} Zeichen", observed["quote"])


def test_longer_words_fit_the_narrowest_screen(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed) == []
