"""Silences in spoken audio: finding the one between two words, and making it as long as a listener expects.

Import this module only in functions that make audio: numpy is in their layer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chalicelib.speech.audio import gap_alignment
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.pauses import Pause

HOP_MS = 5  # resolution of what is silent
QUIETER_DB = (
    36.0  # than the loud parts of speech; the breath and the end of an "s" are louder (measured with four voices)
)
LOUD_PERCENTILE = 90  # of the levels of a recording: its vowels
FLOOR_DB = -60.0  # below it everything is silent, however quiet the speech
MIN_SILENCE_MS = 20  # shorter ones are inside of sounds
MARK_TOLERANCE_MS = 150  # an exact mark may be this far from where its word begins
MIN_WORD_MS = 30  # of a word remains on each side of a silence that is looked for
LOUDER_DB_PER_MS = 0.05  # how much quieter a moment must be that is farther from the mark
LEAD_MS = 90  # of quiet at the start of the segment that follows: an encoder's delay, and a soft consonant
FADE_MS = 4  # at a cut, so that it does not click

_PER_MS = SAMPLE_RATE // 1_000
_HOP = HOP_MS * _PER_MS


class Stretch(NamedTuple):
    """Silence, or sound, from one ms up to another. A silence has no length where a voice speaks on, at its quietest."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class PausedSpeech:
    samples: Samples
    words: list[WordTiming]


def find(samples: Samples) -> list[Stretch]:
    """Return what is silent, in order."""
    return _runs(_levels(samples), _threshold(_levels(samples)))


def find_sound(samples: Samples) -> Stretch | None:
    """Return where the sound begins and ends, None in silence."""
    levels = _levels(samples)
    loud = np.flatnonzero(levels >= _threshold(levels))
    return Stretch(int(loud[0]) * HOP_MS, int(loud[-1] + 1) * HOP_MS) if len(loud) else None


def to_samples(ms: int) -> int:
    return ms * _PER_MS


def set_pauses(
    samples: Samples, words: Sequence[WordTiming], pauses: Sequence[Pause], *, is_exact: bool
) -> PausedSpeech:
    """Make the silence at each pause as long as it says, and move the word timings with their words.

    Pauses are in order, and their offsets count as those of the words. One behind the last word is the silence up to the first
    of the next segment. With estimated timings (not `is_exact`) the silences at punctuation are found first, and the words moved
    between them.
    """
    levels = _levels(samples)
    silences = _runs(levels, _threshold(levels))
    duration_ms = len(samples) // _PER_MS
    timings = list(words)
    starts = [word.text_start for word in timings]
    inner = {index: pause.ms for pause in pauses if 0 < (index := bisect_left(starts, pause.offset)) < len(timings)}
    found: dict[int, Stretch] = {}
    if not is_exact and inner:
        found, timings = gap_alignment.align(timings, silences, set(inner), duration_ms=duration_ms)
    edits: list[tuple[Stretch, int]] = []
    after_ms = 0
    for index, pause_ms in inner.items():
        silence = found.get(index) or _between(levels, silences, timings[index - 1], timings[index])
        silence = Stretch(max(silence.start_ms, after_ms), max(silence.end_ms, after_ms))
        after_ms = silence.end_ms
        timings[:index] = _ending_by(timings[:index], silence.start_ms)
        timings[index:] = _starting_from(timings[index:], silence.end_ms)
        edits.append((silence, pause_ms))
    if pauses and (not timings or pauses[-1].offset >= timings[-1].text_end):
        spoken_ms = timings[-1].start_ms + MIN_WORD_MS if timings else 0
        end = (
            silences[-1]
            if silences and silences[-1].end_ms >= duration_ms - HOP_MS
            else Stretch(duration_ms, duration_ms)
        )
        end = Stretch(min(max(end.start_ms, spoken_ms), duration_ms), duration_ms)
        timings = _ending_by(timings, end.start_ms)
        edits.append((end, max(0, pauses[-1].ms - LEAD_MS)))
    return PausedSpeech(_edit(samples, edits), _shift(timings, edits))


def _levels(samples: Samples) -> NDArray[np.float32]:
    """Return the level of each hop in dB of full scale, over three hops."""
    hops = samples[: len(samples) // _HOP * _HOP].reshape(-1, _HOP)
    power = np.pad((hops.astype(np.float64) ** 2).mean(axis=1), 1, mode="edge")
    return (10 * np.log10(np.convolve(power, np.ones(3) / 3, mode="valid") + 1e-12)).astype(np.float32)


def _threshold(levels: NDArray[np.float32]) -> float:
    return max(FLOOR_DB, float(np.percentile(levels, LOUD_PERCENTILE)) - QUIETER_DB) if len(levels) else FLOOR_DB


def _runs(levels: NDArray[np.float32], threshold: float) -> list[Stretch]:
    is_silent = np.concatenate(([False], levels < threshold, [False]))
    edges = np.flatnonzero(is_silent[1:] != is_silent[:-1]).reshape(-1, 2)
    return [
        Stretch(int(start) * HOP_MS, int(end) * HOP_MS)
        for start, end in edges
        if (end - start) * HOP_MS >= MIN_SILENCE_MS
    ]


def _between(
    levels: NDArray[np.float32], silences: Sequence[Stretch], word: WordTiming, following: WordTiming
) -> Stretch:
    """Return the silence between two words: the longest near their marks, else the quietest moment there."""
    low = min(word.start_ms + MIN_WORD_MS, following.start_ms)
    high = max(low, following.end_ms - MIN_WORD_MS, following.start_ms)
    first = max(low, min(word.end_ms, following.start_ms) - MARK_TOLERANCE_MS)
    last = min(high, following.start_ms + MARK_TOLERANCE_MS)
    nearby = [
        Stretch(max(silence.start_ms, low), min(silence.end_ms, high))
        for silence in silences
        if silence.start_ms < last and silence.end_ms > first
    ]
    longest = max(nearby, key=lambda silence: silence.end_ms - silence.start_ms, default=None)
    if longest is not None and longest.end_ms > longest.start_ms:
        return longest
    window = levels[first // HOP_MS : last // HOP_MS + 1]
    if not len(window):
        return Stretch(following.start_ms, following.start_ms)
    distances_ms = np.abs(np.arange(first // HOP_MS, first // HOP_MS + len(window)) * HOP_MS - following.start_ms)
    at_ms = (first // HOP_MS + int(np.argmin(window + LOUDER_DB_PER_MS * distances_ms))) * HOP_MS
    return Stretch(at_ms, at_ms)


def _ending_by(words: Sequence[WordTiming], end_ms: int) -> list[WordTiming]:
    return [word._replace(start_ms=min(word.start_ms, end_ms), end_ms=min(word.end_ms, end_ms)) for word in words]


def _starting_from(words: Sequence[WordTiming], start_ms: int) -> list[WordTiming]:
    return [word._replace(start_ms=max(word.start_ms, start_ms), end_ms=max(word.end_ms, start_ms)) for word in words]


def _edit(samples: Samples, edits: Sequence[tuple[Stretch, int]]) -> Samples:
    """Lengthen each silence in its middle, or shorten it there, with short fades at the cut."""
    parts: list[Samples] = []
    position = 0
    fade = np.linspace(0, 1, FADE_MS * _PER_MS, dtype=np.float32)
    for silence, pause_ms in edits:
        kept = min(silence.end_ms - silence.start_ms, pause_ms) * _PER_MS
        start, end = silence.start_ms * _PER_MS + kept // 2, silence.end_ms * _PER_MS - (kept - kept // 2)
        before, silent = samples[position:start].copy(), max(0, pause_ms * _PER_MS - kept)
        length = min(len(before), len(fade))
        before[len(before) - length :] *= fade[::-1][len(fade) - length :]
        parts += [before, np.zeros(silent, dtype=np.float32)]
        samples = samples.copy() if not position else samples
        rising = samples[end : end + len(fade)]
        rising *= fade[: len(rising)]
        position = end
    return np.concatenate([*parts, samples[position:]])


def _shift(words: Sequence[WordTiming], edits: Sequence[tuple[Stretch, int]]) -> list[WordTiming]:
    shifted: list[WordTiming] = []
    remaining, shift_ms = list(edits), 0
    for word in words:
        while remaining and word.start_ms >= remaining[0][0].end_ms:
            silence, pause_ms = remaining.pop(0)
            shift_ms += pause_ms - (silence.end_ms - silence.start_ms)
        shifted.append(word._replace(start_ms=word.start_ms + shift_ms, end_ms=word.end_ms + shift_ms))
    return shifted
