"""Checks of what voices spoke, with espeak-ng as the voice."""

import numpy as np
import pytest

from chalicelib.speech.audio import mp3, pcm
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.checks import aligner, pace, waveform
from chalicelib.speech.checks.examine import aligned_words, examine
from chalicelib.speech.checks.model import Fault, SegmentChecks, VoicePace
from chalicelib.speech.checks.pronunciation import pronounce
from chalicelib.speech.voices.adapters import espeak, hibari, lame

SENTENCE = "The keeper slept through the storm, and nobody heard the bell until the morning."


def speech(text: str, language: str = "en-us") -> Samples:
    samples, sample_rate, _ = espeak.synthesize_samples(text, language)
    return pcm.decode(mp3.parse(lame.encode(samples, sample_rate)))


def check(
    samples: Samples,
    text: str = SENTENCE,
    language: str = "en",
    usual: VoicePace | None = None,
    voice: str = "espeak:en-us",
) -> SegmentChecks:
    checks, _ = examine(samples, text, language, voice=voice, words=(), is_exact=False, usual=usual)
    return checks


def test_good_speech_has_no_faults_and_its_loudness_and_words_are_known() -> None:
    checks = check(speech(SENTENCE))
    assert checks.faults == ()
    assert checks.word_count == 14
    assert checks.lufs is not None
    assert -30 < checks.lufs < -10


def test_silence_is_no_speech() -> None:
    assert check(np.zeros(SAMPLE_RATE * 5, np.float32)).faults == (Fault.SILENT,)


def coded(pcm_bytes: bytes) -> Samples:
    return pcm.decode(mp3.parse(lame.encode(pcm_bytes, SAMPLE_RATE)))


@pytest.mark.parametrize("gain", [4, 8, 20])
@pytest.mark.parametrize(
    "sentence",
    [
        SENTENCE,
        "Now a request that changes something sends one delayed message, at most every five minutes for all users, "
        "and the clock runs the sweep once a day.",  # one of its peaks is far above all others: few are clipped
    ],
    ids=["even", "uneven"],
)
def test_clipped_speech_is_found_after_encoding(sentence: str, gain: float) -> None:
    samples = np.frombuffer(hibari.synthesize_samples(sentence, hibari.HEART)[0], "<i2") / np.float32(32_768)
    clipped = np.clip(samples / np.abs(samples).max() * np.float32(gain), -1, 1)
    assert not waveform.is_clipped(coded((samples * 32_767).astype("<i2").tobytes()))
    assert waveform.is_clipped(coded((clipped * 32_767).astype("<i2").tobytes()))


def test_clipped_speech_of_espeak_is_found() -> None:
    samples = speech(SENTENCE)
    assert Fault.CLIPPED in check(np.clip(samples / np.abs(samples).max() * np.float32(5), -1, 1)).faults


@pytest.mark.parametrize(
    "spoken",
    [
        "Two boats with seven fishermen went out to look for the lighthouse and its lamp.",
        "The keeper slept through the storm,",
    ],
    ids=["wrong sentence", "cut"],
)
def test_other_words_than_the_texts_are_found(spoken: str) -> None:
    assert Fault.WORDS in check(speech(spoken)).faults


@pytest.mark.parametrize(
    "spoken",
    [
        "The keeper slept through the storm, and nobody heard the until the morning.",
        "The keeper slept through the storm, and nobody heard the bell bell until the morning.",
        "The keeper slept through the storm, and nobody heard the the bell until the morning.",
    ],
    ids=["dropped word", "repeated word", "repeated short word"],
)
def test_a_word_that_a_natural_voice_drops_or_says_twice_is_found(spoken: str) -> None:
    good = coded(hibari.synthesize_samples(SENTENCE, hibari.HEART)[0])
    bad = coded(hibari.synthesize_samples(spoken, hibari.HEART)[0])
    assert check(good, voice="hibari:heart").faults == ()
    assert check(bad, voice="hibari:heart").faults == (Fault.WORDS,)


@pytest.mark.parametrize(
    "text",
    [
        "The first is simple: where is the land? The second is harder: which land is it? A lamp on a cliff answers the first.",
        "You see one steady white point. Which tower is it? A wrong guess may put you on the rocks that the other one marks.",
    ],
)
def test_an_article_that_seems_to_stand_elsewhere_is_no_word_said_twice(text: str) -> None:
    assert check(coded(hibari.synthesize_samples(text, hibari.HEART)[0]), text, voice="hibari:heart").faults == ()


@pytest.mark.parametrize(
    ("language", "sentence", "spoken"),
    [
        ("en-us", SENTENCE, SENTENCE.replace("the bell", "the")),
        ("en-us", SENTENCE, SENTENCE.replace("bell", "bell bell")),
        ("de", "Der Wärter schlief, und niemand hörte die Glocke.", "Der Wärter schlief, niemand hörte die Glocke."),
    ],
    ids=["dropped word", "repeated word", "dropped German word"],
)
def test_an_engine_that_repeats_itself_is_compared_with_itself(language: str, sentence: str, spoken: str) -> None:
    again = speech(sentence, language)
    assert compared(speech(sentence, language), again, sentence, language) == ()
    assert Fault.LENGTH in compared(speech(spoken, language), again, sentence, language)


def compared(samples: Samples, again: Samples, text: str, language: str) -> tuple[Fault, ...]:
    checks, _ = examine(
        samples, text, language, voice=f"espeak:{language}", words=(), is_exact=False, usual=None, again=again
    )
    return checks.faults


def test_other_sounds_of_the_same_length_are_found_where_an_engine_repeats_itself() -> None:
    text = "Der Wärter schlief, und niemand hörte die Glocke."
    again, other = speech(text, "de"), speech("Zwei Boote suchten nach dem Turm, in dem kein Licht mehr brannte.", "de")
    noisy = again.copy()
    part = noisy[SAMPLE_RATE : SAMPLE_RATE + SAMPLE_RATE * 4 // 10]
    part[:] = np.random.default_rng(1).normal(0, np.sqrt(np.mean(again**2)), part.size)
    for samples in (np.resize(other, again.size), noisy):
        assert compared(samples, again, text, "de") == (Fault.WORDS,)


def test_a_hole_in_a_word_is_found_in_any_language() -> None:
    samples = speech("Der Wärter schlief den ganzen Sturm hindurch.", "de")
    middle = samples.size // 2
    broken = np.concatenate((samples[:middle], np.zeros(round(2.5 * SAMPLE_RATE), np.float32), samples[middle:]))
    assert check(broken, "Der Wärter schlief den ganzen Sturm hindurch.", "de").faults == (Fault.INNER_SILENCE,)


def test_silence_at_the_end_of_a_word_is_its_pause_and_inside_it_a_hole() -> None:
    tone = np.asarray(0.3 * np.sin(np.arange(SAMPLE_RATE)), np.float32)
    samples = np.concatenate((tone, np.zeros(SAMPLE_RATE // 2, np.float32), tone))
    assert not waveform.has_hole(samples, [WordTiming(0, 1_500, 0, 4), WordTiming(1_500, 2_500, 5, 9)])
    assert waveform.has_hole(samples, [WordTiming(0, 1_900, 0, 4)])


def test_a_pause_without_punctuation_is_a_gap() -> None:
    words = [WordTiming(0, 500, 0, 3), WordTiming(1_200, 1_500, 5, 8)]
    assert waveform.has_gap("one  two", words)
    assert not waveform.has_gap("one, two", words)


def test_a_voice_has_a_pace_and_another_one_is_a_fault() -> None:
    usual: VoicePace | None = None
    for ms in [60.0, 66.0] * 20:
        usual = pace.updated(usual, ms)
    assert usual is not None
    assert usual.segment_count == 40
    assert not pace.is_unusual(63.0, usual)
    assert pace.is_unusual(100.0, usual)
    assert pace.is_unusual(35.0, usual)
    assert pace.is_unusual(5.0, None)  # no voice is so fast
    assert not pace.is_unusual(None, usual)
    assert Fault.LENGTH in check(speech(SENTENCE), usual=usual.model_copy(update={"mean": 5.0})).faults


def test_a_known_voice_is_counted_now_and_then_a_new_one_always() -> None:
    known = VoicePace(segment_count=500, mean=4.1, variance=0.01)
    assert pace.counts(None, 7)
    assert [index for index in range(45) if pace.counts(known, index)] == [0, 20, 40]


def test_the_aligner_times_words_within_a_few_ms_of_the_voice() -> None:
    samples, sample_rate, speech_marks = espeak.synthesize_samples(SENTENCE, "en-us")
    audio = mp3.parse(lame.encode(samples, sample_rate))
    alignment = aligner.align(pcm.decode(audio), SENTENCE)
    assert alignment is not None
    words = aligned_words(SENTENCE, alignment.words, duration_ms=audio.duration_ms)
    assert [SENTENCE[word.text_start : word.text_end] for word in words][:3] == ["The", "keeper", "slept"]
    starts = {mark.text_start: mark.start_ms + lame.ENCODER_DELAY_MS for mark in speech_marks}
    distances = [abs(word.start_ms - starts[word.text_start]) for word in words if word.text_start in starts]
    assert len(distances) == 14
    assert sum(distances) / len(distances) < 40


def test_text_that_the_aligner_cannot_judge_is_not_judged() -> None:
    samples = speech("Hello.")
    for text in ("Das Wetterhäuschen stünde qxzvy qzzrt.", "In 2026 it was", "Hello."):
        assert aligner.align(samples, text) is None


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("keepers", "K IY P Z"),
        ("unkeep", "AH N K IY P"),
        ("keepkeep", "K IY P K IY P"),
        ("glorp", "G L AO R P"),
        ("...", None),
    ],
)
def test_unknown_words_are_pronounced_by_their_parts_or_letters(word: str, phones: str | None) -> None:
    assert pronounce(word, {"keep": "K IY P", "keeper": "K IY P"}.get) == phones
