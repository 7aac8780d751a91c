"""The page in real browsers on the deployed local stack: from signing up to listening with highlighted words.

`BROWSERS=firefox` selects another engine (`make test-browsers`: all), `PICTURES=folder` saves a screenshot of every screen.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from localstack.sample import TARGET
from tests.support.local_stack import DeployedStack
from tests.support.page_driver import MAX_FIRST_SCRIPTS_BYTES, run_journey, violations

ENGINES = os.environ.get("BROWSERS", "chromium").split()
SIZES = [(1280, "light"), (390, "dark")]
BRIEF_WORDS, STALL_WORDS = 3, 16
Setup = tuple[str, int, str]  # engine, width and theme
BOOK_ELEMENTS = (
    "a aside blockquote button code div em h2 hr img li math mi mn mo msup mtext ol p pre rp rt ruby span sup table tbody td th"
    " thead tr ul"
)
BOOK_ATTRIBUTES = (
    "alt aria-haspopup class data-end data-image data-note data-note-id data-start data-target decoding dir display href lang"
    " loading rel scope tabindex target type"
)

pytestmark = pytest.mark.e2e


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def are_consecutive(highlighted: list[str], text: list[str]) -> bool:
    """Return whether highlighted words are consecutive in the text.

    Words that were highlighted too briefly may be missing: two in a row, and once those of a few seconds of a busy machine.
    """
    spoken = [word for entry in highlighted for word in words(entry)]
    for start in (index for index, word in enumerate(text) if word == spoken[0]):
        position, has_stalled = start, False
        for word in spoken[1:]:
            following = text[position + 1 : position + 1 + STALL_WORDS]
            if word not in following or (has_stalled and word not in following[:BRIEF_WORDS]):
                break
            has_stalled = has_stalled or word not in following[:BRIEF_WORDS]
            position += 1 + following.index(word)
        else:
            return True
    return False


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, stack: DeployedStack) -> Iterator[dict[Setup, Future[dict[str, Any]]]]:
    """Start the selected journeys, two at a time: they mostly wait for audio."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function)]
    setups: list[Setup] = [item.callspec.params["whole"] for item in items if "whole" in item.fixturenames]  # type: ignore[misc]
    with ThreadPoolExecutor(2) as pool:
        yield {
            setup: pool.submit(run_journey, stack, setup[0], "whole", *setup[1:], document=str(TARGET))
            for setup in dict.fromkeys(setups)
        }


@pytest.fixture(
    scope="module",
    params=[(engine, *size) for engine in ENGINES for size in SIZES],
    ids=lambda setup: f"{setup[0]}-{setup[1]}",
)
def whole(request: pytest.FixtureRequest, runs: dict[Setup, Future[dict[str, Any]]]) -> dict[str, Any]:
    return runs[request.param].result()


@pytest.fixture(scope="module")
def sample_words() -> list[str]:
    from localstack.sample import TEXT, TITLE

    return words(TITLE + TEXT)


def test_highlighted_words_are_consecutive_in_the_text(whole: dict[str, Any], sample_words: list[str]) -> None:
    for spoken in (whole["spokenInPages"], whole["spokenInText"]):
        assert len(spoken) > 4, spoken
        assert are_consecutive(spoken, sample_words), spoken


def test_the_sentence_around_the_word_is_highlighted(whole: dict[str, Any], sample_words: list[str]) -> None:
    sentence = words(whole["sentence"])
    assert len(sentence) > 3
    assert are_consecutive(sentence, sample_words), sentence


def test_pressing_a_word_during_playback_continues_there(whole: dict[str, Any]) -> None:
    assert len(whole["pressed"]) == 3
    for pressed in whole["pressed"]:
        text = words(pressed["text"])
        spoken = [word for entry in pressed["spoken"] for word in words(entry)]
        # The first may be the previous word; a short one may be highlighted too briefly to be recorded.
        starts = [start for start in (0, 1) if spoken[start] in text[:3]]
        assert any(are_consecutive(spoken[start:], text) for start in starts), pressed


def test_price_and_length_are_shown_before_listening(whole: dict[str, Any]) -> None:
    assert re.search(r"Length\s+\d+\smin", whole["quote"])
    assert re.search(r"Text\s+5,\d{3} characters", whole["quote"])
    assert "Price" in whole["quote"]


def test_a_later_visit_resumes_at_the_same_position(whole: dict[str, Any]) -> None:
    assert whole["resumedAt"] == whole["pausedAt"]


def test_a_podcast_link_serves_a_feed(whole: dict[str, Any]) -> None:
    assert whole["feed"].startswith("application/rss+xml")


def test_a_search_hit_is_highlighted_in_the_text(whole: dict[str, Any]) -> None:
    assert "mercury" in whole["searchHit"].lower()


def test_of_hostile_markup_only_a_document_reaches_the_page(whole: dict[str, Any]) -> None:
    markup = whole["markup"]
    assert not markup["hasRun"]
    assert set(markup["elements"]) <= set(BOOK_ELEMENTS.split())
    assert set(markup["attributes"]) <= set(BOOK_ATTRIBUTES.split())
    assert [re.sub("/media/[^?]+", "", address) for address in markup["addresses"]] == [
        "#?at=40",
        "https://example.org/ice",
        "https://leak.example/",
    ]
    assert markup["safeTexts"] > 5, "the text of what was removed is kept"


def test_a_note_is_shown_beside_its_mark_and_gives_the_focus_back(whole: dict[str, Any]) -> None:
    assert "The note itself." in whole["note"]
    assert whole["afterNote"] == "note-mark"


def test_no_screen_has_accessibility_violations_or_is_wider_than_the_window(whole: dict[str, Any]) -> None:
    assert violations(whole) == {}
    assert [name for name, screen in whole["screens"].items() if screen["tooWide"]] == []


def test_no_request_fails_and_the_console_stays_empty(whole: dict[str, Any]) -> None:
    """Violations of the page's content security policy would be recorded as well."""
    assert whole["errors"] == []


def test_the_first_screen_is_small_and_loads_no_code_of_other_screens(whole: dict[str, Any]) -> None:
    assert 0 < sum(script["bytes"] for script in whole["firstScripts"]) <= MAX_FIRST_SCRIPTS_BYTES
    names = [script["name"] for script in whole["firstScripts"]]
    assert not [name for name in names if re.match("Reader|Pdf|hls|Account", name)], names
