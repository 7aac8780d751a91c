"""Spoken audio made fit for being joined: as loud as all other, without the silence that its voice leaves at both ends.

Import this module only in functions that make audio: numpy is in their layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chalicelib.speech.audio import loudness, mp3, pcm, silences
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import Samples
from chalicelib.speech.voices.model import SynthesizedAudio

# Kept around the sound: a soft consonant begins below what counts as silence, and a room's echo ends there.
LEAD_MS, TAIL_MS = silences.LEAD_MS, 80


def make_joinable(spoken: SynthesizedAudio, samples: Samples) -> SynthesizedAudio:
    """Return the same speech as loud as every other, with as little silence at its ends, and without a click where it is joined.

    `samples` are those of its audio. Audio without any sound stays as it is.
    """
    sound = silences.find_sound(samples)
    if sound is None:
        return spoken
    lead, tail = silences.to_samples(LEAD_MS), silences.to_samples(TAIL_MS)
    start, end = silences.to_samples(sound.start_ms), silences.to_samples(sound.end_ms)
    padded = np.pad(samples, (lead, tail))
    audio = pcm.encode(pcm.fade_ends(loudness.level(padded[start : end + lead + tail])))
    if spoken.timing == "estimated":
        words = _stretched(spoken.words, spoken.audio.duration_ms, LEAD_MS, LEAD_MS + sound.end_ms - sound.start_ms)
    else:
        words = _moved(spoken.words, LEAD_MS - sound.start_ms, audio.duration_ms)
    return replace(spoken, audio=audio, words=words)


def with_silence(audio: mp3.Audio, pause_ms: int) -> mp3.Audio:
    """Return the audio with silence behind it: as much as is missing to a pause before the next segment, which also starts so."""
    missing_ms = pause_ms - LEAD_MS - TAIL_MS
    if missing_ms <= 0:
        return audio
    pause = mp3.silence(missing_ms, like=audio)
    frame_count = audio.frame_count + pause.frame_count
    return mp3.Audio(audio.frames + pause.frames, frame_count, audio.sample_rate, audio.channels, audio.kbps)


def _moved(words: Sequence[WordTiming], by_ms: int, duration_ms: int) -> list[WordTiming]:
    return [
        word._replace(
            start_ms=min(max(0, word.start_ms + by_ms), duration_ms),
            end_ms=min(max(0, word.end_ms + by_ms), duration_ms),
        )
        for word in words
    ]


def _stretched(words: Sequence[WordTiming], duration_ms: int, start_ms: int, end_ms: int) -> list[WordTiming]:
    """Stretch timings that were estimated for all of the audio over its sound."""
    return [
        word._replace(
            start_ms=start_ms + word.start_ms * (end_ms - start_ms) // max(1, duration_ms),
            end_ms=start_ms + word.end_ms * (end_ms - start_ms) // max(1, duration_ms),
        )
        for word in words
    ]
