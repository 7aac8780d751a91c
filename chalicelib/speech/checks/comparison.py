"""Comparison of a segment with its text as the same engine spoke it another time: a pure function."""

from __future__ import annotations

import numpy as np

from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.checks.waveform import QUIET_DB, levels_db

MAX_DIFFERENCE_MS = 80  # of their lengths: espeak-ng varies by 40, an MP3 frame lasts 24, and a short word 100
BLOCK = 30  # frames
MAX_SHIFT = 8  # frames by which a block may be early or late
MAX_LEVEL_DIFFERENCE_DB = (
    5.0  # of a block, in the mean: espeak-ng varies by up to 3.3, other sounds differ by 8 and more
)


def is_another_length(samples: Samples, again: Samples) -> bool:
    """Return whether audio is shorter or longer than the same text was another time."""
    return abs(samples.size - again.size) * 1_000 > MAX_DIFFERENCE_MS * SAMPLE_RATE


def is_another_sound(samples: Samples, again: Samples) -> bool:
    """Return whether a part of the audio has other levels than the same text had another time."""
    levels, others = (np.maximum(levels_db(audio), QUIET_DB) for audio in (samples, again))
    count = min(levels.size, others.size) // BLOCK
    if not count:
        return False
    size = count * BLOCK
    padded = np.pad(others, MAX_SHIFT, constant_values=QUIET_DB)
    shifted = (padded[start : start + size] for start in range(2 * MAX_SHIFT + 1))
    differences = [np.abs(levels[:size] - other).reshape(count, BLOCK).mean(axis=1) for other in shifted]
    return bool(np.max(np.min(differences, axis=0)) > MAX_LEVEL_DIFFERENCE_DB)
