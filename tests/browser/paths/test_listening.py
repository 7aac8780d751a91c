"""Listening: words, keys, timers, other voices, other devices, and what one takes along."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from tests.browser.test_journey import follow_each_other, words
from tests.support import account_fixtures
from tests.support.page_driver import barriers, refusals, too_wide


def test_words_behind_emoji_are_lit_where_they_stand(seen: dict[str, Any]) -> None:
    heard = seen["letters"]["heard"]
    assert heard[0].startswith("Naïve"), "from the second paragraph on, which the keyboard chose"
    assert follow_each_other(heard, words(account_fixtures.LETTERS)), heard


def test_a_headset_a_sleep_timer_and_an_address_that_ran_out_are_minded(seen: dict[str, Any]) -> None:
    assert seen["session"] == ["letters", "paused"]
    assert seen["slept"]
    assert seen["wentOn"] >= 2


def test_the_sleep_timer_stops_where_the_next_chapter_begins(seen: dict[str, Any]) -> None:
    assert seen["chapter"] == "The tower"
    assert seen["timerAfter"] == 1, "it is off again"


def test_another_voice_goes_on_at_the_same_words(seen: dict[str, Any]) -> None:
    before, after = (words(seen["voices"][when])[0] for when in ("before", "after"))
    text = words(account_fixtures.CHAPTERS)
    assert abs(text.index(after) - text.index(before)) <= 4, seen["voices"]


def test_another_device_finds_the_place(seen: dict[str, Any]) -> None:
    assert seen["devices"]["there"] == seen["devices"]["here"]


def test_what_one_takes_along_is_what_its_name_says(seen: dict[str, Any]) -> None:
    saved = {kind: (file["name"], Path(file["path"])) for kind, file in seen["saved"].items()}
    name, captions = saved["vtt"]
    assert name.endswith(".vtt")
    assert captions.read_text().startswith("WEBVTT")
    name, original = saved["original"]
    assert (name, original.read_text()) == ("chapters.md", account_fixtures.CHAPTERS)
    name, sound = saved["mp3"]
    assert name.endswith(".mp3")
    head = sound.read_bytes()
    assert head.startswith(b"ID3")
    assert head.count(b"CHAP") == 2, "the other voice began in the second of three chapters"
    name, chapters = saved["zip"]
    assert name.endswith(".zip")
    with zipfile.ZipFile(chapters) as archive:
        assert len([part for part in archive.namelist() if part.endswith(".mp3")]) == 2
        assert archive.testzip() is None
    name, book = saved["epub"]
    assert name.endswith(".epub")
    assert book.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"
    with zipfile.ZipFile(book) as archive:
        assert archive.testzip() is None
        assert [part for part in archive.namelist() if part.endswith(".smil")]


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen, expected="403") == []
