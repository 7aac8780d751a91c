"""espeak-ng reads the script of each language that it is offered for, and fails at those that it is not."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys

import pytest

from chalicelib.speech.voices import catalogue, sample_sentences
from chalicelib.speech.voices.adapters import espeak
from chalicelib.speech.voices.adapters.espeak_languages import LANGUAGES, UNREADABLE

pytestmark = pytest.mark.usefixtures("deployment")

# A letter that a language does not know is named in another one: "(en)tʃaɪniːz(ja)letə".
OTHER_LANGUAGE = re.compile(r"\([a-z-]+\)")
MIN_VOWEL_SHARE = 0.2  # of the sounds: 0.24 in Arabic to 0.47, 0.14 in Hebrew
VOWELS = "aeiouyæøœɐɑɒɔɘəɛɜɞɤɨɪɯɵɶʉʊʌᵻɚɝ"
MAX_MS_PER_LETTER = 260  # 250 in Chinese, where a character is a syllable
NAMED_LETTERS = {"gn": 2}  # the apostrophe of Guarani has a name and no sound


def phonemes(text: str, language: str) -> str:
    """Return what the engine says for a text, in the International Phonetic Alphabet."""
    library, _ = espeak._load()
    to_phonemes = library.espeak_TextToPhonemes
    to_phonemes.restype = ctypes.c_char_p
    properties = espeak._VoiceProperties(languages=language.encode())
    assert library.espeak_SetVoiceByProperties(ctypes.byref(properties)) == 0
    buffer = ctypes.create_string_buffer(text.encode())
    rest = ctypes.c_void_p(ctypes.addressof(buffer))
    clauses = []
    while rest.value:
        clauses.append(to_phonemes(ctypes.byref(rest), 1, 2).decode())
    return " ".join(clauses)


def faults(language: str) -> list[str]:
    sentence = sample_sentences.get_sentence(espeak._language_tag(language))
    if sentence is None:
        return []
    spoken = phonemes(sentence, language)
    named = len(OTHER_LANGUAGE.findall(spoken))
    sounds = re.findall(r"[^\W\d_]", OTHER_LANGUAGE.sub("", spoken))
    vowels = sum(sound in VOWELS for sound in sounds) / len(sounds)
    samples, rate, _ = espeak.synthesize_samples(sentence, language)
    per_letter_ms = len(samples) * 500 / rate / len(sentence)
    return [
        *([f"{named} letters named"] if named > NAMED_LETTERS.get(language, 0) else []),
        *([f"{vowels:.2f} vowels"] if vowels < MIN_VOWEL_SHARE else []),
        *([f"{per_letter_ms:.0f} ms a letter"] if per_letter_ms > MAX_MS_PER_LETTER else []),
    ]


def test_it_reads_the_script_of_every_language_that_it_is_offered_for() -> None:
    offered = [voice.key for voice in espeak.VOICES]
    assert set(offered) == LANGUAGES.keys() - UNREADABLE.keys()
    assert {language: faults(language) for language in offered if faults(language)} == {}


@pytest.mark.parametrize("language", ["hak", "he", "ja", "shn"])
def test_it_still_fails_at_the_others(language: str) -> None:
    assert faults(language)


def test_odia_and_thai_are_spelled_or_said_in_the_order_of_their_letters() -> None:
    assert "lˈetəb" in phonemes("ସ୍ୱାଧୀନ", "or")
    assert phonemes("เกิด", "th").lstrip("ˈ").startswith("e"), "the vowel before the consonant that it is spoken after"


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("az-Cyrl", "Бүтүн инсанлар ләјагәт вә һүгугларына ҝөрә азад доғулурлар."),
        ("ms-Arab", "سموا مأنسي دلاهيركن بيبس"),
        ("pa-Arab", "سارے انسان آزاد تے حقوق"),
        ("tk-Cyrl", "Хемме адамлар өз мертебеси"),
    ],
)
def test_the_second_script_of_a_language_is_named_letter_by_letter(tag: str, text: str) -> None:
    language = tag.partition("-")[0]
    assert OTHER_LANGUAGE.search(phonemes(text, language))
    voice = next(voice for voice in espeak.VOICES if voice.key == language)
    assert voice.reads(language)
    assert not voice.reads(f"{tag}-XX")


@pytest.mark.parametrize(("tag", "text"), [("sr-Latn", "Sva ljudska bića"), ("zh-Hant", "在尊嚴和權利上一律平等")])
def test_another_script_that_it_reads_is_offered(tag: str, text: str) -> None:
    voice = catalogue.default_voice(tag, ["espeak"])
    assert not OTHER_LANGUAGE.search(phonemes(text, voice.key))


def test_burmese_ends_the_process() -> None:
    sentence = sample_sentences.SENTENCES["my"]
    program = f"from chalicelib.speech.voices.adapters import espeak; espeak.synthesize_samples({sentence!r}, 'my')"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode < 0
