"""The text of exported books: which element each kind of block becomes, and which languages run from right to left."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from xml.etree import ElementTree

import pytest

from chalicelib.exports.content import epub_tables, epub_text, illustrations, writing_direction
from chalicelib.exports.content.epub_skippable import list_terms
from chalicelib.exports.content.recording import Recording, RecordingChapter
from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan
from chalicelib.speech.audio.id3 import Album
from chalicelib.speech.audio.marks import WordTiming

GAP = "\n\n"


def recording_of(
    parts: Sequence[tuple[BlockKind, str, int]], *, with_blocks: bool = True, spans: Sequence[tuple[str, str]] = ()
) -> Recording:
    """Return a recording of one chapter, called "One", of these blocks; every word is spoken. `spans`: kinds and their text."""
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
        spans=[TextSpan(kind, text.index(part), text.index(part) + len(part)) for kind, part in spans],
        addresses={}, illustrations=illustrations.NONE, chapters=[chapter], checksums={},
        report="{}",
    )  # fmt: skip


def render(recording: Recording) -> str:
    """Return the chapter without the elements of its words, after checking them."""
    html = epub_text.render(recording, recording.chapters[0])
    root = ElementTree.fromstring(f'<r xmlns:epub="e">{html}</r>')  # noqa: S314 - our own text
    words = [span for span in root.iter("span") if span.get("id")]
    assert ["".join(span.itertext()) for span in words] == recording.text.split()
    assert len({span.get("id") for span in words}) == len(words)
    return re.sub(r'<span id="w\d+">([^<]*)</span>', r"\1", html)


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
        "<blockquote>",
        "<p>Keep it.</p>",
        "</blockquote>",
        '<p class="verse">The lamp<br/>is low</p>',
        "<pre><code>a = b</code></pre>",
        "<table>",
        "<tbody>",
        "<tr><td>Oil: 3</td></tr>",
        "</tbody>",
        "</table>",
        '<p class="caption">Fig 1</p>',
        '<aside epub:type="footnote" role="doc-footnote" id="note1"><p>See there.</p></aside>',
        '<p class="scene-break">* * *</p>',
    ]


def test_a_table_has_the_headers_and_cells_that_its_rows_were_read_from() -> None:
    rows = [
        "Table with 3 rows and 3 columns.",
        "Kell. Height: 12 m. Built: 1900: repaired.",
        "Old Rock. Height: 8 m.",
        "Ship. Height: 3 m. Built: 1950.",
    ]
    assert render(recording_of([(BlockKind.TABLE, row, 0) for row in rows])).split("\n") == [
        "<table>",
        "<caption>Table with 3 rows and 3 columns.</caption>",
        '<thead><tr><td></td><th scope="col">Height</th><th scope="col">Built</th></tr></thead>',
        "<tbody>",
        '<tr><th scope="row">Kell.</th><td><span class="label">Height:</span> 12 m.</td>'
        '<td><span class="label">Built:</span> 1900: repaired.</td></tr>',
        '<tr><th scope="row">Old Rock.</th><td><span class="label">Height:</span> 8 m.</td><td></td></tr>',
        '<tr><th scope="row">Ship.</th><td><span class="label">Height:</span> 3 m.</td>'
        '<td><span class="label">Built:</span> 1950.</td></tr>',
        "</tbody>",
        "</table>",
    ]


def test_a_table_without_headers_has_the_names_of_its_rows() -> None:
    assert render(recording_of([(BlockKind.TABLE, row, 0) for row in ("Oil: 3, 4", "Wick: 12, 1")])).split("\n")[
        2:4
    ] == [
        '<tr><th scope="row">Oil:</th><td>3, 4</td></tr>',
        '<tr><th scope="row">Wick:</th><td>12, 1</td></tr>',
    ]


@pytest.mark.parametrize("row", ["", "A: b", "a. b: c. d: e.", "b: c. b: d.", ": x", "日本：三。b: c"])
def test_the_cells_of_a_row_are_all_of_it(row: str) -> None:
    for rows in ([row], [row, row], [row, "b: c. d: e.", "b: f. d: g."]):
        (first, *_) = epub_tables.parse(rows).rows
        cells = [cell for cell in first if cell is not None]
        assert "".join(row[cell.start : cell.end] for cell in cells) == row
        assert all(cell.start <= cell.label_end <= cell.end for cell in cells)


def test_emphasis_code_links_languages_and_notes_are_kept() -> None:
    parts = [
        (BlockKind.PARAGRAPH, "He said très bien at https://rock.example/a?b=1&c=2 and unbelievable run()[1].", 0),
        (BlockKind.FOOTNOTE, "Said in שלום French.", 0),
        (BlockKind.FOOTNOTE, "Without a mark.", 0),
    ]
    spans = [
        ("emphasis", "très bien"), ("language:fr", "bien"), ("url", "https://rock.example/a?b=1&c=2"), ("emphasis", "believ"),
        ("code", "run()"), ("note_mark", "[1]"), ("language:he", "שלום"), ("citation", "Said"), ("url", "Without"),
    ]  # fmt: skip
    assert render(recording_of(parts, spans=spans)).split("\n") == [
        '<p>He said <em>très <span lang="fr" xml:lang="fr" dir="ltr">bien</span></em> at '
        '<a href="https://rock.example/a?b=1&amp;c=2">https://rock.example/a?b=1&amp;c=2</a> and <em>unbelievable</em> '
        '<code><a epub:type="noteref" role="doc-noteref" href="#note1">run()[1].</a></code></p>',
        '<aside epub:type="footnote" role="doc-footnote" id="note1"><p>Said in '
        '<span lang="he" xml:lang="he" dir="rtl">שלום</span> French.</p></aside>',
        '<aside epub:type="footnote" role="doc-footnote" id="note2"><p>Without a mark.</p></aside>',
    ]


def test_a_mark_leads_to_its_note() -> None:
    parts = [
        (BlockKind.PARAGRAPH, "The lamp 1 and oil 2 burn.", 0),
        (BlockKind.FOOTNOTE, "Of brass.", 0),
        (BlockKind.FOOTNOTE, "Of whales.", 0),
    ]
    html = render(recording_of(parts, spans=[("note_mark", "1"), ("note_mark", "2")]))
    for number in (1, 2):
        assert f'<a epub:type="noteref" role="doc-noteref" href="#note{number}">{number}</a>' in html
        assert f'id="note{number}"' in html


def test_a_text_of_an_earlier_release_has_paragraphs_and_its_title_as_heading() -> None:
    parts = [
        (BlockKind.PARAGRAPH, "One", 0),
        (BlockKind.PARAGRAPH, "It began.", 0),
        (BlockKind.PARAGRAPH, "It ended.", 0),
    ]
    expected = "<h1>One</h1>\n<p>It began.</p>\n<p>It ended.</p>"
    assert render(recording_of(parts, with_blocks=False)) == render(recording_of(parts)) == expected


@pytest.mark.parametrize(
    ("levels", "rendered"),
    [
        ([1, 2, 3, 2], [1, 2, 3, 2]),
        ([1, 3, 3, 5, 2], [1, 2, 2, 3, 2]),
        ([2, 6, 4, 6], [2, 3, 3, 4]),
        ([3, 1, 4], [3, 1, 2]),
        ([0, 1, 3], [1, 1, 2]),
    ],
)
def test_headings_leave_out_no_level(levels: list[int], rendered: list[int]) -> None:
    parts = [(BlockKind.HEADING, f"Heading {number}", level) for number, level in enumerate(levels)]
    html = render(recording_of(parts))
    assert re.findall(r"<h(\d)>", html) == [str(level) for level in rendered]


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
    assert writing_direction.is_right_to_left(language)


@pytest.mark.parametrize("language", ["en", "de-AT", "az", "ku", "ar-Latn", "ps-Latn-AF", "ja", "und", ""])
def test_a_language_in_other_letters_runs_from_left_to_right(language: str) -> None:
    assert not writing_direction.is_right_to_left(language)
