"""Normalized texts and parsed queries."""

import re

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


FOLDED = {
    "Straße": "strasse",
    "naïve Œuvre": "naive oeuvre",
    "donʼt ＦＵＬＬ": "don t full",
    "ｶﾞ灯": " ガ  灯 ",
    "ไทยน้ำ": " ไท  ย  น้ํา ",
    "ខ្មែរ": " ខ្មែ  រ ",
    "မြန်မာ": " မြ  န်  မာ ",
    "ລາວ": " ລາ  ວ ",
}


@pytest.mark.parametrize(("text", "folded"), FOLDED.items())
def test_folded_text_has_no_accents_and_spaces_between_syllables(text: str, folded: str) -> None:
    assert search_terms.fold(text) == folded


ALPHABETS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="aßœé\u0301\u00ad ½ŉﬃ-", max_size=50),
    st.text(alphabet="กเาำ้็ 灯ｶﾞａか\u3099ខ្រမြန်", max_size=50),
)


@given(ALPHABETS)
def test_every_character_of_the_folded_text_maps_to_the_original_characters_that_it_comes_from(text: str) -> None:
    folded = search_terms.fold(text)
    spans = [(start, start + 1) for start in range(len(folded))]
    position = 0
    for (start, _), (first, last) in zip(spans, search_terms.original_spans(text, spans), strict=True):
        assert position <= first < last <= len(text)
        assert folded[start] in f" {search_terms.fold(text[first:last])}"
        position = first


@given(ALPHABETS)
def test_every_word_of_the_folded_text_maps_to_text_that_folds_to_it(text: str) -> None:
    folded = search_terms.fold(text)
    spans = [match.span() for match in re.finditer(r"\S+", folded)]
    for (start, end), (first, last) in zip(spans, search_terms.original_spans(text, spans), strict=True):
        assert folded[start:end] in search_terms.fold(text[first:last])
        assert not text[first:last].isspace()


MARKED = {
    ("die Straße dort", "strasse"): "Straße",
    ("ein Œuvre", "oeuvre"): "Œuvre",
    ("cafe\u0301 noir", "cafe"): "cafe\u0301",
    ("co\u00adoperate now", "cooperate"): "co\u00adoperate",
    ("weiß", "weiss"): "weiß",
    ("ｶﾞｷ", "ガ"): "ｶﾞ",
    ("ดื่มน้ำ", "น้ํา"): "น้ำ",
}


@pytest.mark.parametrize(("text", "word"), MARKED)
def test_a_word_is_located_in_the_original_text(text: str, word: str) -> None:
    start = search_terms.fold(text).index(word)
    ((first, last),) = search_terms.original_spans(text, [(start, start + len(word))])
    assert text[first:last] == MARKED[text, word]


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
    terms = search_terms.index_terms("x" * 1_000 + " " + "ß" * 1_000 + " y")
    assert max(map(len, terms.accented.split())) == max(map(len, terms.folded.split())) == 200


def test_the_repr_of_a_parsed_query_stays_because_cursors_contain_its_hash() -> None:
    assert repr(search_terms.parse_query("rock")) == "[[Term(words='rock', phrase=False, excluded=False)]]"
