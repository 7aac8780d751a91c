"""The pronunciation lexicon: which words of a text its entries are for, and what the voices are sent for them."""

from __future__ import annotations

from uuid import UUID

import pytest
from pydantic import ValidationError

from chalicelib.platform import config
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.lexicon.lexicon import Lexicon
from chalicelib.speech.lexicon.model import NewLexiconEntry, Pronunciation
from chalicelib.speech.normalization.model import Replacement
from chalicelib.speech.spoken_segment import get_spoken_text, spoken_audio_key

OWNER = UUID(int=7)


@pytest.fixture(autouse=True)
def _signing_secret(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("SIGNING_SECRET", "s" * 32)
    config.settings.cache_clear()


def entry(written: str, spoken: str | None = "x", **values: object) -> Pronunciation:
    return Pronunciation.model_validate({"written": written, "spoken": spoken, "language": "en", **values})


def found(text: str, *entries: Pronunciation, language: str = "en") -> list[str]:
    return [text[start:end] for start, end, _ in Lexicon(entries).find(text, language)]


@pytest.mark.parametrize(
    ("text", "written", "expected"),
    [
        ("Tsar, tsar and TSAR; tsars, atsar", entry("tsar"), ["Tsar", "tsar", "TSAR"]),
        ("US us Us", entry("US", case_sensitive=True), ["US"]),
        ("tsars", entry("tsar", whole_word=False), ["tsar"]),
        ("O’Brien and O'Brien", entry("O'Brien"), ["O’Brien", "O'Brien"]),
        ("St John\nSmythe, St\n\n\n\nJohn", entry("St John"), ["St John"]),
        ("C++ and C++17, ASP.NET and .NET", entry(".NET"), [".NET"]),
        ("C++ and C++17", entry("C++"), ["C++"]),
        ("na na na", entry("na na"), ["na na"]),
        ("Straße, STRASSE", entry("straße"), ["Straße"]),
    ],
)
def test_a_word_is_found_as_its_entry_says(text: str, written: Pronunciation, expected: list[str]) -> None:
    assert found(text, written) == expected


def test_a_word_is_found_inside_text_that_is_written_without_spaces() -> None:
    assert found("我住在重庆市。", entry("重庆", language="zh"), language="zh") == ["重庆"]


@pytest.mark.parametrize(
    ("of_entry", "of_text", "expected"),
    [
        ("en", "en-GB", True),
        ("en", "en", True),
        ("en-GB", "en-GB", True),
        ("en-GB", "en-US", False),
        ("en-GB", "en", False),
        ("en", "de", False),
        ("no", "nb", True),
        ("zh", "zh-Hant-TW", True),
    ],
)
def test_an_entry_is_for_its_language_and_its_regions(of_entry: str, of_text: str, expected: bool) -> None:
    assert bool(found("Bergen", entry("Bergen", language=of_entry), language=of_text)) is expected


def test_the_entry_that_comes_first_counts_where_two_overlap() -> None:
    lexicon = Lexicon([entry("York"), entry("New York", "big apple"), entry("New", "old")])
    text = "New York, New"
    occurrences = lexicon.find(text, "en")
    assert [(text[start:end], item.spoken) for start, end, item in occurrences] == [
        ("New", "old"),
        ("York", "x"),
        ("New", "old"),
    ]


def test_a_job_keeps_the_entries_that_its_text_has_in_any_language() -> None:
    lexicon = Lexicon([entry("Gatsby"), entry("Nick", language="de"), entry("Daisy")])
    kept = lexicon.of_text("Nick met Daisy.")
    assert [item.written for item in kept.pronunciations] == ["Nick", "Daisy"]
    assert Lexicon.from_json(kept.to_json()).pronunciations == kept.pronunciations


def spoken(text: str, *entries: Pronunciation, voice: str = "espeak:en-us") -> str:
    return get_spoken_text(text, "en", voice, lexicon=Lexicon(entries)).text


def test_entries_count_before_the_rules_and_their_words_pass_the_rules() -> None:
    text = "Dr. No paid $100 for RFC 9457."
    assert spoken(text, entry("Dr. No", "doctor no")).startswith("doctor no paid one hundred dollars for")
    assert "R F C 94 57" not in (said := spoken(text, entry("RFC 9457", "R F C 94 57")))
    assert said.endswith("R F C ninety-four fifty-seven.")


def test_an_entry_that_says_what_is_written_keeps_it_from_the_rules() -> None:
    assert spoken("He lives on St Peter St.", entry("St", "St")) == "He lives on St Peter St."
    assert spoken("He lives on St Peter St.") != "He lives on St Peter St."


def test_the_marks_of_what_is_said_light_the_written_word() -> None:
    text = "AWS runs."
    replaced = get_spoken_text(text, "en", "espeak:en-us", lexicon=Lexicon([entry("AWS", "amazon web services")]))
    assert replaced.replacements == (Replacement(0, 3, "amazon web services"),)
    words = [
        WordTiming(0, 400, 0, 6),
        WordTiming(400, 700, 7, 10),
        WordTiming(700, 1200, 11, 19),
        WordTiming(1200, 1500, 20, 24),
    ]
    assert replaced.to_written(words) == [WordTiming(0, 1200, 0, 3), WordTiming(1200, 1500, 4, 8)]


def test_phonemes_are_sent_to_voices_that_take_them_and_words_to_all_others() -> None:
    text = "In 1999 Cholmondeley met AWS."
    entries = (entry("Cholmondeley", "Chumley", ipa="ˈtʃʌmli"), entry("AWS", None, ipa="ɔːz"))
    said = get_spoken_text(text, "en", "polly:Joanna", lexicon=Lexicon(entries))
    assert said.text == text
    assert [(said.text[start:end], ipa) for start, end, ipa in said.phonemes] == [
        ("Cholmondeley", "ˈtʃʌmli"),
        ("AWS", "ɔːz"),
    ]
    assert spoken(text, *entries) == "In nineteen ninety-nine Chumley met A W S."


def test_phonemes_have_the_offsets_of_the_spoken_text() -> None:
    said = get_spoken_text("See[12] Bob & AWS.", "en", "polly:Joanna", lexicon=Lexicon([entry("AWS", None, ipa="ɔːz")]))
    (phonemes,) = said.phonemes
    assert said.text[phonemes.start : phonemes.end] == "AWS"
    assert phonemes.start != 14


def test_audio_without_words_of_the_lexicon_keeps_its_key() -> None:
    lexicon = Lexicon([entry("AWS", "amazon", ipa="ɔːz")])
    for voice in ("espeak:en-us", "polly:Joanna"):
        keys = [
            spoken_audio_key(OWNER, voice, "en", get_spoken_text(text, "en", voice, lexicon=used), 400)
            for text in ("The keeper slept in 1984.", "AWS slept.")
            for used in (lexicon, Lexicon())
        ]
        assert keys[0] == keys[1]
        assert keys[2] != keys[3]


def test_a_changed_transcription_has_audio_of_its_own() -> None:
    keys = {
        spoken_audio_key(
            OWNER,
            "polly:Joanna",
            "en",
            get_spoken_text("AWS", "en", "polly:Joanna", lexicon=Lexicon([entry("AWS", ipa=ipa)])),
            0,
        )
        for ipa in ("ɔːz", "ɔːs")
    }
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("/ˈtʃʌmli/", "ˈtʃʌmli"),
        ("[t͡ʃ]", "t͡ʃ"),
        ("'gust", "ˈɡust"),
        ("ɑ̃", "ɑ̃"),
        ("ʁyˈbɛ̃", "ʁyˈbɛ̃"),
        ("naɪ tə", "naɪ tə"),
    ],
)
def test_a_transcription_is_stored_in_the_signs_of_the_alphabet(ipa: str, expected: str) -> None:
    assert NewLexiconEntry.model_validate({"written": "x", "ipa": ipa, "language": "en"}).ipa == expected


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ipa": "tʃ3mli"}, "'3' is not a letter"),
        ({"ipa": "tʃ§"}, "'§' is not a letter"),
        ({"ipa": "//"}, "no letters"),
        ({}, "says nothing"),
        ({"spoken": "..."}, "no letters and no digits"),
        ({"spoken": "x", "written": "…"}, "no letters and no digits"),
        ({"spoken": "x", "language": "english!"}, "language"),
    ],
)
def test_an_invalid_entry_is_rejected_with_its_value(values: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        NewLexiconEntry.model_validate({"written": "word", "language": "en", **values})
