"""Passages of a reading text."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library.passages import split_text


@given(st.text(alphabet="ab. \n。", max_size=300), st.lists(st.integers(0, 300), max_size=5), st.integers(1, 40))
def test_passages_join_to_the_text_and_none_is_too_long(text: str, ends: list[int], max_characters: int) -> None:
    page_ends = [*sorted(min(end, len(text)) for end in ends), len(text)]
    passages = split_text(text, page_ends, max_characters=max_characters)
    assert "".join(passage.body for passage in passages) == text
    assert [passage.number for passage in passages] == list(range(1, len(passages) + 1))
    assert {passage.page for passage in passages} == set(range(1, len(page_ends) + 1))
    offset = 0
    for passage in passages:
        assert (passage.text_start, passage.text_end) == (offset, offset + len(passage.body))
        assert len(passage.body) <= max_characters
        offset = passage.text_end
    for number, end in enumerate(page_ends, 1):
        assert [passage.text_end for passage in passages if passage.page == number][-1] == end


def test_a_text_without_pages_is_split_into_passages_of_page_0() -> None:
    passages = split_text("One. Two. Three.", [], max_characters=10)
    assert [(passage.page, passage.body) for passage in passages] == [(0, "One. Two. "), (0, "Three.")]


def test_a_long_page_is_split_after_a_paragraph() -> None:
    text = "First paragraph.\n\nSecond one. It goes on and on."
    assert split_text(text, [len(text)], max_characters=30)[0].body == "First paragraph.\n\n"
