"""Anchoring: places of one text are found in another version of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library import anchors
from chalicelib.library.anchors import TextRange

WORDS = [
    "keeper",
    "trims",
    "lamp",
    "and",
    "counts",
    "ships",
    "that",
    "pass",
    "below",
    "his",
    "rock",
    "gulls",
    "iron",
    "night",
]


def prose(seed: int, words: int) -> str:
    """Return sentences of few words, so that most of them occur often."""
    choose = random.Random(seed)  # noqa: S311
    return " ".join(choose.choice(WORDS) + (".\n\n" if choose.random() < 0.1 else "") for _ in range(words))


def find_word(text: str, changed: str, position: int) -> str | None:
    """Return the words at the place in a changed text that a position of the text moves to."""
    quotation = anchors.quote(text, position, position + anchors.POSITION_CHARACTERS)
    place = anchors.find(changed, quotation, near=position * len(changed) // len(text))
    return None if place is None else changed[place.start : place.start + 12]


TEXT = prose(1, 3_000)


@pytest.mark.parametrize("position", [0, 5_000, 9_000, len(TEXT) - 40])
def test_a_position_is_found_in_the_same_text(position: int) -> None:
    quotation = anchors.quote(TEXT, position, position + 20)
    assert anchors.find(TEXT, quotation, near=0) == TextRange(position, position + 20)


def test_a_position_moves_with_what_is_inserted_before_it() -> None:
    changed = prose(2, 700) + "\n\n" + TEXT
    for position in range(0, len(TEXT) - 50, 1_111):
        at = TEXT.index(" ", position) + 1
        assert find_word(TEXT, changed, at) == TEXT[at : at + 12]


def test_a_position_survives_other_blanks_headings_and_joined_words() -> None:
    changed = TEXT.replace("\n\n", "\nChapter\n").replace("ships that", "shipsthat").replace("keeper", "keep er")
    at = TEXT.index("counts ships", 7_000)
    assert (find_word(TEXT, changed, at) or "").startswith("counts ships")


def test_a_position_in_the_middle_of_a_long_book_is_found_near_its_place() -> None:
    text = prose(3, 200_000)
    changed = prose(4, 300) + "\n\n" + text.replace("keeper", "ke eper")
    at = text.index("counts ships", 600_000)
    assert (find_word(text, changed, at) or "").startswith("counts ships")


def test_a_position_survives_another_encoding_of_the_same_bytes() -> None:
    sentence = "Der Leuchtturm {} steht am Ende der Straße und ist {} Meter groß, sagen die Wärter über ihn."
    text = " ".join(sentence.format(number, number + 7) for number in range(300))
    garbled = text.encode().decode("cp1252")
    at = garbled.index("und", len(garbled) // 2)
    word = find_word(garbled, text, at)
    assert word is not None
    assert word.startswith("und")


def test_of_several_equal_places_the_nearest_is_found() -> None:
    text = "All is well here. " * 400
    quotation = anchors.quote(text, 3_600, 3_610)
    assert anchors.find(text, quotation, near=1_806) == TextRange(1_800, 1_810)


def test_chinese_is_compared_by_character() -> None:
    text = "灯塔立在陆地尽头。" * 3 + "守塔人在夜里数着经过的船只，海鸥睡在铁上。" + "海很大。" * 5
    changed = "第一章\n" + text.replace("。", "\n")
    at = text.index("数着经过")
    place = anchors.find(changed, anchors.quote(text, at, at + 4), near=0)
    assert place is not None
    assert changed[place.start : place.end] == "数着经过"


def test_what_a_text_no_longer_contains_is_not_found() -> None:
    quotation = anchors.quote("Nothing of this was ever printed there, whatever one reads.", 8, 20)
    assert anchors.find(TEXT, quotation, near=0) is None
    assert anchors.find("", quotation, near=0) is None
    assert anchors.find("…", anchors.quote("—", 0, 1), near=0) is None


@given(st.text(max_size=200), st.text(max_size=200), st.integers(0, 200), st.integers(0, 40))
def test_every_place_that_is_found_is_inside_the_text(text: str, other: str, start: int, length: int) -> None:
    quotation = anchors.quote(other, start, start + length)
    place = anchors.find(text, quotation, near=start)
    assert place is None or 0 <= place.start <= place.end <= len(text)
