"""Splitting a text: complete, deterministic, and within the limits of a call."""

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
    """Return paragraphs of 3 to 8 sentences, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - the same text every time
    return "\n\n".join(
        " ".join(
            " ".join(dice.choices(WORDS.split(), k=dice.randint(6, 20))).capitalize() + "."
            for _ in range(dice.randint(3, 8))
        )
        for _ in range(paragraphs)
    )


def contents(text: str, segments: list[Segment]) -> list[str]:
    return [text[segment.start : segment.end] for segment in segments]


texts = st.text(st.sampled_from("aé1 Zß .!?,;:\n\t*—你好，。😀\u0301\u200d👨🏽") | st.characters(), max_size=400)


@given(
    text=texts, ends=st.lists(st.integers(0, 400)), target=st.integers(4, 60), extra=st.integers(0, 40), data=st.data()
)
@settings(max_examples=400, deadline=None)
def test_every_letter_and_digit_is_in_one_segment_and_no_segment_is_too_long(
    text: str, ends: list[int], target: int, extra: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    segments = split(
        text,
        sorted(ends),
        start=start,
        end=end,
        first_targets=(max(1, target // 5), max(2, target // 2)),
        target=target,
        maximum=target + extra,
    )
    assert [segment.index for segment in segments] == list(range(len(segments)))
    assert all(segment.end <= following.start for segment, following in pairwise(segments))
    assert all(start <= s.start < s.end <= end and s.end - s.start <= target + extra for s in segments)
    assert all(any(c.isalnum() for c in content) and content == content.strip() for content in contents(text, segments))
    covered = {offset for segment in segments for offset in range(segment.start, segment.end)}
    assert {offset for offset in range(start, end) if text[offset].isalnum()} <= covered


@given(
    text=texts,
    skipped=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 60)), max_size=5),
    target=st.integers(4, 60),
)
@settings(max_examples=400, deadline=None)
def test_skipped_ranges_are_in_no_segment_and_everything_else_is(
    text: str, skipped: list[tuple[int, int]], target: int
) -> None:
    ranges = sorted((min(start, len(text)), min(start + length, len(text))) for start, length in skipped)
    segments = split(text, [], skipped=ranges, first_targets=(), target=target, maximum=target * 2)
    silent = {offset for start, end in ranges for offset in range(start, end)}
    covered = [offset for segment in segments for offset in range(segment.start, segment.end)]
    assert silent.isdisjoint(covered)
    assert {offset for offset, letter in enumerate(text) if letter.isalnum()} - silent <= set(covered)
    assert len(covered) == len(set(covered))


def test_a_skipped_note_splits_neither_the_prose_before_it_nor_after_it() -> None:
    before, note, after = prose(1, 2), "1 See the harbour book, page 12.", prose(2, 2)
    text = f"{before}\n\n{note}\n\n{after}"
    start = len(before) + 2
    segments = split(text, sentence_ends(text), skipped=[(start, start + len(note))])
    assert all(note not in content for content in contents(text, segments))
    assert any(segment.end == len(before) and segment.pause_ms for segment in segments)
    assert any(segment.start == start + len(note) + 2 for segment in segments)


def test_prose_is_split_at_sentence_and_paragraph_ends_short_segments_first() -> None:
    text = prose(1, 40)
    segments = split(text, sentence_ends(text))
    lengths = [segment.end - segment.start for segment in segments]
    assert lengths[0] <= 220
    assert lengths[1] <= 500
    assert max(lengths) <= 1_260
    assert sum(lengths[2:]) / len(lengths[2:]) > 750
    assert all(content[0].isupper() and content.endswith(".") for content in contents(text, segments))
    at_paragraph = [text[segment.end :].startswith("\n\n") for segment in segments[2:-1]]
    assert sum(at_paragraph) > 0.8 * len(at_paragraph)


def test_the_same_text_gives_the_same_segments_and_an_edit_changes_few() -> None:
    text = prose(2, 60)
    before = contents(text, split(text, sentence_ends(text)))
    assert before == contents(text, split(text, sentence_ends(text)))
    middle = text.index(". ", len(text) // 2) + 2
    edited = text[:middle] + "Here a sentence was added by the author. " + text[middle:]
    after = contents(edited, split(edited, sentence_ends(edited)))
    assert len(set(after) - set(before)) <= 4


def even_paragraphs(paragraphs: int, seed: int = 5) -> list[str]:
    """Return paragraphs of almost equal length: splitting by length alone would never realign after an edit."""
    dice = random.Random(seed)  # noqa: S311 - the same text every time
    return [" ".join(dice.choices(WORDS.split(), k=90)).capitalize() + "." for _ in range(paragraphs)]


def split_contents(paragraphs: list[str]) -> list[str]:
    text = "\n\n".join(paragraphs)
    return contents(text, split(text, sentence_ends(text)))


@given(index=st.integers(0, 119), edit=st.sampled_from(["changed", "added", "removed"]), seed=st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_an_edit_of_one_paragraph_changes_only_the_segments_around_it(index: int, edit: str, seed: int) -> None:
    paragraphs = even_paragraphs(120, seed)
    new = {"changed": ["All of this is new."], "added": ["This was put in.", paragraphs[index]], "removed": []}[edit]
    before, after = split_contents(paragraphs), split_contents([*paragraphs[:index], *new, *paragraphs[index + 1 :]])
    changed = [number for number, content in enumerate(after) if content not in set(before)]
    assert len(changed) <= 20
    if changed:  # next to each other
        assert changed[-1] - changed[0] < 20
    assert after[-3:] == before[-3:] or index > 100
    assert after[:2] == before[:2] or index < 20


def test_a_part_of_a_text_is_split_like_the_whole() -> None:
    text = "\n\n".join(even_paragraphs(120))
    ends = sentence_ends(text)
    whole, part = split(text, ends), split(text, ends, start=text.index("\n\n", 20_000) + 2)
    assert len({(s.start, s.end) for s in part} - {(s.start, s.end) for s in whole}) <= 10


def test_a_chapter_starts_a_segment() -> None:
    paragraphs = even_paragraphs(60)
    for number, position in enumerate((10, 30, 50)):
        paragraphs.insert(position, f"Chapter {number + 2}")
    assert sum(content.startswith("Chapter") for content in split_contents(paragraphs)) == 3


@pytest.mark.parametrize(
    ("between", "pause_ms"),
    [(". ", 120), (".\n\n", 400), ("\n\n", 900), (".\n", 120), (", ", 0)],
    ids=["sentence", "paragraph", "heading", "line", "clause"],
)
def test_the_pause_after_a_segment_depends_on_what_it_ends(between: str, pause_ms: int) -> None:
    first, second = "Chapter one begins here", "and the second part follows"
    text = first + between + second
    ends = [len(first) + 1, len(text)] if between[0] == "." else [len(text)]
    segments = split(text, ends, first_targets=(), target=30, maximum=40)
    assert [segment.pause_ms for segment in segments] == [pause_ms, 0]


def test_a_sentence_may_exceed_the_target_but_not_the_maximum() -> None:
    long = "word " * 260 + "end. "  # 1,305 characters
    text = long + "Short one follows. " * 30
    assert contents(text, split(text, sentence_ends(text), first_targets=()))[0] == long.strip()
    endless = "clause of some length, " * 200
    split_text = contents(endless, split(endless, [len(endless)]))
    assert all(content.endswith(",") for content in split_text)
    assert max(map(len, split_text)) <= 1_900


def test_an_endless_word_is_split_beside_its_accents_not_through_them() -> None:
    text = "xe\u0301" * 1_000
    segments = split(text, [len(text)], first_targets=(221, 500, 1_000))
    assert len(segments) > 3
    assert not any(content.startswith("\u0301") for content in contents(text, segments))
    assert sum(len(content) for content in contents(text, segments)) == len(text)


def test_chinese_is_split_at_its_own_punctuation() -> None:
    text = "今天天气很好，我们去公园散步，看见了很多花" * 60 + "。"
    split_text = contents(text, split(text, [len(text)]))
    assert len(split_text) > 2
    assert all(content[-1] in "，。" for content in split_text)


def test_ornaments_between_paragraphs_are_in_no_segment() -> None:
    ornament = "* * *\n\n" * 20
    text = "Here ends the first part of it.\n\n" + ornament + "Here begins the second part of it."
    segments = split(text, sentence_ends(text), first_targets=(), target=60, maximum=80)
    assert all(any(c.isalpha() for c in content) for content in contents(text, segments))
    assert segments[0].pause_ms == 400


def test_a_short_remainder_joins_the_segment_before_it() -> None:
    text = ("A sentence of forty characters or nearly. " * 29).strip() + " The end."
    assert 1_200 < len(text) < 1_260
    assert len(split(text, sentence_ends(text), first_targets=())) == 1


def test_offsets_count_code_points_of_the_whole_text() -> None:
    text = "😀 Erst — é. 今天很好。 Then a plain sentence, the last one."
    start = text.index("今")
    segments = split(text, sentence_ends(text), start=start)
    assert contents(text, segments) == ["今天很好。 Then a plain sentence, the last one."]


@pytest.mark.parametrize("text", ["", "   \n\n ", "* * *", "— … !"])
def test_a_text_without_a_word_has_no_segments(text: str) -> None:
    assert split(text, [len(text)]) == []
