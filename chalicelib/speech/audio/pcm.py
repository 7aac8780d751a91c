"""Samples of speech: decode MP3, encode it again, and prepare segments for being joined.

Samples are float32 between -1 and 1, mono, in the sample rate of speech. They are what a player plays, from the first one on,
so that word timings hold for them. numpy and soundfile are in the layer of the functions that make audio: import this module
there only.
"""

from __future__ import annotations

import io

import numpy as np
import soundfile  # type: ignore[import-untyped]
from numpy.typing import NDArray

from chalicelib.platform import deadline
from chalicelib.speech.audio import mp3
from chalicelib.speech.voices.adapters import lame

Samples = NDArray[np.float32]

SAMPLE_RATE = mp3.SPEECH_FORMAT.sample_rate
ENCODER_DELAY_SAMPLES = 1_105  # that LAME puts before the first sample that it is given
QUIET = 0.003  # -50 dB of full scale: an encoder's delay, not the start of a word
FADE_S = 0.005  # at both ends of a segment: too short to be heard, long enough that a join does not click


def decode(audio: mp3.Audio) -> Samples:
    """Return the samples of clean frames, encoder delay included. Raises NotAudioError for damaged frames."""
    try:
        with deadline.deferred():  # libsndfile reads by calls into Python
            samples, _ = soundfile.read(io.BytesIO(audio.frames), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise mp3.NotAudioError(f"the frames cannot be decoded: {error.error_string}") from None
    return np.asarray(samples, dtype=np.float32)


def encode(samples: Samples) -> mp3.Audio:
    """Encode samples so that decoding returns them at the same time.

    LAME puts its delay first, so as many samples are left out: `with_lead_in` makes sure that these are quiet.
    """
    kept = np.clip(samples[ENCODER_DELAY_SAMPLES:], -1, 1)
    return mp3.parse(lame.encode((kept * 32_767).astype("<i2").tobytes(), SAMPLE_RATE))


def with_lead_in(samples: Samples) -> tuple[Samples, int]:
    """Return samples that start with an encoder's delay of quiet, and the ms by which the sound moved."""
    lead_in = samples[:ENCODER_DELAY_SAMPLES]
    if lead_in.size == ENCODER_DELAY_SAMPLES and np.abs(lead_in).max() < QUIET:
        return samples, 0
    silence = np.zeros(ENCODER_DELAY_SAMPLES, np.float32)
    return np.concatenate((silence, samples)), round(ENCODER_DELAY_SAMPLES * 1_000 / SAMPLE_RATE)


def fade_ends(samples: Samples) -> Samples:
    """Return samples that start and end in silence, so that they can be joined."""
    length = min(round(FADE_S * SAMPLE_RATE), samples.size // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    faded = samples.copy()
    faded[:length] *= ramp
    faded[faded.size - length :] *= ramp[::-1]
    return faded


def silence(ms: int) -> Samples:
    return np.zeros(round(ms * SAMPLE_RATE / 1_000), np.float32)
