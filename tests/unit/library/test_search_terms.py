"""Words as they are looked for, and what is shown around them. No database here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library import search_terms
from chalicelib.library.passages import split_text
from chalicelib.search import snippet
from chalicelib.search.snippet import MatchSpan

PLAIN = {
    "Ships, and/or boats": "ships  and or boats",
    "“Ärger”—don’t!": " ärger  don t ",
    "report_2024-final.pdf": "report 2024 final pdf",
    "co\u00adoperate": "cooperate",
    "灯塔a": " 灯  塔 a",
}


@pytest.mark.parametrize(("text", "plain"), PLAIN.items())
def test_the_plain_form_holds_letters_digits_and_spaces(text: str, plain: str) -> None:
    assert search_terms.normalize(text) == plain


@given(st.text(max_size=200))
def test_every_place_of_the_plain_form_leads_back_to_its_character(text: str) -> None:
    plain = search_terms.normalize(text)
    for place, origin in enumerate(search_terms.original_offsets(text, range(len(plain)))):
        assert plain[place] in search_terms.normalize(text[origin])


def shown(asked: str) -> str:
    """A question as it is understood: phrases in brackets."""
    return " | ".join(
        " ".join("-" * term.excluded + (f"[{term.words}]" if term.phrase else term.words) for term in terms)
        for terms in search_terms.parse_query(asked)
    )


QUESTIONS = {
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


@pytest.mark.parametrize(("asked", "understood"), QUESTIONS.items())
def test_a_question_is_read_as_people_mean_it(asked: str, understood: str) -> None:
    assert shown(asked) == understood


@pytest.mark.parametrize("asked", ["", "  ", "!!!", "-rock", '-"a b"', "or", '""', "— … —", "-a or -b"])
def test_where_no_word_is_looked_for_there_is_no_question(asked: str) -> None:
    assert search_terms.parse_query(asked) == []


@given(st.text(max_size=200))
def test_any_question_becomes_plain_words(asked: str) -> None:
    for terms in search_terms.parse_query(asked):
        assert not all(term.excluded for term in terms)
        for term in terms:
            assert term.words == " ".join(search_terms.normalize(term.words).split()) != ""


def test_what_is_longer_than_any_question_does_not_reach_the_index_whole() -> None:
    assert max(map(len, search_terms.index_terms("x" * 1_000 + " y").split())) == 200


TEXT = "The keeper climbed.\n\nNobody saw the <b>keeper’s</b> lamp, “its light” & its rock."


def test_matches_are_found_again_where_they_stand_in_the_text() -> None:
    plain = search_terms.normalize(TEXT)
    marked = plain.replace("its light", "\x02its\x03 \x02light\x03").replace("keeper s", "\x02keeper\x03 s")
    found = snippet.match_spans(TEXT, marked)
    assert [TEXT[span.start : span.end] for span in found] == ["keeper", "its light"]


def test_fragments_are_looked_for_in_their_order() -> None:
    found = snippet.match_spans(TEXT, "the \x02keeper\x03\x01the  b \x02keeper\x03\x01\x02rock\x03")
    assert [TEXT[span.start : span.end] for span in found] == ["keeper", "keeper", "rock"]
    assert found[0].start < found[1].start


def test_a_snippet_is_html_in_which_only_matches_are_marked() -> None:
    start = TEXT.index("keeper’s")
    shown = snippet.to_html(TEXT, [MatchSpan(start, start + 6), MatchSpan(TEXT.index("its"), TEXT.index("its") + 9)])
    assert "the &lt;b&gt;<mark>keeper</mark>’s&lt;/b&gt; lamp, “<mark>its light</mark>” &amp; its rock." in shown
    assert "\n" not in shown


@given(st.text(alphabet="ab <>&\n\u4e00", min_size=1, max_size=400), st.data())
def test_a_snippet_shows_its_first_match_whole_and_stays_short(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 50)))
    shown = snippet.to_html(text, [MatchSpan(start, end)])
    bare = shown.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in bare
    assert ">" not in bare
    if text[start:end].strip():
        assert shown.count("<mark>") == 1


@given(st.text(alphabet="ab. \n。", max_size=300), st.lists(st.integers(0, 300), max_size=5), st.integers(1, 40))
def test_passages_are_the_text_and_none_is_too_long(text: str, ends: list[int], longest: int) -> None:
    page_ends = [*sorted(min(end, len(text)) for end in ends), len(text)]
    passages = split_text(text, page_ends, max_characters=longest)
    assert "".join(passage.body for passage in passages) == text
    assert [passage.number for passage in passages] == list(range(1, len(passages) + 1))
    assert {passage.page for passage in passages} == set(range(1, len(page_ends) + 1))
    position = 0
    for passage in passages:
        assert (passage.text_start, passage.text_end) == (position, position + len(passage.body))
        assert len(passage.body) <= longest
        position = passage.text_end
    for number, end in enumerate(page_ends, 1):
        assert [passage.text_end for passage in passages if passage.page == number][-1] == end


def test_a_text_without_pages_is_cut_into_passages_of_no_page() -> None:
    passages = split_text("One. Two. Three.", [], max_characters=10)
    assert [(passage.page, passage.body) for passage in passages] == [(0, "One. Two. "), (0, "Three.")]


def test_a_long_page_is_cut_where_a_paragraph_ends() -> None:
    text = "First paragraph.\n\nSecond one. It goes on and on."
    assert next(passage.body for passage in split_text(text, [len(text)], max_characters=30)) == "First paragraph.\n\n"
