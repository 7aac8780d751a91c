"""Snippets of search hits."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library import search_terms
from chalicelib.search import snippet
from chalicelib.search.snippet import MatchSpan

TEXT = "The keeper climbed.\n\nNobody saw the <b>keeper’s</b> lamp, “its light” & its rock."


def test_matches_are_located_in_the_original_text() -> None:
    normalized = search_terms.normalize(TEXT)
    marked = normalized.replace("its light", "\x02its\x03 \x02light\x03").replace("keeper s", "\x02keeper\x03 s")
    spans = snippet.match_spans(TEXT, marked)
    assert [TEXT[span.start : span.end] for span in spans] == ["keeper", "its light"]


def test_fragments_are_located_in_order() -> None:
    spans = snippet.match_spans(TEXT, "the \x02keeper\x03\x01the  b \x02keeper\x03\x01\x02rock\x03")
    assert [TEXT[span.start : span.end] for span in spans] == ["keeper", "keeper", "rock"]
    assert spans[0].start < spans[1].start


def test_a_snippet_is_html_in_which_only_matches_are_marked() -> None:
    start = TEXT.index("keeper’s")
    html = snippet.to_html(TEXT, [MatchSpan(start, start + 6), MatchSpan(TEXT.index("its"), TEXT.index("its") + 9)])
    assert "the &lt;b&gt;<mark>keeper</mark>’s&lt;/b&gt; lamp, “<mark>its light</mark>” &amp; its rock." in html
    assert "\n" not in html


@given(st.text(alphabet="ab <>&\n\u4e00", min_size=1, max_size=400), st.data())
def test_a_snippet_shows_its_first_match_whole_and_escapes_the_rest(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 50)))
    html = snippet.to_html(text, [MatchSpan(start, end)])
    unmarked = html.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in unmarked
    assert ">" not in unmarked
    if text[start:end].strip():
        assert html.count("<mark>") == 1
