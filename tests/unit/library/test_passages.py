"""Passages of a reading text."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.extraction.model import BlockKind, BlockSpan, ExtractedText, Omission, PageSpan, TextSpan
from chalicelib.library.passages import MAX_SPANS, list_marks, split_text


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


def marked_text(text: str, **marks: Any) -> ExtractedText:
    pages = (PageSpan(1, 0, 20), PageSpan(2, 20, 20), PageSpan(3, 20, len(text)))
    return ExtractedText(text, pages, (), "en", 1, None, **marks)


def test_a_block_is_stored_with_every_passage_that_it_overlaps() -> None:
    text = "word " * 20
    blocks = (BlockSpan(BlockKind.HEADING, 0, 10, 1), BlockSpan(BlockKind.PARAGRAPH, 12, 100))
    passages = split_text(text, [20, 20, 100], max_characters=30)
    marks = list_marks(passages, marked_text(text, blocks=blocks, spans=(TextSpan("url", 18, 20),)))
    assert [passage.text_start for passage in passages] == [0, 20, 20, 50, 80]
    assert marks[0].blocks == list(blocks)
    assert [of_passage.blocks for of_passage in marks[2:]] == [[blocks[1]]] * 3
    assert [len(of_passage.spans) for of_passage in marks] == [1, 0, 0, 0, 0]


def test_what_was_left_out_of_a_page_is_stored_with_its_first_passage() -> None:
    left_out = tuple(Omission("heading", page, "running_header", f"of {page}") for page in (2, 3, None, 9))
    passages = split_text("word " * 20, [20, 20, 100], max_characters=30)
    marks = list_marks(passages, marked_text("word " * 20, left_out=left_out))
    stored = [[omission.page for omission in of_passage.left_out] for of_passage in marks]
    assert stored == [[None, 9], [2], [3], [], []]


def test_what_was_left_out_of_a_text_without_pages_is_stored_at_its_place() -> None:
    text = "word " * 20
    left_out = tuple(Omission("paragraph", None, "hidden", excerpt) for excerpt in ("early", "late", "end", "nowhere"))
    extracted = ExtractedText(text, (), (), "en", 20, None, left_out=left_out, left_out_offsets=(0, 60, len(text)))
    marks = list_marks(split_text(text, [], max_characters=30), extracted)
    stored = [[omission.excerpt for omission in of_passage.left_out] for of_passage in marks]
    assert stored == [["early", "nowhere"], [], ["late"], ["end"]]


def test_spans_without_number_are_not_stored_without_number() -> None:
    spans = tuple(TextSpan("emphasis", 0, 100_000) for _ in range(60_000))
    passages = split_text("word " * 20_000, [])
    marks = list_marks(passages, ExtractedText("word " * 20_000, (), (), "en", 1, None, spans=spans))
    assert {len(of_passage.spans) for of_passage in marks} == {MAX_SPANS}
