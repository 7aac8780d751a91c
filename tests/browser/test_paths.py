"""What one can do with the page besides the journey, in Chromium: part of `make test-browsers`, for it takes most of a minute."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests import media
from tests.browser.test_journey import follow_each_other, words
from tests.browser.visiting import barriers, visit
from tests.e2e.running import RunningStack
from tests.fakes.speechify import mp3_of

LETTERS = (
    "Lighthouses 🗼🗼 have names.\n\n"
    "Naïve café owners 👩‍🚀 count the gulls 🐦; nobody counts the waves. The keeper 🧔🏽 climbs 112 steps every evening.\n\n"
    "He writes the hour 🕘 into his book and trims the lamp. Then the beam 🔦 goes round, and every ship knows it."
)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif("chromium" not in os.environ.get("BROWSERS", ""), reason="with make test-browsers"),
]


def written(folder: Path) -> dict[str, str]:
    """The files that this visit takes along."""
    letters, picture, sound, long = (folder / name for name in ("letters.txt", "picture.png", "sound.mp3", "long.md"))
    letters.write_text(LETTERS)
    picture.write_bytes(media.saved(media.drawn("RGB", (640, 400)), "PNG"))
    sound.write_bytes(mp3_of(4_000))
    chapters = (f"# Chapter {n} 🗼\n\n" + "The sea goes up and down. " * 400 for n in range(1, 41))
    long.write_text("\n\n".join(chapters))
    return {path.stem: str(path) for path in (letters, picture, sound, long)}


@pytest.fixture(scope="module")
def paths(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    files = written(tmp_path_factory.mktemp("files"))
    return visit(stack, "chromium", "paths", 1280, "light", script="paths.mjs", **files)


def test_words_behind_emoji_are_lit_where_they_stand(paths: dict[str, Any]) -> None:
    heard = paths["letters"]["heard"]
    assert heard[0].startswith("Naïve"), "from the second paragraph on, which the keyboard chose"
    assert follow_each_other(heard, words(LETTERS)), heard


def test_of_a_long_text_what_is_near_is_loaded(paths: dict[str, Any]) -> None:
    assert paths["lastChapter"].startswith("Chapter 40")
    assert paths["missing"] > 0


def test_files_are_dropped_pasted_photographed_tried_again_and_given_up(paths: dict[str, Any]) -> None:
    assert paths["camera"] == "image/*"
    assert paths["picture"] == 640
    assert paths["sound"] > 0


def test_a_collection_is_put_in_order_by_keys_and_by_hand(paths: dict[str, Any]) -> None:
    (first, second, third), after = paths["byKeys"]
    assert after == [second, first, third]
    before, dragged, reloaded = paths["byHand"]
    assert dragged == [before[2], before[0], before[1]]
    assert reloaded == dragged
    assert paths["tagged"] == ["pasted"]


def test_a_headset_a_sleep_timer_and_an_address_that_ran_out_are_minded(paths: dict[str, Any]) -> None:
    assert paths["session"] == ["letters", "paused"]
    assert paths["slept"]
    assert paths["wentOn"] >= 2


def test_what_one_takes_along_is_what_its_name_says(paths: dict[str, Any]) -> None:
    assert paths["captions"][0].endswith(".vtt")
    assert paths["captions"][1] == "WEBVTT"
    assert paths["original"] == ["letters.txt", LETTERS[:6]]
    assert paths["export"][0].endswith(".zip")
    assert paths["export"][1].startswith("PK")


def test_the_other_rooms_are_without_barriers_and_quiet(paths: dict[str, Any]) -> None:
    assert barriers(paths) == {}
    assert [name for name, seen in paths["screens"].items() if seen["tooWide"]] == []
    assert [line for line in paths["complaints"] if not re.match("refused: 40[03] |.*status of 40[03]", line)] == []
