"""Word times of every engine, in its own way of reporting them, light the written words while they are spoken."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import SpeechMark, SpokenWord, WordTiming
from chalicelib.speech.normalization.normalize import normalize
from tests.unit.speech.normalization.test_alignment import LETTERS
from tests.unit.speech.normalization.test_cases import read

GAP_MS = 40  # between sentences, where a voice is silent


class Word(NamedTuple):
    """A word as an engine speaks it."""

    start_ms: int
    end_ms: int
    text_start: int
    text_end: int


def speak(spoken: str) -> list[Word]:
    """Return the words of a text with the times in which an engine speaks them; it is silent behind full stops."""
    words: list[Word] = []
    at_ms = 0
    for start, end in marks.word_spans(spoken):
        length_ms = 60 + 20 * (end - start)
        words.append(Word(at_ms, at_ms + length_ms, start, end))
        at_ms += length_ms + (GAP_MS if spoken[end : end + 1] == "." else 0)
    return words


def by_bytes(spoken: str, words: list[Word], duration_ms: int) -> list[WordTiming]:
    """Return what Polly's adapter makes of starts at offsets in bytes."""
    reported = [SpeechMark(word.start_ms, None, len(spoken[: word.text_start].encode())) for word in words]
    return marks.from_utf8_offsets(spoken, reported, duration_ms=duration_ms)


def by_chunks(spoken: str, words: list[Word], duration_ms: int) -> list[WordTiming]:
    """Return what Speechify's adapter makes of chunks, nested in sentences, that divide words at hyphens."""
    chunks = []
    for word in words:
        value = spoken[word.text_start : word.text_end]
        middle = value.find("-") + 1 if 0 < value.find("-") < len(value) - 1 else len(value)
        middle_ms = word.start_ms + (word.end_ms - word.start_ms) * middle // len(value)
        edges = [(0, middle, word.start_ms, middle_ms), (middle, len(value), middle_ms, word.end_ms)]
        chunks += [
            {
                "type": "word",
                "value": value[start:end],
                "start": word.text_start + start,
                "end": word.text_start + end,
                "start_time": start_ms,
                "end_time": end_ms,
            }
            for start, end, start_ms, end_ms in edges
            if start < end
        ]
    return marks.from_chunks(spoken, {"type": "sentence", "chunks": chunks}, duration_ms=duration_ms)


def by_letters(spoken: str, words: list[Word], duration_ms: int) -> list[WordTiming]:
    """Return what the adapter of Kokoro makes of words without offsets."""
    reported = [SpokenWord(spoken[word.text_start : word.text_end], word.start_ms, word.end_ms) for word in words]
    return marks.from_words(spoken, reported, duration_ms=duration_ms)


def by_events(spoken: str, words: list[Word], duration_ms: int) -> list[WordTiming]:
    """Return what espeak's adapter makes of starts, of which numbers and hyphens have several in a word."""
    reported = []
    for word in words:
        for offset in range(word.text_start, word.text_end, 3):
            share = (offset - word.text_start) / (word.text_end - word.text_start)
            reported.append(SpeechMark(word.start_ms + int(share * (word.end_ms - word.start_ms)), None, offset))
    return marks.align(spoken, reported, duration_ms=duration_ms)


def by_lengths(spoken: str, words: list[Word], duration_ms: int) -> list[WordTiming]:
    """Return what the built-in voice's adapter makes of starts and ends."""
    return marks.align(
        spoken, [SpeechMark(word.start_ms, word.end_ms, word.text_start) for word in words], duration_ms=duration_ms
    )


Engine = Callable[[str, list[Word], int], list[WordTiming]]
ENGINES = [by_bytes, by_chunks, by_letters, by_events, by_lengths]


def check(text: str, language: str, engine: Engine) -> None:
    """Check that each word is lit while it is spoken, alone, and with the part of the text that it stands for."""
    spoken = normalize(text, language)
    words = speak(spoken.text)
    duration_ms = words[-1].end_ms if words else 0
    reported = engine(spoken.text, words, duration_ms)
    lit = spoken.to_written(reported)
    marks.check(lit, text_length=len(text), duration_ms=duration_ms)
    if not reported:
        return
    for word in words:
        middle_ms = (word.start_ms + word.end_ms) // 2
        at_once = [timing for timing in lit if timing.start_ms <= middle_ms < timing.end_ms]
        assert len(at_once) == 1, (spoken.text[word.text_start : word.text_end], at_once)
        (meant,) = spoken.to_written([WordTiming(*word)])
        assert at_once[0].text_start <= meant.text_start < at_once[0].text_end


@pytest.mark.parametrize("engine", ENGINES)
@given(text=LETTERS, language=st.sampled_from(["en", "de", "fr"]))
@example("It cost $100 on 4 March 2026, i.e. 3rd-class.\n\nIV", "en")
@settings(max_examples=60, deadline=None)
def test_each_word_of_any_text_is_lit_while_it_is_spoken_and_no_other(engine: Engine, text: str, language: str) -> None:
    check(text, language, engine)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_each_word_of_the_cases_is_lit_while_it_is_spoken(engine: Engine, language: str) -> None:
    for case in read(language)[::3]:
        check(case.written, language, engine)


@given(text=LETTERS, duration_ms=st.integers(1, 20_000))
@settings(max_examples=100, deadline=None)
def test_estimated_times_light_each_written_word_once(text: str, duration_ms: int) -> None:
    spoken = normalize(text, "en")
    lit = spoken.to_written(marks.estimate(spoken.text, duration_ms))
    marks.check(lit, text_length=len(text), duration_ms=duration_ms)
