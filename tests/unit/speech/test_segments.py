"""Cutting reading text: everything is spoken once, nothing is too long, the same text is cut the same way."""

import random
from itertools import pairwise

import pytest
import sentencex
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.speech.segments import Segment, split

WORDS = "the tide turned before morning and nobody had seen him arrive at quay twelve with his lantern"


def sentence_ends(text: str, language: str = "en") -> list[int]:
    return [boundary["end_index"] for boundary in sentencex.get_sentence_boundaries(language, text)]


def prose(seed: int, paragraphs: int) -> str:
    """Paragraphs of 3 to 8 sentences of 6 to 20 words, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - the same text every time
    return "\n\n".join(
        " ".join(
            " ".join(dice.choices(WORDS.split(), k=dice.randint(6, 20))).capitalize() + "."
            for _ in range(dice.randint(3, 8))
        )
        for _ in range(paragraphs)
    )


def pieces(text: str, segments: list[Segment]) -> list[str]:
    return [text[segment.start : segment.end] for segment in segments]


texts = st.text(st.sampled_from("aé1 Zß .!?,;:\n\t*—你好，。😀\u0301\u200d👨🏽") | st.characters(), max_size=400)


@given(
    text=texts, ends=st.lists(st.integers(0, 400)), limit=st.integers(4, 60), extra=st.integers(0, 40), data=st.data()
)
@settings(max_examples=400, deadline=None)
def test_every_letter_and_digit_is_spoken_exactly_once_and_no_segment_is_too_long(
    text: str, ends: list[int], limit: int, extra: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    segments = split(
        text,
        sorted(ends),
        start=start,
        end=end,
        first_targets=(max(1, limit // 5), max(2, limit // 2)),
        target=limit,
        maximum=limit + extra,
    )
    assert [segment.index for segment in segments] == list(range(len(segments)))
    assert all(one.end <= other.start for one, other in pairwise(segments))
    assert all(start <= s.start < s.end <= end and s.end - s.start <= limit + extra for s in segments)
    assert all(any(c.isalnum() for c in piece) and piece == piece.strip() for piece in pieces(text, segments))
    spoken = {offset for segment in segments for offset in range(segment.start, segment.end)}
    assert {offset for offset in range(start, end) if text[offset].isalnum()} <= spoken


def test_prose_is_cut_at_sentence_and_paragraph_ends_short_first() -> None:
    text = prose(1, 40)
    segments = split(text, sentence_ends(text))
    lengths = [segment.end - segment.start for segment in segments]
    assert lengths[0] <= 220
    assert lengths[1] <= 500
    assert max(lengths) <= 1_260
    assert sum(lengths[2:]) / len(lengths[2:]) > 750
    assert all(piece[0].isupper() and piece.endswith(".") for piece in pieces(text, segments))
    at_paragraph = [text[segment.end :].startswith("\n\n") for segment in segments[2:-1]]
    assert sum(at_paragraph) > 0.8 * len(at_paragraph)


def test_the_same_text_is_cut_the_same_way_and_an_edit_changes_little() -> None:
    text = prose(2, 60)
    before = pieces(text, split(text, sentence_ends(text)))
    assert before == pieces(text, split(text, sentence_ends(text)))
    middle = text.index(". ", len(text) // 2) + 2
    edited = text[:middle] + "Here a sentence was added by the author. " + text[middle:]
    after = pieces(edited, split(edited, sentence_ends(edited)))
    assert len(set(after) - set(before)) <= 4


def steady(paragraphs: int, seed: int = 5) -> list[str]:
    """Paragraphs of nearly the same length: cutting by length alone would never fall in with itself again."""
    dice = random.Random(seed)  # noqa: S311 - the same text every time
    return [" ".join(dice.choices(WORDS.split(), k=90)).capitalize() + "." for _ in range(paragraphs)]


def read(paragraphs: list[str]) -> list[str]:
    text = "\n\n".join(paragraphs)
    return pieces(text, split(text, sentence_ends(text)))


@given(where=st.integers(0, 119), edit=st.sampled_from(["changed", "added", "removed"]), seed=st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_an_edit_of_one_paragraph_buys_only_what_stands_around_it(where: int, edit: str, seed: int) -> None:
    paragraphs = steady(120, seed)
    new = {"changed": ["All of this is new."], "added": ["This was put in.", paragraphs[where]], "removed": []}[edit]
    before, after = read(paragraphs), read([*paragraphs[:where], *new, *paragraphs[where + 1 :]])
    bought = [index for index, piece in enumerate(after) if piece not in set(before)]
    assert len(bought) <= 20
    if bought:  # all of it stands in one place
        assert bought[-1] - bought[0] < 20
    assert after[-3:] == before[-3:] or where > 100
    assert after[:2] == before[:2] or where < 20


def test_a_part_of_a_text_is_cut_like_the_whole_of_it() -> None:
    text = "\n\n".join(steady(120))
    ends = sentence_ends(text)
    whole, part = split(text, ends), split(text, ends, start=text.index("\n\n", 20_000) + 2)
    assert len({(s.start, s.end) for s in part} - {(s.start, s.end) for s in whole}) <= 10


def test_a_chapter_begins_a_segment() -> None:
    paragraphs = steady(60)
    for number, place in enumerate((10, 30, 50)):
        paragraphs.insert(place, f"Chapter {number + 2}")
    assert sum(piece.startswith("Chapter") for piece in read(paragraphs)) == 3


@pytest.mark.parametrize(
    ("between", "pause_ms"),
    [(". ", 120), (".\n\n", 400), ("\n\n", 900), (".\n", 120), (", ", 0)],
    ids=["sentence", "paragraph", "heading", "line", "clause"],
)
def test_the_pause_behind_a_segment_depends_on_what_ended(between: str, pause_ms: int) -> None:
    first, second = "Chapter one begins here", "and the second part follows"
    text = first + between + second
    ends = [len(first) + 1, len(text)] if between[0] == "." else [len(text)]
    segments = split(text, ends, first_targets=(), target=30, maximum=40)
    assert [segment.pause_ms for segment in segments] == [pause_ms, 0]


def test_a_sentence_may_run_over_the_limit_but_not_over_the_hard_limit() -> None:
    long = "word " * 260 + "end. "  # 1,305 characters
    text = long + "Short one follows. " * 30
    assert pieces(text, split(text, sentence_ends(text), first_targets=()))[0] == long.strip()
    endless = "clause of some length, " * 200
    cut = pieces(endless, split(endless, [len(endless)]))
    assert all(piece.endswith(",") for piece in cut)
    assert max(map(len, cut)) <= 1_900


def test_a_word_without_end_is_cut_beside_its_accents_not_through_them() -> None:
    text = "xe\u0301" * 1_000
    segments = split(text, [len(text)], first_targets=(221, 500, 1_000))
    assert len(segments) > 3
    assert not any(piece.startswith("\u0301") for piece in pieces(text, segments))
    assert sum(len(piece) for piece in pieces(text, segments)) == len(text)


def test_chinese_is_cut_at_its_own_punctuation() -> None:
    text = "今天天气很好，我们去公园散步，看见了很多花" * 60 + "。"
    cut = pieces(text, split(text, [len(text)]))
    assert len(cut) > 2
    assert all(piece[-1] in "，。" for piece in cut)


def test_ornaments_between_paragraphs_are_not_spoken() -> None:
    ornament = "* * *\n\n" * 20
    text = "Here ends the first part of it.\n\n" + ornament + "Here begins the second part of it."
    segments = split(text, sentence_ends(text), first_targets=(), target=60, maximum=80)
    assert all(any(c.isalpha() for c in piece) for piece in pieces(text, segments))
    assert segments[0].pause_ms == 400


def test_a_short_rest_joins_the_segment_before_it() -> None:
    text = ("A sentence of forty characters or nearly. " * 29).strip() + " The end."
    assert 1_200 < len(text) < 1_260
    assert len(split(text, sentence_ends(text), first_targets=())) == 1


def test_offsets_count_code_points_of_the_whole_text() -> None:
    text = "😀 Erst — é. 今天很好。 Then a plain sentence, the last one."
    start = text.index("今")
    segments = split(text, sentence_ends(text), start=start)
    assert pieces(text, segments) == ["今天很好。 Then a plain sentence, the last one."]


@pytest.mark.parametrize("text", ["", "   \n\n ", "* * *", "— … !"])
def test_a_text_without_a_word_has_no_segments(text: str) -> None:
    assert split(text, [len(text)]) == []
