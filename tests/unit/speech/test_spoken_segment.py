"""What each provider is sent for a segment, and what its audio is stored under."""

from __future__ import annotations

from uuid import UUID

import pytest

from chalicelib.platform import config
from chalicelib.speech.spoken_segment import get_spoken_text, spoken_audio_key
from chalicelib.speech.stored_objects.audio_key import audio_key

OWNER = UUID(int=7)


@pytest.fixture(autouse=True)
def _signing_secret(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("SIGNING_SECRET", "s" * 32)
    config.settings.cache_clear()


def test_a_voice_that_reads_numbers_badly_gets_them_in_words() -> None:
    assert get_spoken_text("It cost $100 in 1984.", "en", "espeak:en-us").text == (
        "It cost one hundred dollars in nineteen eighty-four."
    )


def test_a_voice_that_reads_numbers_well_gets_them_as_written_but_no_note_marks() -> None:
    assert (
        get_spoken_text("It cost $100 in 1984.[12] Later", "en", "polly:Joanna").text == "It cost $100 in 1984. Later"
    )


def test_a_segment_of_ornaments_alone_is_sent_as_it_is() -> None:
    assert get_spoken_text("* * *", "en", "espeak:en-us").text == "* * *"


def test_a_text_that_would_exceed_a_call_is_sent_as_it_is(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("TTS_MAX_CHARACTERS", "espeak=200")
    config.settings.cache_clear()
    text = "1984 " * 30
    assert get_spoken_text(text, "en", "espeak:en-us").text == text


def test_audio_of_a_text_without_changes_keeps_its_key() -> None:
    text = "The keeper slept."
    spoken = get_spoken_text(text, "en", "espeak:en-us")
    assert spoken_audio_key(OWNER, "espeak:en-us", "en", spoken, 400) == audio_key(
        OWNER, "espeak:en-us", "en", text, 400
    )


def test_texts_that_are_said_alike_and_written_differently_have_audio_of_their_own() -> None:
    figures, words = (get_spoken_text(text, "en", "espeak:en-us") for text in ("7 lamps", "seven lamps"))
    assert figures.text == words.text
    keys = {spoken_audio_key(OWNER, "espeak:en-us", "en", spoken, 0) for spoken in (figures, words)}
    assert len(keys) == 2
