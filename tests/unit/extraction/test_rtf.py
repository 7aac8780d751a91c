"""RTF: blocks with their kinds, characters of all code pages, and what is left out."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from tests.support.book_files import RTF, rtf


def extract_from(folder: Path, content: bytes) -> ExtractedText:
    (folder / "file").write_bytes(content)
    return extract.extract(folder / "file", RTF)


def text_of(folder: Path, body: str) -> str:
    return extract_from(folder, rtf(body)).text


def blocks(folder: Path, body: str) -> list[tuple[str, int, str]]:
    """Return kind, level and text of each block."""
    extracted = extract_from(folder, rtf(body))
    return [(block.kind, block.level, extracted.text[block.start : block.end]) for block in extracted.blocks]


def left_out(folder: Path, body: str) -> list[tuple[str, str]]:
    return [(omission.reason, omission.excerpt) for omission in extract_from(folder, rtf(body)).left_out]


def test_a_document_is_read_also_in_the_sandbox(tmp_path: Path) -> None:
    extracted = extract_from(tmp_path, rtf())
    assert (extracted.text, extracted.language) == ("One\n\nIt began on a Tuesday.", "en-US")
    assert extract.extract_in_sandbox(tmp_path / "file", RTF) == extracted


def test_headings_have_levels_and_make_chapters(tmp_path: Path) -> None:
    body = r"\pard\s3 The lighthouse\par" + "".join(
        rf"\pard\s{style} {title}\par\pard Words.\par"
        for style, title in ((1, "One"), (2, "A find"), (8, "Deeper"), (1, "Two"))
    )
    found = [(level, text) for kind, level, text in blocks(tmp_path, body) if kind == "heading"]
    assert found == [(1, "The lighthouse"), (2, "One"), (3, "A find"), (4, "Deeper"), (2, "Two")]
    chapters = extract.extract(tmp_path / "file", RTF).chapters
    assert [chapter.title for chapter in chapters] == ["One", "Two"]


def test_the_outline_level_of_a_paragraph_makes_it_a_heading(tmp_path: Path) -> None:
    assert blocks(tmp_path, r"\pard\outlinelevel1 One\par")[0] == ("heading", 3, "One")


@pytest.mark.parametrize(
    ("style", "kind"), [(0, "paragraph"), (4, "quote"), (5, "caption"), (6, "toc"), (7, "reference")]
)
def test_the_kind_of_a_paragraph_is_that_of_its_style(style: int, kind: str, tmp_path: Path) -> None:
    assert blocks(tmp_path, rf"\pard\s{style} Words and more.\par") == [(kind, 0, "Words and more.")]


def test_lists_are_known_by_their_marks_or_their_lists(tmp_path: Path) -> None:
    body = r"\pard{\listtext\'b7\tab}First\par{\pntext\f0 2.\tab}Second\par\pard\ls1\ilvl0 Third\par Fourth\par\pard After.\par"
    assert blocks(tmp_path, body) == [
        ("list_item", 0, "First"),
        ("list_item", 0, "Second"),
        ("list_item", 0, "Third"),
        ("list_item", 0, "Fourth"),
        ("paragraph", 0, "After."),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"caf\'e9", "café"),
        (r"caf\u233 ?", "café"),
        (r"caf\u233\'e9!", "café!"),
        (r"{\uc0 caf\u233}!", "café!"),
        (r"\uc2 caf\u233\'c3\'a9!", "café!"),
        (r"{\f1 \'cc\'e0\'ff\'ea}", "Маяк"),
        (r"{\f2 \'93\'8c\'8b\'9e}", "東京"),
        (r"\u-10179 ?\u-8704 ? face", "😀 face"),
        (r"\u128512 ? face", "😀 face"),
        (r"a\~b\_c", "a b-c"),
        (r"so\-lid", "solid"),
        (r"\ldblquote A\rdblquote\emdash  \'96 b", "“A”— – b"),
        (r"one\line two", "one\ntwo"),
        (r"one\tab two", "one two"),
        (r"set \{a\\b\}", r"set {a\b}"),
        ("wo\nrds", "words"),
        (r"{\upr{plain}{\*\ud{better}}}", "better"),
        (r"9 m{\super 2}, H{\sub 2}O", "9 m², H2O"),
        (r"{\field{\*\fldinst HYPERLINK https://example.org}{\fldrslt a link}}.", "a link."),
        (r"{\object\objemb{\*\objdata 0105}{\result shown}}", "shown"),
        (r"{\*\unknown{hidden {text}}}seen", "seen"),
        (r"{\pict\pngblip 89504e47}seen", "seen"),
        (r"{\pict\pngblip\bin4 {}\\}seen", "seen"),
        (r"{\xe{\v an entry}}seen", "seen"),
    ],
)
def test_characters_and_groups(written: str, read: str, tmp_path: Path) -> None:
    assert text_of(tmp_path, rf"\pard {written}\par") == read


def test_marks_of_lists_that_were_typed_are_known_by_the_hanging_indent(tmp_path: Path) -> None:
    body = r"\pard\fi-360\li360\bullet\tab First\par 2.\tab Second\par\pard \bullet\tab Third\par\pard\fi-360 Hanging words.\par"
    assert blocks(tmp_path, body) == [
        ("list_item", 0, "First"),
        ("list_item", 0, "2. Second"),
        ("paragraph", 0, "• Third"),
        ("paragraph", 0, "Hanging words."),
    ]


def test_the_emphasis_of_a_heading_is_its_style(tmp_path: Path) -> None:
    assert extract_from(tmp_path, rtf(r"\pard\s1\b One\b0\par\pard Words.\par")).spans == ()


def test_notes_stand_behind_their_paragraph(tmp_path: Path) -> None:
    body = (
        r"\pard One {\super\chftn}{\footnote\pard\plain{\super\chftn} First.\par And more.} and two{\super 2}"
        r"{\*\footnote\ftnalt Second.}.\par\pard After.\par"
    )
    assert blocks(tmp_path, body) == [
        ("paragraph", 0, "One and two."),
        ("footnote", 0, "First."),
        ("footnote", 0, "And more."),
        ("footnote", 0, "Second."),
        ("paragraph", 0, "After."),
    ]


def test_a_table_is_said_with_its_headers(tmp_path: Path) -> None:
    row = r"\pard\intbl {0}\cell {1}\cell\row"
    body = (
        r"\pard Before.\par\trowd\trhdr\cellx900\cellx1800"
        + row.format("Tower", "Height")
        + r"\trowd\cellx900\cellx1800"
        + row.format("Kell", r"12\par m")
        + r"\pard After.\par"
    )
    assert blocks(tmp_path, body) == [
        ("paragraph", 0, "Before."),
        ("table", 0, "Tower: Kell. Height: 12 m."),
        ("paragraph", 0, "After."),
    ]


def test_text_boxes_and_descriptions_of_pictures_stand_behind_the_paragraph(tmp_path: Path) -> None:
    body = (
        r"\pard Before{\shp{\*\shpinst{\sp{\sn fLine}{\sv 1}}{\shptxt\pard In a box.\par}}{\shprslt In a box.}}.\par"
        r"\pard A picture{\*\shppict{\pict{\*\picprop{\sp{\sn wzDescription}{\sv A tower at night}}}\pngblip 8950}}.\par"
    )
    assert blocks(tmp_path, body) == [
        ("paragraph", 0, "Before."),
        ("paragraph", 0, "In a box."),
        ("paragraph", 0, "A picture."),
        ("figure", 0, "A tower at night"),
    ]


def test_what_is_deleted_hidden_commented_or_on_every_page_is_left_out_with_its_reason(tmp_path: Path) -> None:
    body = (
        r"{\header\pard The lighthouse{\field{\*\fldinst PAGE}{\fldrslt 3}}\par}"
        r"\pard Seen{\v unseen}{\deleted old}{\strike struck}{\*\atnid AK}{\*\annotation\pard Really?\par}.\par"
    )
    assert text_of(tmp_path, body) == "Seen."
    assert left_out(tmp_path, body) == [
        ("running_header", "The lighthouse3"),
        ("hidden", "unseen"),
        ("deleted", "old"),
        ("deleted", "struck"),
        ("comment", "Really?"),
    ]


def test_emphasis_and_languages_are_marked(tmp_path: Path) -> None:
    extracted = extract_from(
        tmp_path, rtf(r"\pard\lang2057 A {\b big} and {\i fine} room, {\lang1036 bonjour \'e0 tous}.\par")
    )
    assert [(span.kind, extracted.text[span.start : span.end]) for span in extracted.spans] == [
        ("emphasis", "big"),
        ("emphasis", "fine"),
        ("language:fr-FR", "bonjour à tous"),
    ]
    assert extracted.language == "en-GB"


def test_the_language_is_that_of_most_letters(tmp_path: Path) -> None:
    body = r"\pard\lang2108 Bh\'ed s\'e9 ina ch\'f3na\'ed cois farraige.\par\pard\lang1033 Hello.\par"
    assert extract_from(tmp_path, rtf(body)).language == "ga-IE"


def test_a_document_without_any_tables_is_read(tmp_path: Path) -> None:
    assert extract_from(tmp_path, rb"{\rtf1 Just \b bold\b0  words.}").text == "Just bold words."


def test_a_document_that_is_cut_off_has_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(rtf()[:-9])
    assert extract.extract_in_sandbox(tmp_path / "file", RTF).warning == "unreadable"
