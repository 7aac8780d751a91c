"""Checks of samples alone, in any language: silence, holes, clipping, an abrupt end."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples

FRAME_S = 0.01
SILENT_LUFS = -50.0  # quieter than any voice
MIN_SPEECH_SHARE = 0.2  # of the time; pauses take less than half of natural speech
QUIET_DB = -38.0  # below the speech's own level: a pause
MAX_PAUSE_S = 2.0  # inside a segment; the voices measured pause for up to 1.1 s between paragraphs
MAX_GAP_S = 0.45  # between two words without punctuation
MAX_HOLE_S = 0.3  # of a word's own time that is silent: a plosive's closure takes 0.15 s
MAX_WORD_MS = 2_000  # a longer one is an address or a formula, of many spoken words
EDGE_MS = 120  # of a word: the error of its times
PEAK = 0.998  # quantile of the magnitudes
LEVELS, LOUD = 12, 4  # levels from half of the peak to above it, of which the first ones are merely loud
MAX_PILE = 0.95  # of a level near the peak, relative to a loud one: voices have up to 0.77, clipped ones 1.1 and more
END_S = 0.03
ABRUPT_END_DB = -5.0  # relative to the speech's level, just before the end; natural voices fade to -8 dB and less


def is_silent(samples: Samples, lufs: float | None) -> bool:
    if lufs is None or lufs < SILENT_LUFS:
        return True
    levels = levels_db(samples)
    return float(np.mean(levels > QUIET_DB)) < MIN_SPEECH_SHARE


def has_hole(samples: Samples, words: Sequence[WordTiming]) -> bool:
    """Return whether speech is interrupted: longer than any pause, or inside a word of which the time is known exactly."""
    quiet = levels_db(samples) <= QUIET_DB
    active = np.flatnonzero(~quiet)
    if not active.size:
        return False
    runs = _runs(quiet[active[0] : active[-1] + 1])
    if max((end - start for start, end in runs), default=0) * FRAME_S > MAX_PAUSE_S:
        return True
    offset = int(active[0])
    for start, end in runs:
        start_ms, end_ms = (round((offset + frame) * FRAME_S * 1_000) for frame in (start, end))
        # Silence at a word's end is its pause: providers often let a word last until the next one.
        if end_ms - start_ms > MAX_HOLE_S * 1_000 and any(
            word.start_ms + EDGE_MS < start_ms and end_ms < word.end_ms - EDGE_MS
            for word in words
            if word.end_ms - word.start_ms < MAX_WORD_MS
        ):
            return True
    return False


def has_gap(text: str, words: Sequence[WordTiming]) -> bool:
    """Return whether a long pause separates two words that the text does not."""
    return any(
        following.start_ms - word.end_ms > MAX_GAP_S * 1_000 and not text[word.text_end : following.text_start].strip()
        for word, following in pairwise(words)
    )


def is_clipped(samples: Samples) -> bool:
    """Return whether peaks are cut off: they pile up at one level, where natural ones get rarer the louder they are.

    An encoder smears them, so that they do not touch full scale, and overshoots.
    """
    magnitudes = np.abs(samples)
    if not magnitudes.any():
        return False
    peak = np.quantile(magnitudes, PEAK)
    counts, _ = np.histogram(magnitudes, LEVELS, (0.5 * peak, 1.1 * peak))
    return bool(np.max(counts[LOUD:]) > MAX_PILE * np.mean(counts[:LOUD]))


def ends_abruptly(samples: Samples) -> bool:
    """Return whether the sound is still loud where it stops."""
    levels = levels_db(samples)
    active = np.flatnonzero(levels > QUIET_DB)
    if not active.size:
        return False
    last = int(active[-1]) + 1
    # The level falls from speech to nothing within an encoder's smear.
    before = levels[max(0, last - round(END_S / FRAME_S)) : last]
    after = levels[last : last + 2]
    return bool(before.size and np.median(before) > ABRUPT_END_DB and bool(np.all(after < QUIET_DB - 10)))


def levels_db(samples: Samples) -> NDArray[np.float32]:
    """Return the level of each 10 ms, relative to the loud parts of the speech."""
    size = round(FRAME_S * SAMPLE_RATE)
    frames = samples[: samples.size // size * size].reshape(-1, size)
    power = (frames.astype(np.float32) ** 2).mean(axis=1) + 1e-12
    if not power.size:
        return power
    return np.asarray(10 * np.log10(power / np.quantile(power, 0.9)), np.float32)


def _runs(quiet: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and end of each run of quiet frames."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], quiet, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
