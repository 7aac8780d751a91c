"""Normalized texts and parsed queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library import search_terms

NORMALIZED = {
    "Ships, and/or boats": "ships  and or boats",
    "“Ärger”—don’t!": " ärger  don t ",
    "report_2024-final.pdf": "report 2024 final pdf",
    "co\u00adoperate": "cooperate",
    "灯塔a": " 灯  塔 a",
}


@pytest.mark.parametrize(("text", "normalized"), NORMALIZED.items())
def test_normalized_text_contains_only_letters_digits_and_spaces(text: str, normalized: str) -> None:
    assert search_terms.normalize(text) == normalized


@given(st.text(max_size=200))
def test_every_offset_of_the_normalized_text_maps_to_its_original_character(text: str) -> None:
    normalized = search_terms.normalize(text)
    for offset, original in enumerate(search_terms.original_offsets(text, range(len(normalized)))):
        assert normalized[offset] in search_terms.normalize(text[original])


def format_parsed(query: str) -> str:
    """Format a parsed query, with phrases in brackets."""
    return " | ".join(
        " ".join("-" * term.excluded + (f"[{term.words}]" if term.phrase else term.words) for term in terms)
        for terms in search_terms.parse_query(query)
    )


PARSED = {
    "lighthouse": "lighthouse",
    '"its rhythm" Rock': "[its rhythm] rock",
    "“its rhythm”": "[its rhythm]",
    '"rock"': "[rock]",
    "e-mail": "[e mail]",
    "灯塔": "[灯 塔]",
    "rock -ship": "rock -ship",
    'rock -"a ship"': "rock -[a ship]",
    "rock OR sea": "rock | sea",
    "or rock or or -sea or": "rock",
    "a or b c": "a | b c",
    '"unclosed phrase': "[unclosed phrase]",
    "a & b | !c:* <-> 'd'": "a b c d",
}


@pytest.mark.parametrize(("query", "parsed"), PARSED.items())
def test_a_query_is_parsed_as_users_mean_it(query: str, parsed: str) -> None:
    assert format_parsed(query) == parsed


@pytest.mark.parametrize("query", ["", "  ", "!!!", "-rock", '-"a b"', "or", '""', "— … —", "-a or -b"])
def test_a_query_without_a_word_to_find_is_empty(query: str) -> None:
    assert search_terms.parse_query(query) == []


@given(st.text(max_size=200))
def test_any_query_becomes_normalized_words(query: str) -> None:
    for terms in search_terms.parse_query(query):
        assert not all(term.excluded for term in terms)
        for term in terms:
            assert term.words == " ".join(search_terms.normalize(term.words).split()) != ""


def test_a_word_longer_than_any_query_is_split_for_the_index() -> None:
    assert max(map(len, search_terms.index_terms("x" * 1_000 + " y").split())) == 200


def test_the_repr_of_a_parsed_query_stays_because_cursors_contain_its_hash() -> None:
    assert repr(search_terms.parse_query("rock")) == "[[Term(words='rock', phrase=False, excluded=False)]]"
