"""The built-in voice, really speaking: word times are checked against the sound."""

from __future__ import annotations

import subprocess
import sys
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.voices.adapters import hibari, hibari_model, hibari_phonemes, lame
from chalicelib.speech.voices.adapters.hibari import HEART, Hibari
from chalicelib.speech.voices.model import RequestRejectedError, SynthesizedAudio

PROSE = (
    "The harbour was quiet before dawn. A man walked along the quay; nobody had seen him arrive. They waited. In the end it was "
    "a child who broke the silence.\n\nShe pointed at the water, and said: “Something moves!”"
)
SILENT = 300  # of 32,767: the voice breathes
MIN_PAUSE_MS = 150
TOLERANCE_MS = 70  # stops like the k of "quay" start before they are audible, and soft sounds are heard late


def speak(text: str, seed: int = 0) -> SynthesizedAudio:
    result = Hibari().synthesize(text, HEART, "en", seed=seed)
    marks.check(result.words, text_length=len(text), duration_ms=result.audio.duration_ms)
    return result


def sound_starts_ms(samples: bytes) -> list[int]:
    """Find the ends of long silences."""
    values, step = array("h", samples), hibari_model.SAMPLE_RATE // 200
    loud = [max(map(abs, values[at : at + step])) >= SILENT for at in range(0, len(values), step)]
    starts, silent_ms = [], MIN_PAUSE_MS
    for index, is_loud in enumerate(loud):
        if is_loud and silent_ms >= MIN_PAUSE_MS:
            starts.append(index * 5)
        silent_ms = 0 if is_loud else silent_ms + 5
    return starts


def test_every_word_is_timed_and_a_sound_after_a_pause_starts_its_word() -> None:
    result = speak(PROSE)
    assert [(word.text_start, word.text_end) for word in result.words] == marks.word_spans(PROSE)
    assert result.timing == "exact"
    speech = mp3.SPEECH_FORMAT
    assert (result.audio.sample_rate, result.audio.channels, result.audio.kbps) == speech
    samples, _ = hibari.synthesize_samples(PROSE, HEART)
    heard = [start + lame.ENCODER_DELAY_MS for start in sound_starts_ms(samples)]
    assert len(heard) >= PROSE.count(".")
    for start_ms in heard:
        assert min(abs(word.start_ms - start_ms) for word in result.words) <= TOLERANCE_MS


def test_a_text_sounds_the_same_every_time_and_another_seed_makes_another_try() -> None:
    text = "The lamp is lit."
    first, again, other = speak(text), speak(text), speak(text, seed=1)
    assert first.audio.frames == again.audio.frames != other.audio.frames
    assert first.words == other.words
    assert first.billed_characters == len(text)


def test_a_sentence_that_is_too_long_is_spoken_in_parts_that_end_where_a_clause_does() -> None:
    clause = "and the keeper wound the apparatus at dusk, "
    text = (clause * 12).strip(", ") + "."
    parts = list(hibari_phonemes.utterances(text))
    assert len(parts) > 1
    assert all(text[: part.words[0].text_start].endswith(("", ", ")) for part in parts)
    assert sum(len(part.words) for part in parts) == len(marks.word_spans(text))


@settings(max_examples=60)
@given(
    text=st.text(
        st.sampled_from("ab Zé1.,;:—'’“”()[]\n\t\u00a0/-$%&語ß²½٣Ⅳ①\U0001f600") | st.characters(codec="utf-8"),
        max_size=200,
    )
    | st.sampled_from(["a" * 900, "1" * 900, "word " * 400, "x," * 400])
)
def test_any_text_becomes_short_utterances_with_its_words_in_order(text: str) -> None:
    starts = []
    for part in hibari_phonemes.utterances(text):
        assert len(part.ids) <= hibari_phonemes.MAX_PHONEMES + 2
        assert part.ids[0] == part.ids[-1] == hibari_phonemes.PAD
        for word in part.words:
            assert 0 < word.start < word.end < len(part.ids)
            starts.append(word.text_start)
    assert starts == sorted(starts)
    assert all(0 <= start < len(text) for start in starts)


def test_a_text_without_a_sound_is_rejected() -> None:
    with pytest.raises(RequestRejectedError) as rejected:
        speak("… —")
    assert rejected.value.code == "empty_text"


@pytest.mark.parametrize("package", ["lameenc", "hibari", "onnxruntime"])
def test_a_missing_package_is_named_in_the_error(package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from chalicelib.speech.voices.adapters.hibari import HEART, Hibari\n"
        "from chalicelib.speech.voices.model import ProviderUnavailableError\n"
        "try: Hibari().synthesize('x', HEART, 'en')\n"
        "except ProviderUnavailableError as error: print(error.open_breaker, error)"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.startswith("True the built-in voice needs the packages hibari-tts, onnxruntime and lameenc")
    assert f"and {package}" in process.stdout
