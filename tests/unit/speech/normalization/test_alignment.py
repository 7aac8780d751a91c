"""Words that are spoken light what is written, wherever the two differ."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.normalization.normalize import normalize
from tests.unit.speech.normalization.test_cases import read

WORD_MS = 100


def speak(spoken: str) -> list[WordTiming]:
    """Return timings as a voice reports them: each word of what it says takes 100 ms."""
    return [
        WordTiming(index * WORD_MS, (index + 1) * WORD_MS, start, end)
        for index, (start, end) in enumerate(marks.word_spans(spoken))
    ]


def lit(text: str, language: str = "en") -> list[tuple[str, int, int]]:
    """Return what is lit of a written text, from when until when."""
    spoken = normalize(text, language)
    return [
        (text[word.text_start : word.text_end], word.start_ms, word.end_ms)
        for word in spoken.to_written(speak(spoken.text))
    ]


def test_a_sum_is_lit_from_its_first_word_to_its_last() -> None:
    assert lit("It cost $100 today.") == [("It", 0, 100), ("cost", 100, 200), ("$100", 200, 500), ("today", 500, 600)]


def test_each_part_of_a_date_is_lit_with_its_own_words() -> None:
    assert lit("On 4 March 2026.") == [
        ("On", 0, 100),
        ("4", 100, 400),  # the fourth of
        ("March", 400, 500),
        ("2026", 500, 700),  # twenty twenty-six
    ]


def test_what_is_not_said_is_never_lit() -> None:
    assert [word for word, _, _ in lit("found [12] later (Miller et al., 2019).")] == ["found", "later"]


def test_a_text_without_anything_to_change_is_the_same_object_of_speech() -> None:
    text = "The keeper slept; nobody came."
    assert normalize(text, "en").text == text
    assert normalize(text, "en").replacements == ()


@pytest.mark.parametrize("language", ["en", "de"])
def test_in_no_case_is_a_spoken_word_unlit_or_a_written_one_lit_twice(language: str) -> None:
    for case in read(language):
        spoken = normalize(case.written, language)
        timings = speak(spoken.text)
        written = spoken.to_written(timings)
        if not timings:
            continue
        marks.check(written, text_length=len(case.written), duration_ms=len(timings) * WORD_MS)
        assert (written[0].start_ms, written[-1].end_ms) == (0, len(timings) * WORD_MS), case
        assert all(word.end_ms == following.start_ms for word, following in pairwise(written)), case


LETTERS = st.text(
    st.sampled_from("aZé 1290.,:;-–/%$€£#@()[]*'’²₂½°♥😀\n•XIV") | st.characters(exclude_categories=["Cs"]),
    max_size=120,
)


@given(text=LETTERS, language=st.sampled_from(["en", "de", "fr", "ja"]))
@settings(max_examples=600, deadline=None)
def test_any_text_is_aligned(text: str, language: str) -> None:
    spoken = normalize(text, language)
    written = spoken.to_written(speak(spoken.text))
    marks.check(written, text_length=len(text), duration_ms=len(marks.word_spans(spoken.text)) * WORD_MS)
    position = 0
    for replacement in spoken.replacements:
        assert position <= replacement.start < replacement.end <= len(text)
        position = replacement.end
