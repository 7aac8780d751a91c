"""Segments of all voices are joined with the same silence between them, whatever each leaves at its ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from chalicelib.speech.audio import joinable, marks, mp3, pcm, silences
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.voices.model import SynthesizedAudio, TimingAccuracy

TOLERANCE_MS = 25
WORDS = [WordTiming(400, 700, 0, 3), WordTiming(900, 1_200, 4, 7)]


def speak(*, lead_ms: int, tail_ms: int, timing: TimingAccuracy = "exact") -> SynthesizedAudio:
    """Return two words of 300 ms with 200 ms between them, and silence at both ends."""
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 300 * 24).astype(np.float32)
    samples = np.concatenate((pcm.silence(lead_ms), noise, pcm.silence(200), noise, pcm.silence(tail_ms)))
    audio = pcm.encode(samples)
    words = [
        word._replace(start_ms=word.start_ms - 400 + lead_ms, end_ms=word.end_ms - 400 + lead_ms) for word in WORDS
    ]
    if timing == "estimated":
        words = marks.estimate("one two", audio.duration_ms)
    return SynthesizedAudio(audio, words, timing, billed_characters=7, request_id=None)


def make_joinable(spoken: SynthesizedAudio) -> SynthesizedAudio:
    return joinable.make_joinable(spoken, pcm.decode(spoken.audio))


@pytest.mark.parametrize(("lead_ms", "tail_ms"), [(60, 0), (400, 500), (60, 900), (1_500, 20)])
def test_a_pause_between_segments_is_as_long_as_planned(lead_ms: int, tail_ms: int) -> None:
    made = make_joinable(speak(lead_ms=lead_ms, tail_ms=tail_ms))
    joined = joinable.with_silence(made.audio, 900).frames + made.audio.frames
    lengths = [silence.end_ms - silence.start_ms for silence in silences.find(pcm.decode(mp3.parse(joined)))]
    assert lengths[2] == pytest.approx(900, abs=2 * TOLERANCE_MS)
    assert joinable.with_silence(made.audio, 120) == made.audio


@pytest.mark.parametrize("timing", ["exact", "estimated"])
def test_word_timings_stay_with_their_words(timing: TimingAccuracy) -> None:
    made = make_joinable(speak(lead_ms=700, tail_ms=300, timing=timing))
    marks.check(made.words, text_length=7, duration_ms=made.audio.duration_ms)
    assert made.words[0].start_ms == pytest.approx(joinable.LEAD_MS, abs=TOLERANCE_MS)
    if timing == "exact":
        heard = [following.start_ms - word.end_ms for word, following in pairwise(made.words)]
        assert heard == [200]
    else:
        assert made.words[-1].end_ms == pytest.approx(joinable.LEAD_MS + 800, abs=80)


def test_audio_without_a_sound_stays_as_it_is() -> None:
    silent = SynthesizedAudio(pcm.encode(pcm.silence(500)), [], "exact", billed_characters=0, request_id=None)
    assert make_joinable(silent) is silent


def test_damaged_audio_is_refused() -> None:
    with pytest.raises(mp3.NotAudioError):
        pcm.decode(mp3.Audio(b"\xff\xfb" + b"no audio" * 40, 1, 24_000, 1, 64))
