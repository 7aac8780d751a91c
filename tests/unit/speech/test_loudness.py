"""Loudness, and samples between two MP3 forms."""

import time

import numpy as np
import pytest

from chalicelib.platform.deadline import DeadlineExceededError, time_limit
from chalicelib.speech.audio import loudness, mp3, pcm
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.voices.adapters import espeak, lame


def tone(*, hz: float = 997, amplitude: float = 1.0, seconds: float = 5.0) -> Samples:
    return np.asarray(
        amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE), np.float32
    )


def speech(text: str, language: str = "en-us") -> mp3.Audio:
    samples, sample_rate, _ = espeak.synthesize_samples(text, language)
    return mp3.parse(lame.encode(samples, sample_rate))


SENTENCE = "The keeper slept through the storm, and nobody heard the bell."


@pytest.mark.parametrize(
    ("samples", "lufs"),
    [
        (tone(), -3.01),  # ITU-R BS.1770-4: a full-scale sine of 997 Hz in one channel
        (tone(amplitude=0.1), -23.01),
        (tone(hz=60), -6.6),  # the high-pass of 38 Hz and quality 0.5 takes 2.9 dB
        (tone(hz=4_000), 0.3),  # the shelf adds 4 dB
        (np.concatenate((tone(amplitude=0.1), np.zeros(10 * SAMPLE_RATE, np.float32))), -23.01),  # gated
    ],
)
def test_loudness_follows_the_standard(samples: Samples, lufs: float) -> None:
    assert loudness.integrated_lufs(samples) == pytest.approx(lufs, abs=0.2)


def test_silence_has_no_loudness_and_stays_silence() -> None:
    silence = np.zeros(SAMPLE_RATE, np.float32)
    assert loudness.integrated_lufs(silence) is None
    assert not loudness.level(silence).any()
    assert loudness.integrated_lufs(silence[:0]) is None


@pytest.mark.parametrize("gain", [0.02, 0.3, 1.0, 3.0])
def test_speech_of_any_level_comes_out_equally_loud_and_below_full_scale(gain: float) -> None:
    samples = loudness.level(pcm.decode(speech(SENTENCE)) * np.float32(gain))
    encoded = pcm.decode(pcm.encode(samples))
    lufs = loudness.integrated_lufs(encoded)
    assert lufs is not None
    assert abs(lufs - loudness.TARGET_LUFS) <= loudness.TOLERANCE_LU
    assert np.abs(samples).max() <= loudness.PEAK + 1e-6
    assert np.abs(encoded).max() < 1


def test_encoding_again_moves_nothing() -> None:
    once = pcm.decode(speech(SENTENCE))
    samples, moved_ms = pcm.with_lead_in(once)
    assert moved_ms == 0
    again = pcm.decode(pcm.encode(samples))
    part = slice(SAMPLE_RATE // 2, SAMPLE_RATE)
    lag = np.argmax(np.correlate(again[: SAMPLE_RATE * 3 // 2], once[part], "valid")) - part.start
    assert lag == 0
    assert 0 <= again.size - once.size <= 3 * 576


def test_speech_without_a_lead_in_moves_by_the_encoders_delay() -> None:
    loud = tone(amplitude=0.5, seconds=1)
    samples, moved_ms = pcm.with_lead_in(loud)
    assert moved_ms == lame.ENCODER_DELAY_MS
    assert np.abs(pcm.decode(pcm.encode(samples))[: pcm.ENCODER_DELAY_SAMPLES - 600]).max() < 0.05


def test_joined_segments_do_not_click() -> None:
    """A segment that is cut in the middle of a vowel is the worst case: a step of half the full scale."""
    cut = pcm.fade_ends(np.concatenate((np.zeros(1_105, np.float32), tone(hz=200, amplitude=0.5, seconds=0.50125))))
    one = pcm.encode(cut)
    joined = pcm.decode(mp3.parse(one.frames + one.frames))
    steps = np.abs(np.diff(joined))
    assert steps.max() < 1.5 * np.abs(np.diff(tone(hz=200, amplitude=0.5, seconds=1))).max()


def test_damaged_frames_are_an_error_or_quiet_never_a_crash() -> None:
    audio = speech("Hello.")
    damaged = mp3.Audio(b"\0" * 400, 1, 24_000, 1, 64)
    with pytest.raises(mp3.NotAudioError):
        pcm.decode(damaged)
    assert pcm.decode(audio).size == audio.frame_count * 576


def test_audio_is_decoded_whole_or_not_at_all_when_the_time_is_up() -> None:
    audio = pcm.encode(tone(amplitude=0.1))
    started = time.monotonic()
    whole = pcm.decode(audio)
    duration_s = time.monotonic() - started
    for share in np.linspace(0, 1.5, 40):
        try:
            with time_limit(share * duration_s):
                assert np.array_equal(pcm.decode(audio), whole)
        except DeadlineExceededError:
            pass
