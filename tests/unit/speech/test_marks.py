"""Speech marks: one timing per word, in code points and milliseconds, whatever a provider reports."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import MarksError, SpeechMark, WordTiming
from tests.fakes.speechify import speech_marks

TEXTS = st.text(
    st.sampled_from("abc déñ 12 ,.;:!?-–—'\"()%&#@\n\t 你好世界，。！カナ々 😀👨‍👩‍👧🇫🇷é مرحبا नमस्ते ﷽ｆ")
    | st.characters(),
    max_size=80,
)


def slices(text: str, words: list[WordTiming]) -> list[str]:
    return [text[word.text_start : word.text_end] for word in words]


def chunk(value: str, start: int, end: int, start_time: float, end_time: float) -> dict[str, object]:
    return {
        "type": "word",
        "value": value,
        "start": start,
        "end": end,
        "start_time": start_time,
        "end_time": end_time,
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Who goes there?" he asked.', ["Who", "goes", "there", "he", "asked"]),
        ("It didn't cost 3.5% more.", ["It", "didn't", "cost", "3.5%", "more"]),
        ("text-to-speech — works…well", ["text-to-speech", "works", "well"]),
        ("L’été à Besançon", ["L’été", "à", "Besançon"]),
        ("cafe\u0301 noir", ["cafe\u0301", "noir"]),
        ("I am 😀, 👨‍👩‍👧 too!", ["I", "am", "😀", "👨‍👩‍👧", "too"]),
        ("你好，世界。", ["你", "好", "世", "界"]),
        ("PDFを読む", ["PDF", "を", "読", "む"]),
        ("안녕하세요, 세계!", ["안녕하세요", "세계"]),
        ("* * * … — !", []),
        ("", []),
    ],
)
def test_words_are_split_as_a_reader_would(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in marks.word_spans(text)] == expected


@given(text=TEXTS)
def test_every_letter_and_digit_belongs_to_exactly_one_word(text: str) -> None:
    spans = marks.word_spans(text)
    assert spans == sorted(spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    inside = {offset for start, end in spans for offset in range(start, end)}
    assert {offset for offset, character in enumerate(text) if character.isalnum()} <= inside


@given(
    text=TEXTS,
    points=st.lists(
        st.tuples(st.integers(0, 9_000), st.none() | st.integers(0, 9_000), st.integers(0, 90)), max_size=20
    ),
    duration_ms=st.integers(0, 8_000),
)
@settings(max_examples=300)
def test_aligned_words_go_forward_inside_text_and_audio_for_any_provider_marks(
    text: str, points: list[tuple[int, int | None, int]], duration_ms: int
) -> None:
    words = marks.align(text, [SpeechMark(*point) for point in points], duration_ms=duration_ms)
    marks.check(words, text_length=len(text), duration_ms=duration_ms)
    assert [(word.text_start, word.text_end) for word in words] in ([], marks.word_spans(text))


@given(text=TEXTS, duration_ms=st.integers(0, 100_000))
def test_estimates_cover_every_word_in_order_within_the_audio(text: str, duration_ms: int) -> None:
    words = marks.estimate(text, duration_ms)
    marks.check(words, text_length=len(text), duration_ms=duration_ms)
    assert [(word.text_start, word.text_end) for word in words] == marks.word_spans(text)


def test_an_estimate_gives_long_words_more_time_and_rests_after_a_sentence() -> None:
    text = "I. Incomprehensibilities and"
    first, second, third = marks.estimate(text, 4_000)
    assert second.end_ms - second.start_ms > 4 * (first.end_ms - first.start_ms)
    assert second.start_ms - first.end_ms > 300
    assert third.start_ms == second.end_ms
    assert third.end_ms == 4_000


def test_a_word_without_a_mark_shares_the_time_of_the_word_before_it() -> None:
    text = "copies of the licence"
    words = marks.align(
        text, [SpeechMark(0, None, 0), SpeechMark(400, None, 7), SpeechMark(700, None, 14)], duration_ms=1_200
    )
    assert slices(text, words) == ["copies", "of", "the", "licence"]
    assert [(word.start_ms, word.end_ms) for word in words] == [(0, 400), (400, 528), (528, 700), (700, 1_200)]


def test_several_marks_inside_one_word_become_one_timing_that_begins_with_the_first() -> None:
    text = "it cost 3.5% more"
    events = [(0, 0), (157, 3), (500, 8), (720, 9), (1_030, 9), (1_350, 11), (1_840, 13)]
    words = marks.align(text, [SpeechMark(ms, None, at) for ms, at in events], duration_ms=2_200)
    assert [(text[m.text_start : m.text_end], m.start_ms) for m in words][2:] == [("3.5%", 500), ("more", 1_840)]


def test_a_mark_on_the_space_before_a_word_times_the_word_unless_it_has_its_own() -> None:
    text = "z. B. heute"
    words = marks.align(
        text, [SpeechMark(0, None, 0), SpeechMark(300, None, 3), SpeechMark(600, None, 5)], duration_ms=900
    )
    assert words[-1] == WordTiming(600, 900, 6, 11)
    with_own = marks.align(
        text, [SpeechMark(0, None, 0), SpeechMark(600, None, 5), SpeechMark(700, None, 6)], duration_ms=900
    )
    assert with_own[-1] == WordTiming(700, 900, 6, 11)


def test_shift_moves_words_to_their_segments_position() -> None:
    assert marks.shift([WordTiming(46, 300, 0, 5)], offset_ms=51_840, text_offset=10_233) == [
        WordTiming(51_886, 52_140, 10_233, 10_238)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        [WordTiming(0, 500, 0, 3), WordTiming(400, 600, 4, 6)],
        [WordTiming(0, 400, 0, 5), WordTiming(400, 600, 4, 6)],
        [WordTiming(300, 200, 0, 3)],
        [WordTiming(0, 1_001, 0, 3)],
        [WordTiming(0, 100, 0, 11)],
        [WordTiming(0, 100, 3, 3)],
        [WordTiming(-1, 100, 0, 3)],
    ],
)
def test_impossible_timings_are_rejected(broken: list[WordTiming]) -> None:
    with pytest.raises(MarksError):
        marks.check(broken, text_length=10, duration_ms=1_000)


def test_byte_offsets_become_code_points() -> None:
    text = "Ça coûte 5 € à 😀 Zoë"
    encoded = text.encode()
    events = [SpeechMark(100 * n, None, encoded.index(word.encode())) for n, word in enumerate(text.split())]
    words = marks.from_utf8_offsets(text, events, duration_ms=900)
    assert slices(text, words) == text.split()
    assert [word.start_ms for word in words] == [0, 100, 200, 300, 400, 500, 600]


def test_touching_chunks_become_one_word_with_the_reported_ends() -> None:
    text = "A text-to-speech test."
    words = marks.from_chunks(text, speech_marks(text, 2_200), duration_ms=2_300)
    assert slices(text, words) == ["A", "text-to-speech", "test"]
    assert words[1] == WordTiming(200, 1_600, 2, 16)
    assert words[2].end_ms == 2_100


def test_chunks_may_be_nested_deeper_or_come_as_a_list() -> None:
    text = "One two. Three."
    tree = [
        {"type": "sentence", "chunks": [{"type": "phrase", "chunks": [chunk("One", 0, 3, 0, 250.6)]}]},
        {"type": "sentence", "chunks": [chunk("two", 4, 7, 251, 600), chunk("Three", 9, 14, 900, 1_400)]},
    ]
    words = marks.from_chunks(text, tree, duration_ms=1_500)
    assert words == [WordTiming(0, 251, 0, 3), WordTiming(251, 600, 4, 7), WordTiming(900, 1_400, 9, 14)]


def test_the_value_is_never_mistaken_for_the_text() -> None:
    text = "Ten & 2 more"
    tree = {
        "chunks": [
            chunk("Ten", 0, 3, 0, 300),
            chunk("and", 4, 5, 300, 500),
            chunk("two", 6, 7, 500, 800),
            chunk("more", 8, 12, 800, 1_200),
        ]
    }
    assert slices(text, marks.from_chunks(text, tree, duration_ms=1_250)) == ["Ten", "&", "2", "more"]


def test_chinese_offsets_that_run_ahead_at_full_width_punctuation_are_corrected() -> None:
    text = "你好，世界。今天天气很好！我们去公园。"
    chunks, ahead = [], 0
    for at, character in enumerate(text):
        if character in "，。！":
            ahead += 1
        else:
            chunks.append(chunk(character, at + ahead, at + ahead + 1, 100 * at, 100 * at + 100))
    words = marks.from_chunks(text, {"chunks": chunks}, duration_ms=2_000)
    assert [(text[m.text_start], m.start_ms) for m in words] == [
        (character, 100 * at) for at, character in enumerate(text) if character not in "，。！"
    ]


def test_correct_offsets_beside_full_width_punctuation_are_kept() -> None:
    text = "你好，世界。今天天气很好！"
    chunks = [chunk(c, at, at + 1, 100 * at, 100 * at + 100) for at, c in enumerate(text) if c not in "，。！"]
    words = marks.from_chunks(text, {"chunks": chunks}, duration_ms=1_400)
    assert [word.start_ms for word in words] == [100 * at for at, c in enumerate(text) if c not in "，。！"]


def test_offsets_in_utf16_units_are_recognised_after_emoji() -> None:
    text = "😀 smile 😀 again 😀 and end"
    chunks = []
    for start, end in marks.word_spans(text):
        before = len(text[:start].encode("utf-16-le")) // 2
        units = len(text[start:end].encode("utf-16-le")) // 2
        chunks.append(chunk(text[start:end], before, before + units, 100 * start, 100 * end))
    words = marks.from_chunks(text, {"chunks": chunks}, duration_ms=3_000)
    assert [(word.start_ms, word.text_start) for word in words] == [(100 * s, s) for s, _ in marks.word_spans(text)]


@pytest.mark.parametrize(
    "nothing",
    [
        None,
        {},
        [],
        "marks",
        {"chunks": None},
        {"type": "sentence", "value": "Hello there", "start": 0, "end": 11, "start_time": 0, "end_time": 900},
        {"chunks": [{"type": "word", "value": "Hello"}]},
        {"chunks": [chunk("Hello", 0, 5, float("nan"), float("inf"))]},
        {"chunks": [chunk("He", 0, 2, 0, 100)]},
    ],
    ids=lambda nothing: json.dumps(nothing)[:40],
)
def test_marks_that_cover_less_than_half_of_the_words_are_ignored(nothing: object) -> None:
    assert marks.from_chunks("Hello there", nothing, duration_ms=1_000) == []


def test_marks_beyond_the_audio_mean_that_audio_is_missing() -> None:
    text = "All of this was spoken, and half of it arrived."
    with pytest.raises(MarksError, match="3000 ms in 1500 ms"):
        marks.from_chunks(text, {"chunks": [chunk(text, 0, len(text), 0, 3_000)]}, duration_ms=1_500)
