"""The page in real browsers, against the deployed local stack: from signing up to hearing the highlighted word.

`BROWSERS=firefox` goes there in another engine (`make test-browsers`: in all), `PICTURES=folder` keeps a picture of every screen.
"""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from localstack.sample import TARGET
from tests.support.local_stack import RunningStack
from tests.support.page_driver import barriers, visit

FIRST_SCRIPTS_BYTES = 120_000  # what a slow phone takes within a second
ENGINES = os.environ.get("BROWSERS", "chromium").split()
SIZES = [(1280, "light"), (390, "dark")]

pytestmark = pytest.mark.e2e


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def follow_each_other(lit: list[str], text: list[str]) -> bool:
    """Whether the lit words are a piece of the text; one that was lit too shortly to be seen may be missing."""
    heard = [word for each in lit for word in words(each)]
    for start in (index for index, word in enumerate(text) if word == heard[0]):
        place = start
        for word in heard[1:]:
            window = text[place + 1 : place + 4]
            if word not in window:
                break
            place += 1 + window.index(word)
        else:
            return True
    return False


@pytest.fixture(
    scope="module",
    params=[(engine, *size) for engine in ENGINES for size in SIZES],
    ids=lambda visitor: f"{visitor[0]}-{visitor[1]}",
)
def whole(request: pytest.FixtureRequest, stack: RunningStack) -> dict[str, Any]:
    engine, width, theme = request.param
    return visit(stack, engine, "whole", width, theme, document=str(TARGET))


@pytest.fixture(scope="module")
def sample_words() -> list[str]:
    from localstack.sample import TEXT, TITLE

    return words(TITLE + TEXT)


def test_the_words_that_are_lit_follow_each_other_as_in_the_text(
    whole: dict[str, Any], sample_words: list[str]
) -> None:
    for heard in (whole["heardInPages"], whole["heardInText"]):
        assert len(heard) > 4, heard
        assert follow_each_other(heard, sample_words), heard


def test_the_sentence_around_the_word_is_lit_as_well(whole: dict[str, Any], sample_words: list[str]) -> None:
    sentence = words(whole["sentence"])
    assert len(sentence) > 3
    assert follow_each_other(sentence, sample_words), sentence


def test_words_that_are_pressed_while_it_plays_are_heard_next(whole: dict[str, Any]) -> None:
    assert len(whole["pressed"]) == 3
    for pressed in whole["pressed"]:
        text = words(pressed["text"])
        heard = [word for each in pressed["heard"] for word in words(each)]
        # The first may be the one before; a short one may be lit too shortly to be seen.
        begins = [begin for begin in (0, 1) if heard[begin] in text[:3]]
        assert any(follow_each_other(heard[begin:], text) for begin in begins), pressed


def test_the_price_and_the_length_are_told_before(whole: dict[str, Any]) -> None:
    assert re.search(r"Length\s+\d+\smin", whole["quote"])
    assert re.search(r"Text\s+5,\d{3} characters", whole["quote"])
    assert "Price" in whole["quote"]


def test_another_visit_goes_on_at_the_same_place(whole: dict[str, Any]) -> None:
    assert whole["wentOnAt"] == whole["pausedAt"]


def test_a_podcast_link_leads_to_a_feed(whole: dict[str, Any]) -> None:
    assert whole["feed"].startswith("application/rss+xml")


def test_what_was_searched_for_is_marked_in_the_text(whole: dict[str, Any]) -> None:
    assert "mercury" in whole["found"].lower()


def test_no_screen_has_a_barrier_that_axe_finds_or_is_wider_than_the_window(whole: dict[str, Any]) -> None:
    assert barriers(whole) == {}
    assert [name for name, seen in whole["screens"].items() if seen["tooWide"]] == []


def test_nothing_is_refused_and_the_console_stays_empty(whole: dict[str, Any]) -> None:
    """The page's policy is in force, too: what it forbids would stand here."""
    assert whole["complaints"] == []


def test_the_first_screen_is_light_and_the_reader_comes_when_it_is_needed(whole: dict[str, Any]) -> None:
    assert 0 < sum(script["bytes"] for script in whole["firstScripts"]) < FIRST_SCRIPTS_BYTES
    names = [script["name"] for script in whole["firstScripts"]]
    assert not [name for name in names if re.match("Reader|Pdf|hls|Account", name)], names
