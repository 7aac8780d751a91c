"""Phonemes of the lexicon in the letters of the built-in voice, compared with its own dictionary."""

from __future__ import annotations

import pytest

from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices.adapters import hibari_ipa, hibari_phonemes


@pytest.mark.parametrize(
    ("word", "ipa"),
    [
        ("vision", "ˈvɪʒən"),
        ("church", "tʃɝtʃ"),
        ("judge", "d͡ʒʌd͡ʒ"),
        ("about", "əˈbaʊt"),
        ("window", "ˈwɪn.doʊ"),
        ("boy", "bɔɪ"),
        ("water", "ˈwɔːɾər"),
        ("father", "ˈfɑːðɚ"),
        ("street", "striːt"),
        ("nation", "ˈneɪʃən"),
        ("afternoon", "ˌæftərˈnuːn"),
    ],
)
def test_a_transcription_sounds_as_the_voices_dictionary_has_the_word(word: str, ipa: str) -> None:
    spelled, transcribed = (
        next(hibari_phonemes.utterances("Xyz", [Phonemes(0, 3, ipa)])),
        next(hibari_phonemes.utterances(word)),
    )
    assert spelled.ids == transcribed.ids


def test_phonemes_replace_those_of_their_words_only() -> None:
    text = "Mr Cholmondeley sails."
    utterance = next(hibari_phonemes.utterances(text, [Phonemes(3, 15, "ˈtʃʌmli")]))
    assert utterance.ids == next(hibari_phonemes.utterances("Mr Chumley sails.", [Phonemes(3, 10, "ˈtʃʌmli")])).ids
    assert [text[word.text_start :].split()[0] for word in utterance.words] == ["Mr", "Cholmondeley", "sails."]


def test_phonemes_of_several_words_are_said_once() -> None:
    utterance = next(hibari_phonemes.utterances("St John Smythe", [Phonemes(0, 7, "ˈsɪndʒən")]))
    assert [word.text_start for word in utterance.words] == [0, 8]


@pytest.mark.parametrize(("is_british", "expected"), [(True, "ɡˈQt"), (False, "ɡˈOt")])
def test_accents_have_letters_of_their_own(is_british: bool, expected: str) -> None:
    assert hibari_ipa.convert("ɡəʊt", is_british=is_british) == expected
