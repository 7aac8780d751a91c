"""Snippets of search hits."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.search import snippet
from chalicelib.search.matches import MatchSpan

TEXT = "The keeper climbed.\n\nNobody saw the <b>keeper’s</b> lamp, “its light” & its rock."


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
