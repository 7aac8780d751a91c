"""Listening: words, media keys, sleep timer, skipped tables, another voice, another device, exports."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from tests.browser.test_journey import are_consecutive, words
from tests.support import account_fixtures
from tests.support.page_driver import too_wide, unexpected_errors, violations


def test_words_after_emoji_are_highlighted_at_their_position(observed: dict[str, Any]) -> None:
    spoken = observed["letters"]["spoken"]
    assert spoken[0].startswith("Naïve"), "playback starts at the second paragraph, chosen by keyboard"
    assert are_consecutive(spoken, words(account_fixtures.LETTERS)), spoken


def test_media_keys_sleep_timer_and_an_expired_url_are_handled(observed: dict[str, Any]) -> None:
    assert observed["mediaSession"] == ["letters", "paused"]
    assert observed["isPausedByTimer"]
    assert observed["recordingRequests"] >= 2


def test_the_sleep_timer_pauses_at_the_end_of_the_chapter(observed: dict[str, Any]) -> None:
    assert observed["chapter"] == "The tower"
    assert observed["unsetTimerCount"] == 1, "the timer is off again"


def test_a_table_is_jumped_over_while_it_plays(observed: dict[str, Any]) -> None:
    table = observed["table"]
    assert table["isOffered"], "the quote says that there is a table to skip"
    assert words(" ".join(table["spoken"])) == words(
        f"{account_fixtures.BEFORE_TABLE} {account_fixtures.AFTER_TABLE}"
    ), "no word of the table was lit"
    assert words(table["chosen"]) == ["evening"], "a word inside of it leads behind it"


def test_a_document_without_a_voice_is_read_as_another_language(observed: dict[str, Any]) -> None:
    assert observed["voicesWithoutLanguage"] == 0
    assert [name for name in observed["germanVoices"] if "German" in name]
    assert not [name for name in observed["germanVoices"] if "English" in name]


def test_another_voice_continues_at_the_same_words(observed: dict[str, Any]) -> None:
    before, after = (words(observed["voices"][when])[0] for when in ("before", "after"))
    text = words(account_fixtures.CHAPTERS)
    assert abs(text.index(after) - text.index(before)) <= 4, observed["voices"]


def test_voices_are_chosen_by_name_and_by_ear(observed: dict[str, Any]) -> None:
    default, *names = observed["voiceNames"]
    assert default == "Default voice"
    assert names
    for name in names:
        assert re.fullmatch(r"[^·:_]+ · [^·:_]*English[^·:_]* · (natural|mechanical) · word highlighting: \w+", name), (
            name
        )


def test_another_device_opens_at_the_same_position(observed: dict[str, Any]) -> None:
    assert observed["devices"]["other"] == observed["devices"]["thisOne"]


def test_each_download_has_the_format_of_its_name(observed: dict[str, Any]) -> None:
    downloads = {kind: (file["name"], Path(file["path"])) for kind, file in observed["downloads"].items()}
    name, captions = downloads["vtt"]
    assert name.endswith(".vtt")
    assert captions.read_text().startswith("WEBVTT")
    name, original = downloads["original"]
    assert (name, original.read_text()) == ("chapters.md", account_fixtures.CHAPTERS)
    name, sound = downloads["mp3"]
    assert name.endswith(".mp3")
    head = sound.read_bytes()
    assert head.startswith(b"ID3")
    assert head.count(b"CHAP") == 2, "the other voice started in the second of three chapters"
    name, chapters = downloads["zip"]
    assert name.endswith(".zip")
    with zipfile.ZipFile(chapters) as archive:
        assert len([part for part in archive.namelist() if part.endswith(".mp3")]) == 2
        assert archive.testzip() is None
    name, book = downloads["epub"]
    assert name.endswith(".epub")
    assert book.read_bytes()[30:58] == b"mimetypeapplication/epub+zip"
    with zipfile.ZipFile(book) as archive:
        assert archive.testzip() is None
        assert [part for part in archive.namelist() if part.endswith(".smil")]


def test_every_screen_is_accessible_and_without_errors(observed: dict[str, Any]) -> None:
    assert (violations(observed), too_wide(observed)) == ({}, [])
    assert unexpected_errors(observed, expected_status="403") == []
