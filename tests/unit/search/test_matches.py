"""Matches of a query in a text, given the stems of words."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from chalicelib.library import search_terms
from chalicelib.search import matches


class Suffixes(dict[str, frozenset[str]]):
    """Stems of words: a language of which the only forms are plurals in s."""

    def __missing__(self, word: str) -> frozenset[str]:
        return frozenset(part.removesuffix("s") for part in word.split())


SUFFIXES: Mapping[str, frozenset[str]] = Suffixes()


def find(query: str, text: str, *, stop_words: str = "") -> list[str]:
    alternatives = search_terms.parse_query(query)
    lexemes = {lexeme for form in matches.forms(alternatives) for lexeme in SUFFIXES[form]} - set(stop_words.split())
    tsquery = " | ".join(f"'{lexeme}'" for lexeme in lexemes)
    words = matches.list_words(text, matches.beginnings(alternatives))
    found = matches.parse_terms(alternatives, SUFFIXES, tsquery).find(words, text)
    return [text[span.start : span.end] for span in found.spans]


FOUND = {
    ("c++", "Don’t panic about C++ and panic."): ["C"],
    ("panic", "Don’t panic about C++ and panic."): ["panic", "panic"],
    ("dont", "Don’t panic."): [],
    ("don't", "Don’t panic."): ["Don’t"],
    ("naive strasse", "Die naïve Straße."): ["naïve Straße"],
    ("naïve", "A naive, NAÏVE naïves"): ["naive, NAÏVE naïves"],
    ("full", "ＦＵＬＬ width"): ["ＦＵＬＬ"],
    ('"its rhythm"', "rhythm its rhythm its"): ["its rhythm"],
    ('"a rock"', "a a rock, the rock"): ["a rock"],
    ("rock or sea -ship", "sea, ship, Rock"): ["sea", "Rock"],
    ("the lamp", "the lamp of the sea"): ["lamp"],
    ("灯塔", "海灯塔边塔灯"): ["灯塔"],
    ("น้ำ", "ดื่มน้ำทุกวัน"): ["น้ำ"],
    ("cooperate", "They co\u00adoperate."): ["co\u00adoperate"],
    ("rocks", "rocky rock"): ["rock"],
}


@pytest.mark.parametrize(("query", "text"), FOUND)
def test_only_matching_words_are_located_in_the_original_text(query: str, text: str) -> None:
    assert find(query, text, stop_words="the") == FOUND[query, text]


def test_only_words_that_begin_like_a_word_of_the_query_need_stems() -> None:
    beginnings = matches.beginnings(search_terms.parse_query("lighthouse -ship a"))
    words = matches.list_words("A light ship, a lighter lamp as ever.", beginnings)
    assert [word.folded for word in words] == ["a", "light", "a", "lighter"]
    assert [word.follows for word in words] == [True, True, False, True]


def test_a_query_is_satisfied_if_all_terms_of_an_alternative_are_found() -> None:
    stems = defaultdict(frozenset[str], {word: frozenset([word]) for word in ("rock", "sea", "lamp")})
    query = matches.parse_terms(search_terms.parse_query("rock sea or lamp"), stems, "'rock' & 'sea' | 'lamp'")
    for text, is_satisfied in (("rock", False), ("rock sea", True), ("lamp", True), ("", False)):
        assert query.is_satisfied(query.find(matches.list_words(text), text).terms) is is_satisfied
