"""The text of exported books: which element each kind of block becomes, and which languages run from right to left."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree

import pytest

from chalicelib.exports.content import epub, epub_text, illustrations
from chalicelib.exports.content.epub_skippable import list_terms
from chalicelib.exports.content.recording import Recording, RecordingChapter
from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan
from chalicelib.speech.audio.id3 import Album
from chalicelib.speech.audio.marks import WordTiming

GAP = "\n\n"


def recording_of(parts: Sequence[tuple[BlockKind, str, int]], *, with_blocks: bool = True) -> Recording:
    """Return a recording of one chapter, called "One", of these blocks; every word is spoken."""
    text = GAP.join(content for _, content, _ in parts)
    blocks: list[BlockSpan] = []
    words: list[WordTiming] = []
    at = 0
    for kind, content, level in parts:
        blocks.append(BlockSpan(kind, at, at + len(content), level))
        for word in content.split():
            start = text.index(word, words[-1].text_end if words else 0)
            words.append(WordTiming(len(words) * 100, len(words) * 100 + 90, start, start + len(word)))
        at += len(content) + len(GAP)
    chapter = RecordingChapter(1, "One", 0, len(text), 100 * len(words), words, ())
    return Recording(
        job_id=UUID(int=1), title="Book", album=Album("Book"), published=None, language="en",
        made_at=datetime(2026, 1, 1, tzinfo=UTC), text=text, blocks=blocks if with_blocks else [],
        illustrations=illustrations.NONE, chapters=[chapter], checksums={},
    )  # fmt: skip


def render(recording: Recording) -> str:
    """Return the chapter without the elements of its words, after checking them."""
    html = epub_text.render(recording, recording.chapters[0])
    root = ElementTree.fromstring(f'<r xmlns:epub="e">{html}</r>')  # noqa: S314 - our own text
    spoken = ["".join(span.itertext()) for span in root.iter("span")]
    assert spoken == recording.text.split()
    assert len({span.get("id") for span in root.iter("span")}) == len(spoken)
    for number in range(len(spoken)):
        html = html.replace(f'<span id="w{number}">', "")
    return html.replace("</span>", "")


def test_each_kind_of_block_is_the_element_that_it_was() -> None:
    parts = [
        (BlockKind.HEADING, "One", 2),
        (BlockKind.PARAGRAPH, "It & she < he.", 0),
        (BlockKind.LIST_ITEM, "oil", 0),
        (BlockKind.LIST_ITEM, "wick", 0),
        (BlockKind.HEADING, "Inner", 3),
        (BlockKind.QUOTE, "Keep it.", 0),
        (BlockKind.VERSE, "The lamp\nis low", 0),
        (BlockKind.CODE, "a =\n b", 0),
        (BlockKind.TABLE, "Oil: 3", 0),
        (BlockKind.CAPTION, "Fig 1", 0),
        (BlockKind.FOOTNOTE, "See there.", 0),
        (BlockKind.SCENE_BREAK, "* * *", 0),
    ]
    assert render(recording_of(parts)).split("\n</code>")[0].replace("a =\n b", "a = b").split("\n") == [
        "<h2>One</h2>",
        "<p>It &amp; she &lt; he.</p>",
        "<ul>",
        "<li>oil</li>",
        "<li>wick</li>",
        "</ul>",
        "<h3>Inner</h3>",
        "<blockquote><p>Keep it.</p></blockquote>",
        '<p class="verse">The lamp<br/>is low</p>',
        "<pre><code>a = b</code></pre>",
        "<p>Oil: 3</p>",
        '<p class="caption">Fig 1</p>',
        '<aside epub:type="footnote"><p>See there.</p></aside>',
        '<p class="scene-break">* * *</p>',
    ]


def test_a_text_of_an_earlier_release_has_paragraphs_and_its_title_as_heading() -> None:
    parts = [
        (BlockKind.PARAGRAPH, "One", 0),
        (BlockKind.PARAGRAPH, "It began.", 0),
        (BlockKind.PARAGRAPH, "It ended.", 0),
    ]
    expected = "<h1>One</h1>\n<p>It began.</p>\n<p>It ended.</p>"
    assert render(recording_of(parts, with_blocks=False)) == render(recording_of(parts)) == expected


def test_text_outside_of_the_blocks_is_not_lost() -> None:
    recording = recording_of([(BlockKind.PARAGRAPH, "It began.", 0), (BlockKind.QUOTE, "So it was.", 0)])
    (first, second) = recording.blocks
    for blocks in ([first], [second], []):
        partial = Recording(**{**{name: getattr(recording, name) for name in Recording.__slots__}, "blocks": blocks})
        html = render(partial)
        assert "It began." in html
        assert "So it was." in html


def test_words_that_a_reader_can_skip_have_their_terms() -> None:
    recording = recording_of([
        (BlockKind.PARAGRAPH, "So (Miller, 2019) it was.", 0), (BlockKind.TABLE, "Ships: 12", 0),
        (BlockKind.FOOTNOTE, "See (Weir, 2020) there.", 0), (BlockKind.CODE, "x=1", 0), (BlockKind.FORMULA, "y=2", 0),
    ])  # fmt: skip
    text = recording.text
    spans = [
        TextSpan("citation", text.index(cited), text.index(cited) + len(cited))
        for cited in ("(Miller, 2019)", "(Weir, 2020)")
    ]
    recording = replace(recording, spans=spans)
    (chapter,) = recording.chapters
    terms = list_terms(recording, chapter)
    named = {text[word.text_start : word.text_end]: terms.get(number) for number, word in enumerate(chapter.words)}
    assert named == {
        "So": None, "(Miller,": "biblioref", "2019)": "biblioref", "it": None, "was.": None, "Ships:": "table", "12": "table",
        "See": "footnote", "(Weir,": "biblioref footnote", "2020)": "biblioref footnote", "there.": "footnote",
        "x=1": "figure", "y=2": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "language", ["ar", "ar-EG", "he", "fa-IR", "ur", "yi", "ckb", "dv", "ku-Arab", "az-Arab-IR", "pa-Arab"]
)
def test_a_language_in_arabic_or_hebrew_letters_runs_from_right_to_left(language: str) -> None:
    assert epub.is_right_to_left(language)


@pytest.mark.parametrize("language", ["en", "de-AT", "az", "ku", "ar-Latn", "ps-Latn-AF", "ja", "und", ""])
def test_a_language_in_other_letters_runs_from_left_to_right(language: str) -> None:
    assert not epub.is_right_to_left(language)
