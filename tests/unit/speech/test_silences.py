"""Silences of decoded speech: found between the right words, made as long as they should be, with the marks kept."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.audio import marks, pcm, silences
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import Samples
from chalicelib.speech.pauses import Pause
from chalicelib.speech.voices.adapters.espeak import VOICES, Espeak

RATE = 24
WORD = "word"  # of every synthetic text
TOLERANCE_MS = 15  # the resolution of what is found, and the fades


def speak(lengths: list[int], gaps: list[int]) -> tuple[Samples, list[WordTiming]]:
    """Return noise for each word, with silence behind it, and exact timings."""
    noise = np.random.default_rng(7)
    parts: list[Samples] = []
    words, at = [], 0
    for index, (length, gap) in enumerate(zip(lengths, gaps, strict=True)):
        parts += [noise.uniform(-0.5, 0.5, length * RATE).astype(np.float32), np.zeros(gap * RATE, dtype=np.float32)]
        words.append(WordTiming(at, at + length, index * 5, index * 5 + 4))
        at += length + gap
    return np.concatenate(parts), words


def silence_between(samples: Samples, before: WordTiming, behind: WordTiming) -> int:
    """Return the length of the silence that is heard between two words."""
    near = [
        silence.end_ms - silence.start_ms
        for silence in silences.find(samples)
        if silence.start_ms < behind.start_ms + 60 and silence.end_ms > before.end_ms - 60
    ]
    return max(near, default=0)


WORDS = st.lists(st.tuples(st.integers(80, 400), st.integers(0, 300)), min_size=1, max_size=8)


@given(
    words=WORDS, wanted=st.lists(st.integers(0, 1_500), min_size=8, max_size=8), is_exact=st.booleans(), data=st.data()
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_paused_marks_stay_in_order_and_all_samples_of_speech_remain(
    words: list[tuple[int, int]], wanted: list[int], is_exact: bool, data: st.DataObject
) -> None:
    samples, timings = speak([length for length, _ in words], [gap for _, gap in words])
    places = data.draw(st.sets(st.integers(0, len(words) - 1)))
    pauses = [Pause(place * 5 + 4, wanted[place]) for place in sorted(places)]
    if not is_exact:
        timings = marks.estimate(" ".join([WORD] * len(words)), len(samples) // RATE)
    speech = silences.set_pauses(samples, timings, pauses, is_exact=is_exact)
    duration_ms = len(speech.samples) // RATE
    marks.check(speech.words, text_length=len(words) * 5, duration_ms=duration_ms)
    assert [word[2:] for word in speech.words] == [word[2:] for word in timings]
    assert np.count_nonzero(speech.samples) >= 0.9 * np.count_nonzero(samples)


def test_exactly_marked_speech_has_the_silences_that_are_set_and_no_other_changes() -> None:
    samples, timings = speak([200, 300, 150, 250, 200], [40, 90, 600, 30, 120])
    pauses = [Pause(4, 500), Pause(14, 350), Pause(24, 900)]
    speech = silences.set_pauses(samples, timings, pauses, is_exact=True)
    heard = [silence_between(speech.samples, *pair) for pair in pairwise(speech.words)]
    assert heard == pytest.approx([500, 90, 350, 30], abs=TOLERANCE_MS)
    assert len(speech.samples) // RATE - speech.words[-1].end_ms == pytest.approx(
        900 - silences.LEAD_MS, abs=TOLERANCE_MS
    )
    assert [word.end_ms - word.start_ms for word in speech.words] == pytest.approx(
        [200, 300, 150, 250, 200], abs=TOLERANCE_MS
    )


def test_the_silences_of_a_voice_without_marks_are_found_by_the_speech_between_them() -> None:
    text = "one two three, four. Five six seven eight nine\nten eleven\ntwelve, thirteen fourteen. End"
    spans = marks.word_spans(text)
    lengths = [
        120 + 60 * (end - start) * (2 if index % 3 else 1) for index, (start, end) in enumerate(spans)
    ]  # unevenly
    gap_of = {",": 150, ".": 380, "\n": 220}
    gaps = [gap_of.get(text[end : end + 1], 0) for _, end in spans]
    samples, _ = speak(lengths, gaps)
    lines = [Pause(text.index("\nten"), 700), Pause(text.index("\ntwelve"), 710)]
    estimated = marks.estimate(text, len(samples) // RATE)
    speech = silences.set_pauses(samples, estimated, lines, is_exact=False)
    for pause, first in zip(lines, ("ten", "twelve"), strict=True):
        index = next(i for i, word in enumerate(speech.words) if text[word.text_start : word.text_end] == first)
        before = sum(lengths[:index]) + sum(gaps[: index - 1]) + (700 - 220 if first == "twelve" else 0)
        assert speech.words[index].start_ms == pytest.approx(before + pause.ms, abs=TOLERANCE_MS)
        assert silence_between(speech.samples, *speech.words[index - 1 : index + 1]) == pytest.approx(
            pause.ms, abs=TOLERANCE_MS
        )


POEM = "The lamp is low\nthe tide is slow\nand home we go\n\nThe gulls are white\nand gone by night."


def test_a_real_voice_reads_a_poem_with_the_pauses_of_its_lines_after_encoding() -> None:
    voice = next(voice for voice in VOICES if voice.id == "espeak:en-us")
    spoken = Espeak().synthesize(POEM, voice, "en")
    lines = [Pause(offset, 350) for offset in (15, 32, 67)]
    pauses = sorted([*lines, Pause(47, 750), Pause(len(POEM), 1_300)])
    speech = silences.set_pauses(pcm.decode(spoken.audio), spoken.words, pauses, is_exact=True)
    audio = pcm.encode(speech.samples)
    marks.check(speech.words, text_length=len(POEM), duration_ms=audio.duration_ms)
    decoded = pcm.decode(audio)
    for pause in pauses[:-1]:
        index = next(i for i, word in enumerate(speech.words) if word.text_start > pause.offset)
        assert silence_between(decoded, *speech.words[index - 1 : index + 1]) == pytest.approx(pause.ms, abs=40)
    end = silences.find(decoded)[-1]
    assert end.end_ms - end.start_ms == pytest.approx(1_300 - silences.LEAD_MS, abs=60)
