"""Occurrences of a text in another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library import folding
from chalicelib.search.occurrences import find_occurrences

FOUND = {
    ("keep", "The keeper kept his KEEP."): ["keep", "KEEP"],
    ("naive", "A naïve cafe\u0301, NAI\u0308VE."): ["naïve", "NAI\u0308VE"],
    ("café", "A naïve cafe\u0301, cafe."): ["cafe\u0301", "cafe"],
    ("don't  panic", "Don’t\npanic, don`t panic"): ["Don’t\npanic", "don`t panic"],
    ("strasse", "Die Straße, STRASSE"): ["Straße", "STRASSE"],
    ("s", "ß"): ["ß"],
    ("c++", "C++ and c"): ["C++"],
    ("cooperate", "They co\u00adoperate."): ["co\u00adoperate"],
    ("a.c", "abc a.c"): ["a.c"],
    ("灯塔", "海灯塔边"): ["灯塔"],
    ("\U0001f4a3", "x\U0001f4a3y"): ["\U0001f4a3"],
    ("aa", "aaaa"): ["aa", "aa"],
    ("\u0301", "cafe\u0301"): [],
    (" ", "a b"): [],
}


@pytest.mark.parametrize(("query", "text"), FOUND)
def test_occurrences_are_found_however_they_are_written(query: str, text: str) -> None:
    assert [text[start:end] for start, end in find_occurrences(text, query)] == FOUND[query, text]


@given(st.text(alphabet="aßœéŉ\u0301\u00ad ½ﬃ灯İ", max_size=40), st.text(alphabet="aßsœoe é", min_size=1, max_size=4))
def test_each_occurrence_folds_to_the_query_and_follows_the_one_before(text: str, query: str) -> None:
    position = 0
    for start, end in find_occurrences(text, query):
        assert position <= start < end <= len(text)
        assert folding.fold(query) in folding.fold(text[start:end])
        position = end
