"""FictionBook 2: blocks with their kinds, notes, languages; plain and packed."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.model import BlockKind, ExtractedText
from tests.support import book_files
from tests.support.book_files import FB2, FB2_ZIP, fb2


def extract_from(folder: Path, content: bytes, media_type: str = FB2) -> ExtractedText:
    (folder / "file").write_bytes(content)
    return extract.extract(folder / "file", media_type)


def blocks(folder: Path, body: str) -> list[tuple[str, int, str]]:
    """Return kind, level and text of each block."""
    extracted = extract_from(folder, fb2(body))
    return [(block.kind, block.level, extracted.text[block.start : block.end]) for block in extracted.blocks]


def section(inside: str) -> str:
    return f"<body><section>{inside}</section></body>"


@pytest.mark.parametrize("media_type", [FB2, FB2_ZIP])
def test_a_book_is_read_plain_and_packed(media_type: str, tmp_path: Path) -> None:
    content = fb2() if media_type == FB2 else book_files.fb2_zip()
    extracted = extract_from(tmp_path, content, media_type)
    assert extracted.text == "The lighthouse\n\nOne\n\nIt began on a Tuesday.\n\nA note."
    assert extracted.language == "en"
    assert extract.extract_in_sandbox(tmp_path / "file", media_type) == extracted


def test_parts_and_chapters_are_headings_of_their_level(tmp_path: Path) -> None:
    body = (
        "<body><title><p>The</p><p>lighthouse</p></title><section><title><p>Part 1</p></title><section><title><p>One</p>"
        "</title><p>Words.</p><subtitle>A find</subtitle><p>More.</p></section></section></body>"
    )
    assert blocks(tmp_path, body) == [
        ("heading", 1, "The lighthouse"),
        ("heading", 2, "Part 1"),
        ("heading", 3, "One"),
        ("paragraph", 0, "Words."),
        ("heading", 4, "A find"),
        ("paragraph", 0, "More."),
    ]


def test_chapters_come_from_the_sections(tmp_path: Path) -> None:
    body = "".join(f"<section><title><p>Chapter {n}</p></title><p>Words.</p></section>" for n in (1, 2, 3))
    extracted = extract_from(tmp_path, fb2(f"<body>{body}</body>"))
    assert [chapter.title for chapter in extracted.chapters] == ["Chapter 1", "Chapter 2", "Chapter 3"]


def test_bullets_make_items_of_a_list_and_lines_of_code_one_block(tmp_path: Path) -> None:
    body = section(
        "<p>• First</p><p>• <emphasis>Second</emphasis></p><p><code>def f(x):</code></p><p><code>return x[0]</code></p>"
    )
    assert blocks(tmp_path, body) == [
        ("list_item", 0, "First"),
        ("list_item", 0, "Second"),
        ("code", 0, "def f(x):\nreturn x[0]"),
    ]


def test_verse_keeps_its_lines(tmp_path: Path) -> None:
    body = section(
        "<poem><title><p>The sea</p></title><stanza><v>Grey is the sea,</v><v>grey the sky.</v></stanza>"
        "<stanza><v>White is the foam.</v></stanza><text-author>A. Kell</text-author></poem>"
    )
    assert blocks(tmp_path, body) == [
        ("heading", 3, "The sea"),
        ("verse", 0, "Grey is the sea,\ngrey the sky."),
        ("verse", 0, "White is the foam."),
        ("paragraph", 0, "A. Kell"),
    ]


@pytest.mark.parametrize("element", ["cite", "epigraph"])
def test_quotes_have_their_kind_with_their_author(element: str, tmp_path: Path) -> None:
    body = section(f"<{element}><p>Know thyself.</p><text-author>An oracle</text-author></{element}><p>Words.</p>")
    assert blocks(tmp_path, body) == [
        ("quote", 0, "Know thyself."),
        ("quote", 0, "An oracle"),
        ("paragraph", 0, "Words."),
    ]


@pytest.mark.parametrize("rule", ["* * *", "***", "⁂", "—", "\u00a0*\u00a0"])
def test_a_subtitle_of_stars_is_a_scene_break(rule: str, tmp_path: Path) -> None:
    body = section(f"<p>Before.</p><subtitle>{rule}</subtitle><p>After.</p>")
    assert blocks(tmp_path, body)[1] == ("scene_break", 0, "* * *")


def test_a_note_stands_behind_its_paragraph_once_and_its_mark_is_not_read(tmp_path: Path) -> None:
    body = (
        '<body><section><p>One <a l:href="#n1" type="note"><sup>1</sup></a> and two <a l:href="#n2">[2]</a>, and'
        ' again<a l:href="#n1" type="note">1</a>.</p><p>After.</p></section></body>'
        '<body name="notes"><title><p>Notes</p></title><section id="n1"><title><p>1</p></title><p>First.</p><p>And more.</p>'
        '</section><section id="n2"><title><p>2</p></title><p>Second <emphasis>note</emphasis>.</p></section>'
        '<section id="n3"><title><p>3</p></title><p>A lost note.</p></section></body>'
    )
    assert blocks(tmp_path, body) == [
        ("paragraph", 0, "One and two, and again."),
        ("footnote", 0, "First."),
        ("footnote", 0, "And more."),
        ("footnote", 0, "Second note."),
        ("paragraph", 0, "After."),
        ("footnote", 0, "A lost note."),
    ]
    left_out = extract_from(tmp_path, fb2(body)).left_out
    assert [(omission.reason, omission.excerpt) for omission in left_out] == [
        ("navigation", title) for title in ("Notes", "1", "2", "3")
    ]


def test_a_table_is_said_by_row_and_a_picture_by_its_description(tmp_path: Path) -> None:
    body = section(
        "<table><tr><th>Tower</th><th>Height</th></tr><tr><td>Kell</td><td>12 <emphasis>m</emphasis></td></tr></table>"
        '<image l:href="#a" alt="A tower at night"/><image l:href="#b"/><p>See <image l:href="#c" alt="fig"/> there.</p>'
    )
    assert blocks(tmp_path, body) == [
        ("table", 0, "Tower: Kell. Height: 12 m."),
        ("figure", 0, "A tower at night"),
        ("paragraph", 0, "See fig there."),
    ]


def test_what_is_struck_through_is_left_out_and_raised_digits_stay_raised(tmp_path: Path) -> None:
    extracted = extract_from(tmp_path, fb2(section("<p>It is <strikethrough>two</strikethrough> 9 m<sup>2</sup>.</p>")))
    assert extracted.text == "It is 9 m²."
    assert [(omission.reason, omission.excerpt) for omission in extracted.left_out] == [("deleted", "two")]


def test_emphasis_code_and_languages_are_marked(tmp_path: Path) -> None:
    body = section('<p>A <strong>big</strong> <code>x = 1</code></p><p xml:lang="fr">Bonjour tout le monde</p>')
    extracted = extract_from(tmp_path, fb2(body))
    assert [(span.kind, extracted.text[span.start : span.end]) for span in extracted.spans] == [
        ("emphasis", "big"),
        ("code", "x = 1"),
        ("language:fr", "Bonjour tout le monde"),
    ]


def test_the_annotation_is_front_matter(tmp_path: Path) -> None:
    head = book_files._FB2_HEAD.replace("<coverpage>", "<annotation><p>A book about light.</p></annotation><coverpage>")
    extracted = extract_from(tmp_path, fb2(head=head))
    assert extracted.blocks[0].kind is BlockKind.FRONT_MATTER
    assert extracted.text.startswith("A book about light.\n\nThe lighthouse")


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "utf-16"])
def test_old_encodings_that_the_book_declares_are_read(encoding: str, tmp_path: Path) -> None:
    head = book_files._FB2_HEAD.replace("<lang>en", "<lang>ru")
    extracted = extract_from(tmp_path, fb2(section("<p>Маяк у моря.</p>"), head=head, encoding=encoding))
    assert (extracted.text, extracted.language) == ("Маяк у моря.", "ru")


@pytest.mark.parametrize(
    "body",
    [
        section("<p>Salt & light.</p>"),
        section("<p>Salt &amp; light.</p>") + "<p>",
        section("<p>Salt & <b>light</i>.</p>"),
        section("<p>Salt &amp; \x1flight.</p>"),
        "<body><section>Salt &amp; light.</section></body>",
    ],
)
def test_books_that_are_not_well_formed_are_read_as_far_as_possible(body: str, tmp_path: Path) -> None:
    text = extract_from(tmp_path, fb2(body)).text
    assert text.startswith("Salt")
    assert "light." in text
