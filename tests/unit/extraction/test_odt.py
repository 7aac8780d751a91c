"""OpenDocument texts: blocks with their kinds, by elements and by styles."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from tests.support.book_files import ODT, odt, odt_content, odt_styles, odt_text

BOLD = '<style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'


def extract_from(folder: Path, content: bytes) -> ExtractedText:
    (folder / "file").write_bytes(content)
    return extract.extract(folder / "file", ODT)


def blocks(
    folder: Path, body: str, *, styles: str = "", parts: dict[str, str] | None = None
) -> list[tuple[str, int, str]]:
    """Return kind, level and text of each block."""
    extracted = extract_from(folder, odt({"content.xml": odt_content(body, styles=styles), **(parts or {})}))
    return [(block.kind, block.level, extracted.text[block.start : block.end]) for block in extracted.blocks]


def text_style(name: str, properties: str) -> str:
    return f'<style:style style:name="{name}" style:family="text"><style:text-properties {properties}/></style:style>'


def paragraph_style(name: str, parent: str, attributes: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="paragraph" style:parent-style-name="{parent}" {attributes}/>'
    )


def left_out(extracted: ExtractedText) -> list[tuple[str, str]]:
    return [(omission.reason, omission.excerpt) for omission in extracted.left_out]


def test_a_document_is_read_also_in_the_sandbox(tmp_path: Path) -> None:
    extracted = extract_from(tmp_path, odt())
    assert (extracted.text, extracted.language) == ("One\n\nIt began on a Tuesday.", "en-GB")
    assert extract.extract_in_sandbox(tmp_path / "file", ODT) == extracted


def test_headings_have_levels_and_make_chapters(tmp_path: Path) -> None:
    body = '<text:p text:style-name="P1">The lighthouse</text:p>' + "".join(
        f'<text:h text:outline-level="{level}">{title}</text:h><text:p>Words.</text:p>'
        for level, title in ((1, "One"), (2, "A find"), (1, "Two"), (9, "Deep"))
    )
    found = blocks(tmp_path, body, styles=paragraph_style("P1", "Title"))
    assert [(level, text) for kind, level, text in found if kind == "heading"] == [
        (1, "The lighthouse"),
        (2, "One"),
        (3, "A find"),
        (2, "Two"),
        (6, "Deep"),
    ]
    extracted = extract.extract(tmp_path / "file", ODT)
    assert [chapter.title for chapter in extracted.chapters] == ["One", "Two"]


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        ("Quotations", "quote"),
        ("Text_20_body", "paragraph"),
        ("Standard", "paragraph"),
        ("Caption", "caption"),
        ("TableCaption", "caption"),
        ("Illustration", "caption"),
        ("Bibliography_20_1", "reference"),
        ("Contents_20_2", "toc"),
    ],
)
def test_the_kind_of_a_paragraph_is_that_of_its_style_or_of_one_that_it_is_based_on(
    style: str, kind: str, tmp_path: Path
) -> None:
    more = paragraph_style("Illustration", "Caption")
    body = f'<text:p text:style-name="{style}">Words.</text:p><text:p text:style-name="P7">More.</text:p>'
    found = blocks(tmp_path, body, styles=paragraph_style("P7", style), parts={"styles.xml": odt_styles(more)})
    assert found == [(kind, 0, "Words."), (kind, 0, "More.")]


def test_lines_of_code_are_one_block_and_preformatted_prose_is_none(tmp_path: Path) -> None:
    code = '<text:p text:style-name="Preformatted_20_Text">def f(x):</text:p><text:p text:style-name="P1">return f(x[0])</text:p>'
    prose = '<text:p text:style-name="Preformatted_20_Text">It began on a Tuesday, with rain.</text:p>'
    found = blocks(
        tmp_path, f"{code}<text:p>Words.</text:p>{prose}", styles=paragraph_style("P1", "Preformatted_20_Text")
    )
    assert found == [
        ("code", 0, "def f(x):\nreturn f(x[0])"),
        ("paragraph", 0, "Words."),
        ("paragraph", 0, "It began on a Tuesday, with rain."),
    ]


def test_a_line_across_the_page_is_a_scene_break(tmp_path: Path) -> None:
    body = '<text:p>Before.</text:p><text:p text:style-name="Horizontal_20_Line"/><text:p>After.</text:p>'
    assert [kind for kind, _, _ in blocks(tmp_path, body)] == ["paragraph", "scene_break", "paragraph"]


def test_styles_that_are_based_on_each_other_end(tmp_path: Path) -> None:
    styles = paragraph_style("A", "B") + paragraph_style("B", "A")
    assert blocks(tmp_path, '<text:p text:style-name="A">Words.</text:p>', styles=styles) == [
        ("paragraph", 0, "Words.")
    ]


def test_lists_spaces_tabs_and_lines(tmp_path: Path) -> None:
    body = (
        "<text:list><text:list-item><text:p>First</text:p><text:list><text:list-item><text:p>inner</text:p></text:list-item>"
        "</text:list></text:list-item></text:list>"
        '<text:p>A<text:s text:c="3"/>road<text:tab/>and<text:line-break/>a sea.</text:p>'
    )
    assert blocks(tmp_path, body) == [
        ("list_item", 0, "First"),
        ("list_item", 0, "inner"),
        ("paragraph", 0, "A road and\na sea."),
    ]


def note(text: str, kind: str = "footnote") -> str:
    return (
        f'<text:note text:note-class="{kind}"><text:note-citation>1</text:note-citation><text:note-body>'
        f"<text:p>{text}</text:p></text:note-body></text:note>"
    )


def test_notes_stand_behind_their_paragraph_or_table(tmp_path: Path) -> None:
    body = (
        f"<text:p>One {note('First.')} and two{note('Second.', 'endnote')}.</text:p>"
        "<table:table><table:table-row><table:table-cell>"
        f"<text:p>Kell{note('A tower.')}</text:p></table:table-cell><table:table-cell><text:p>12 m</text:p></table:table-cell>"
        "</table:table-row></table:table><text:p>After.</text:p>"
    )
    found = blocks(tmp_path, body)
    assert found[:3] == [("paragraph", 0, "One and two."), ("footnote", 0, "First."), ("footnote", 0, "Second.")]
    assert [kind for kind, _, _ in found[3:]] == ["table", "footnote", "paragraph"]
    assert found[-2:] == [("footnote", 0, "A tower."), ("paragraph", 0, "After.")]


def test_a_table_is_said_with_its_headers_and_one_with_headings_is_layout(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        inside = "".join(f"<table:table-cell>{cell}</table:table-cell>" for cell in cells)
        return f"<table:table-row>{inside}</table:table-row>"

    table = (
        f"<table:table><table:table-header-rows>{row('<text:p>Tower</text:p>', '<text:p>Height</text:p>')}"
        f"</table:table-header-rows>{row('<text:p>Kell</text:p>', '<text:p>12 m</text:p>')}</table:table>"
    )
    layout = f"<table:table>{row('<text:h>One</text:h><text:p>Words.</text:p>', table)}</table:table>"
    assert blocks(tmp_path, table + layout) == [
        ("table", 0, "Tower: Kell. Height: 12 m."),
        ("heading", 2, "One"),
        ("paragraph", 0, "Words."),
        ("table", 0, "Tower: Kell. Height: 12 m."),
    ]


def test_pictures_are_said_by_their_description_and_captions_in_text_boxes_stand_behind(tmp_path: Path) -> None:
    picture = (
        '<draw:frame><draw:image xlink:href="Pictures/1.png"/><svg:title>A tower at night</svg:title></draw:frame>'
    )
    body = (
        f"<text:p>Before.<draw:frame><draw:text-box><text:p text:style-name='Caption'>{picture}Figure <text:sequence>1"
        "</text:sequence>: Kell</text:p></draw:text-box></draw:frame></text:p>"
    )
    assert blocks(tmp_path, body) == [
        ("paragraph", 0, "Before."),
        ("caption", 0, "Figure 1: Kell"),
        ("figure", 0, "A tower at night"),
    ]


def test_a_formula_is_said_in_words(tmp_path: Path) -> None:
    mathml = '<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi><mn>2</mn></msup></math>'
    frame = '<draw:frame><draw:object xlink:href="./Object 1"/><svg:desc>formula</svg:desc></draw:frame>'
    body = f"<text:p>Take {frame} here.</text:p><text:p>{frame}</text:p>"
    assert blocks(tmp_path, body, parts={"Object 1/content.xml": mathml}) == [
        ("paragraph", 0, "Take x squared here."),
        ("formula", 0, "x squared"),
    ]


def test_indexes_have_their_kinds_without_their_templates(tmp_path: Path) -> None:
    body = (
        "<text:table-of-content><text:table-of-content-source><text:index-title-template>Contents</text:index-title-template>"
        "</text:table-of-content-source><text:index-body><text:index-title><text:p>Contents</text:p></text:index-title>"
        "<text:p>One<text:tab/>5</text:p></text:index-body></text:table-of-content>"
        "<text:bibliography><text:index-body><text:p>Kell, A.: Light.</text:p></text:index-body></text:bibliography>"
    )
    assert blocks(tmp_path, body) == [("toc", 0, "Contents"), ("toc", 0, "One 5"), ("reference", 0, "Kell, A.: Light.")]


def test_what_is_deleted_hidden_or_commented_is_left_out_with_its_reason(tmp_path: Path) -> None:
    styles = text_style("H", 'text:display="none"') + text_style("S", 'style:text-line-through-style="solid"')
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>A. Kell</dc:creator>"
        "</office:change-info><text:p>Old words.</text:p></text:deletion></text:changed-region></text:tracked-changes>"
        '<text:section text:display="none"><text:p>A secret.</text:p></text:section>'
        "<text:p>Seen<office:annotation><dc:creator>A. Kell</dc:creator><dc:date>2024</dc:date><text:p>Really?</text:p>"
        '</office:annotation><text:span text:style-name="H"> unseen</text:span><text:span text:style-name="S"> struck'
        "</text:span>.</text:p>"
    )
    extracted = extract_from(tmp_path, odt_text(body, styles=styles))
    assert extracted.text == "Seen."
    assert left_out(extracted) == [
        ("deleted", "Old words."),
        ("hidden", "A secret."),
        ("hidden", "unseen"),
        ("deleted", "struck"),
        ("comment", "Really?"),
    ]


def test_headers_and_footers_are_left_out(tmp_path: Path) -> None:
    masters = '<style:master-page style:name="S"><style:header><text:p>The lighthouse</text:p></style:header></style:master-page>'
    extracted = extract_from(tmp_path, odt({"styles.xml": odt_styles(masters=masters)}))
    assert left_out(extracted) == [("running_header", "The lighthouse")]


def test_emphasis_raised_digits_and_languages_are_marked(tmp_path: Path) -> None:
    styles = (
        BOLD
        + text_style("T2", 'style:text-position="super 58%"')
        + text_style("T3", 'fo:language="fr" fo:country="FR"')
        + text_style("T4", 'style:text-position="-33% 58%"')
    )
    body = (
        '<text:p>A <text:span text:style-name="T1">big</text:span> room of 9 m<text:span text:style-name="T2">2</text:span>, H'
        '<text:span text:style-name="T4">2</text:span>O, <text:span text:style-name="T3">bonjour à tous</text:span>.</text:p>'
    )
    extracted = extract_from(tmp_path, odt_text(body, styles=styles))
    assert extracted.text == "A big room of 9 m², H2O, bonjour à tous."
    assert [(span.kind, extracted.text[span.start : span.end]) for span in extracted.spans] == [
        ("emphasis", "big"),
        ("language:fr-FR", "bonjour à tous"),
    ]


def test_the_language_is_that_of_most_letters(tmp_path: Path) -> None:
    style = text_style("P1", 'fo:language="ga" fo:country="IE"').replace('"text"', '"paragraph"')
    body = '<text:p text:style-name="P1">Bhí sé ina chónaí cois farraige.</text:p><text:p>Hello.</text:p>'
    assert extract_from(tmp_path, odt_text(body, styles=style)).language == "ga-IE"


def test_the_base_of_a_ruby_is_read_and_a_field_keeps_its_text(tmp_path: Path) -> None:
    body = (
        "<text:p><text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう</text:ruby-text></text:ruby>"
        " <text:date>1 May</text:date> <text:title>Light</text:title></text:p>"
    )
    assert blocks(tmp_path, body) == [("paragraph", 0, "東京 1 May Light")]


def test_a_document_without_styles_is_read(tmp_path: Path) -> None:
    assert extract_from(tmp_path, odt({"styles.xml": None})).text.startswith("One")
