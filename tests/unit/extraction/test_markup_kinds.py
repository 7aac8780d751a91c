"""Kinds of blocks and spans in HTML, EPUB and DOCX, and what is left out of their text."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from chalicelib.extraction.preformatted import looks_like_code
from tests.support import media_files, structured_documents
from tests.support.media_files import DOCX, EPUB
from tests.support.structured_documents import docx, epub, paragraph, run, styled

Blocks = list[tuple[str, str]]


def extracted(folder: Path, media_type: str, content: bytes | str) -> ExtractedText:
    (folder / "file").write_bytes(content if isinstance(content, bytes) else content.encode())
    text = extract.extract(folder / "file", media_type)
    structured_documents.assert_valid_extraction(text)
    return text


def page(folder: Path, body: str) -> ExtractedText:
    return extracted(
        folder, "text/html", f"<!doctype html><html lang=en><meta charset=utf-8><body>{body}</body></html>"
    )


def book(folder: Path, *chapters: str, **parts: str) -> ExtractedText:
    return extracted(folder, EPUB, epub(*chapters, metadata="<dc:language>en</dc:language>", **parts))


def blocks(text: ExtractedText) -> Blocks:
    return [(str(block.kind), text.text[block.start : block.end]) for block in text.blocks]


def spans(text: ExtractedText) -> list[tuple[str, str]]:
    return [(span.kind, text.text[span.start : span.end]) for span in text.spans]


def omissions(text: ExtractedText) -> list[tuple[str, str]]:
    return [(omission.reason, omission.excerpt) for omission in text.left_out]


# ---- kinds ----


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<blockquote><p>Words</p><footer>A. Keeper</footer></blockquote>",
            [("quote", "Words"), ("quote", "A. Keeper")],
        ),
        (
            "<ul><li><p>a</p></li><li>b</li></ul><dl><dt>c</dt><dd>d</dd></dl>",
            [("list_item", letter) for letter in "abcd"],
        ),
        ("<div class=stanza><p>The lamp<br>is low</p></div>", [("verse", "The lamp\nis low")]),
        (
            "<div class=poem><div class=stanza><span class=i0>A<br></span><span class=i2>B</span></div></div>",
            [("verse", "A\nB")],
        ),
        (
            "<div class=poetry><div class=stanza><div class=verse>A</div><div class=verse>B</div></div></div>",
            [("verse", "A\nB")],
        ),
        ("<div class=poem>A<br>B<br><br>C</div>", [("verse", "A\nB"), ("verse", "C")]),
        (
            "<figure><img alt='A lamp'><figcaption>Figure 1.</figcaption></figure>",
            [("figure", "A lamp"), ("caption", "Figure 1.")],
        ),
        ("<figure><img alt='A lamp'><figcaption>A lamp</figcaption></figure>", [("caption", "A lamp")]),
        (
            "<p>He ran.<img alt='The ship at sea'>Then he sat.</p>",
            [("paragraph", "He ran. Then he sat."), ("figure", "The ship at sea")],
        ),
        ("<p>a</p><hr><p>b</p><hr>", [("paragraph", "a"), ("scene_break", "* * *"), ("paragraph", "b")]),
        (
            "<p>a</p><hr>*<hr><center>⁂</center><p>b</p>",
            [("paragraph", "a"), ("scene_break", "* * *"), ("paragraph", "b")],
        ),
        ("<p>a</p><hr><h2>b</h2>", [("paragraph", "a"), ("heading", "b")]),
        (
            "<h2>References</h2><p>Smith.</p><h3>Older</h3><p>Jones.</p><h2>After</h2><p>c</p>",
            [
                ("heading", "References"),
                ("reference", "Smith."),
                ("heading", "Older"),
                ("reference", "Jones."),
                ("heading", "After"),
                ("paragraph", "c"),
            ],
        ),
        (
            "<h2>Contents</h2><ul><li><a href=#a>One</a> 1</li><li><a href=#b>Two</a></li></ul><p>Text</p>",
            [("toc", "Contents"), ("toc", "One 1"), ("toc", "Two"), ("paragraph", "Text")],
        ),
        (
            "<h1>1<br>The Storm</h1><h2><span>ONE</span><span>The Calm</span></h2><h3>H<sub>2</sub>O</h3>",
            [("heading", "1 The Storm"), ("heading", "ONE The Calm"), ("heading", "H2O")],
        ),
        (
            "<h1>T H E S T O R M</h1><p>The storm came.</p>",
            [("heading", "THE STORM"), ("paragraph", "The storm came.")],
        ),
        ("<div role=heading aria-level=3>Title</div>", [("heading", "Title")]),
        ("<address>Harbour Street 5<br>12345 Port</address>", [("paragraph", "Harbour Street 5\n12345 Port")]),
        (
            "<pre>CHAPTER I\n\nThe keeper counted the ships on every evening.\nHe slept.\n</pre>",
            [("paragraph", "CHAPTER I"), ("paragraph", "The keeper counted the ships on every evening. He slept.")],
        ),
        ("<pre>def f():\n\n    return 1</pre>", [("code", "def f():\n    return 1")]),
        ("<pre><code class=language-text>Dear Sir,\nI write.</code></pre>", [("paragraph", "Dear Sir,\nI write.")]),
        ("<section class=pg-boilerplate><h2>The book</h2></section>", [("front_matter", "The book")]),
        ("<svg><title>Ships</title><text>12 ships</text></svg>", [("figure", "Ships"), ("figure", "12 ships")]),
    ],
)
def test_a_block_has_the_kind_that_its_author_gave_it(body: str, expected: Blocks, tmp_path: Path) -> None:
    assert blocks(page(tmp_path, body)) == expected


def test_headings_have_their_levels(tmp_path: Path) -> None:
    text = page(tmp_path, "<h1>a</h1><h3>b</h3><div role=heading>c</div><p>d</p>")
    assert [block.level for block in text.blocks] == [1, 3, 2, 0]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Use <code>f(x)</code>.</p>", [("code", "f(x)")]),
        ("<p>An <em>old</em> <b>lamp</b></p>", [("emphasis", "old lamp")]),
        ("<p>See [12] (Miller et al., 2019).</p>", [("citation", "[12]"), ("citation", "(Miller et al., 2019)")]),
        ("<p>As said in <a href='#b1'>[1]</a>.</p>", [("citation", "[1]")]),
        ("<p>Go to https://example.org/a.</p>", [("url", "example.org")]),
        (
            "<p lang=de>Der Wärter <i lang=fr>dort</i></p>",
            [("language:de", "Der Wärter"), ("emphasis", "dort"), ("language:fr", "dort")],
        ),
        ("<p lang=en-GB>The keeper</p>", []),
        ("<p>So <math><mi>x</mi></math>.</p>", [("formula", "x")]),
        (
            "<table><tr><th lang=de>Turm<th>Note<tr><td><i>Kell</i>, old<td>See [3] at https://example.org/a"
            "<tr><td lang=fr>Phare<td><math><mi>x</mi></math> is <code>f(x)</code></table>",
            [
                *[("language:de", "Turm"), ("emphasis", "Kell"), ("citation", "[3]"), ("url", "example.org")],
                *[("language:de", "Turm"), ("language:fr", "Phare"), ("formula", "x"), ("code", "f(x)")],
            ],
        ),
        (
            "<table><tr><td>a <b>b</b><td>c <b>d:</b><tr><td><b>e</b>: <td>f</table>",
            [("emphasis", text) for text in ("b", "d:", "e")],
        ),
        ("<table><tr><td>one <em>cell</em></table>", [("emphasis", "cell")]),
    ],
)
def test_a_span_has_the_offsets_of_its_text(body: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert spans(page(tmp_path, body)) == expected


# ---- notes ----

MARKS = [
    "<sup>1</sup>",
    "<sup><a href='#n1'>1</a></sup>",
    "<a href='#n1'><sup>1</sup></a>",
    "<a href='#n1'>1</a>",
    "<a href='#n1'>[1]</a>",
    "<a href='#n1'>*</a>",
    "<a href='notes.xhtml'>1</a>",
    "<a epub:type='noteref' href='#n1'>note</a>",
    "<a role='doc-noteref' href='#n1'>(1)</a>",
    "<span class='fnref'>1</span>",
    "<a class='footnote-ref' href='#n1'>1</a>",
    "<sup class='reference'>: 12 </sup>",
    "<sup>5–7</sup>",
    "<sup>2,3</sup>",
    "<sup>[4]</sup>",
    "<sup>a</sup>",
    "<sup>†</sup>",
]


@pytest.mark.parametrize("mark", MARKS)
def test_note_marks_of_every_form_are_not_read(mark: str, tmp_path: Path) -> None:
    assert book(tmp_path, f"<p>The word{mark} rose.</p>").text == "The word rose."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("E = mc<sup>2</sup>", "E = mc²"),
        ("sin<sup>2</sup> x", "sin² x"),
        ("3 km<sup>2</sup> of 10<sup>6</sup>", "3 km² of 10⁶"),
        ("the 19<sup>th</sup>, M<sup>me</sup> Petit", "the 19th, Mme Petit"),
        ("le XIX<sup>e</sup> siècle", "le XIXe siècle"),
        ("See chapter <a href='#c3'>3</a>", "See chapter 3"),
        ("in <a href='#r5'>[5]</a>", "in [5]"),
    ],
)
def test_exponents_ordinals_and_references_are_no_note_marks(markup: str, text: str, tmp_path: Path) -> None:
    assert page(tmp_path, f"<p>{markup}.</p>").text == f"{text}."


@pytest.mark.parametrize(
    "note",
    [
        "<aside epub:type='footnote' id='n1'><p>The note.</p></aside>",
        "<p class='footnote' id='n1'><a href='#r1'>1</a> The note.</p>",
        "<div class='notes'><p id='n1'><a href='#r1'>1.</a> The note.</p></div>",
        "<p id='n1'><a href='#r1'>1</a> The note.</p>",
        "<p class='calibre9'><a id='n1' href='#r1'>1.</a> The note.</p>",
        "<ol><li id='n1'>The note. <a href='#r1'>↩︎</a></li></ol>",
        "<div role='doc-endnotes'><p>The note.</p></div>",
    ],
)
def test_a_note_is_known_by_its_class_its_place_or_the_link_to_it(note: str, tmp_path: Path) -> None:
    text = book(tmp_path, f"<p>It rose.<a id='r1' href='#n1'><sup>1</sup></a></p>{note}")
    assert blocks(text) == [("paragraph", "It rose."), ("footnote", "The note.")]


def test_endnotes_in_a_chapter_of_their_own_are_notes_with_all_their_paragraphs(tmp_path: Path) -> None:
    text = book(
        tmp_path,
        "<h1>One</h1><p>It rose.<a id='r1' href='c1.xhtml#n1'>1</a></p>",
        "<h1>Notes</h1><p><a id='n1' href='c0.xhtml#r1'>1.</a> A note.</p><p>More of it.</p>",
    )
    assert blocks(text)[2:] == [("heading", "Notes"), ("footnote", "A note."), ("footnote", "More of it.")]


def test_a_note_in_the_middle_of_a_paragraph_stands_behind_it(tmp_path: Path) -> None:
    text = book(tmp_path, "<p>The word<span class='footnote'>This is a note.</span> rose.</p>")
    assert blocks(text) == [("paragraph", "The word rose."), ("footnote", "This is a note.")]


# ---- what is left out ----


@pytest.mark.parametrize(
    ("body", "text", "left_out"),
    [
        ("<p>con<span class=pagenum>[Pg 14]</span>tent</p>", "content", [("running_header", "[Pg 14]")]),
        ("<p>a <a id=page_14 class=pageno>14</a>b</p>", "a b", [("running_header", "14")]),
        ("<p>It is <s>50</s> <strike>60</strike> <del>70</del> 40.</p>", "It is 40.", [("deleted", "50 60 70")]),
        (
            "<p><ruby>漢<rt>かん</rt></ruby><ruby><img alt='喰'><rt>く</rt></ruby>い</p>",
            "漢喰い",
            [("pronunciation", "かん く")],
        ),
        (
            "<p>a<span hidden>b</span></p><div style='display:none'><p>c</p><p>d</p></div>",
            "a",
            [("hidden", letter) for letter in "bcd"],
        ),
        ("<nav>Home</nav><main><p>a</p></main><p>after</p>", "a", [("navigation", "Home"), ("navigation", "after")]),
        ("<h2>History<span class=mw-editsection>[edit]</span></h2>", "History", [("navigation", "[edit]")]),
        ("<p>So.<sup class=noprint>[<i>citation needed</i>]</sup></p>", "So.", [("editorial", "[citation needed]")]),
        ("<p>a</p><div role=doc-pullquote>a</div>", "a", [("repeated", "a")]),
        ("<p>a <img alt='IMG_2034.JPG'></p>", "a", [("decorative", "IMG_2034.JPG")]),
        ("<p>See https://example.org/a?b=1.</p>", "See example.org.", [("address", "https://example.org/a?b=1")]),
        ("<p>a</p><script>x</script><style>y</style><!-- z -->", "a", []),
    ],
)
def test_what_is_not_read_is_left_out_with_its_reason(
    body: str, text: str, left_out: list[tuple[str, str]], tmp_path: Path
) -> None:
    result = page(tmp_path, body)
    assert (result.text, omissions(result)) == (text, left_out)
    assert all(omission.reason in extract.OMISSION_REASONS for omission in result.left_out)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p><img alt='W' src='g.png'/>hen spring came</p>", "When spring came"),
        ("<p><span class='figleft'><img alt='T'/></span>he keeper</p>", "The keeper"),
        ("<div class='figleft'><img alt='T'/></div><p>he keeper</p>", "The keeper"),
        ("<p><img alt='It' src='g.png'/> rained.</p>", "It rained."),
        ("<p>R&amp;D <![CDATA[5 < 6 <b>]]></p>", "R&D 5 < 6 <b>"),
    ],
)
def test_words_are_not_beheaded(body: str, text: str, tmp_path: Path) -> None:
    assert book(tmp_path, body).text == text


def test_what_is_left_out_has_its_place_in_the_text(tmp_path: Path) -> None:
    text = page(tmp_path, "<p>One.</p><p hidden>a</p><p>Two.</p><p>Three.</p><p hidden>b</p>")
    assert [text.text[offset:] for offset in text.left_out_offsets] == ["Two.\n\nThree.", ""]


def test_a_form_around_the_whole_page_is_no_control(tmp_path: Path) -> None:
    text = page(tmp_path, f"<form><p>{'The keeper slept. ' * 40}</p><button>Go</button></form>")
    assert text.text.startswith("The keeper slept.")
    assert omissions(text) == [("navigation", "Go")]


# ---- EPUB ----


def test_a_contents_page_and_a_copyright_page_are_no_text_of_the_book(tmp_path: Path) -> None:
    text = book(
        tmp_path,
        "<p>Copyright © 2026 A. Keeper. All rights reserved.</p>",
        "<h1>Contents</h1><p><a href='c2.xhtml'>One</a></p>",
        "<section epub:type='titlepage'><h1>The book</h1></section><p>It began.</p>",
    )
    assert [kind for kind, _ in blocks(text)] == ["front_matter", "toc", "toc", "front_matter", "paragraph"]


def test_titles_of_the_table_of_contents_are_headings_without_their_markup(tmp_path: Path) -> None:
    contents = structured_documents.ncx(("1 The Boat", "c0.xhtml", ()), ("Four", "c1.xhtml", ()))
    text = book(tmp_path, "<p>1</p><p>The Boat</p><p>It came.</p>", "<div>FOUR</div><p>It left.</p>", ncx=contents)
    assert [(str(block.kind), block.level) for block in text.blocks] == [
        ("heading", 1),
        ("heading", 1),
        ("paragraph", 0),
        ("heading", 1),
        ("paragraph", 0),
    ]


def test_drawings_in_the_spine_and_asides_are_read(tmp_path: Path) -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata/><manifest>'
        '<item id="a" href="a.svg" media-type="image/svg+xml"/><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
        '</manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    drawing = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1">Once upon <tspan>a time</tspan></text></svg>'
    content = media_files.epub(
        {
            "OEBPS/content.opf": package,
            "OEBPS/a.svg": drawing,
            "OEBPS/b.xhtml": structured_documents.xhtml("<p>there was.</p><aside><p>Tip.</p></aside>"),
        }
    )
    assert extracted(tmp_path, EPUB, content).text == "Once upon a time\n\nthere was.\n\nTip."


# ---- DOCX ----

NUMBERED = "<w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr>"
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}"/></w:style>'
    for identifier, name in (("Quote", "Quote"), ("Caption", "caption"), ("Code", "Source Code"))
)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<w:p>{NUMBERED}{run('First')}</w:p>", [("list_item", "First")]),
        (styled("Quote", "Words") + styled("Caption", "Table 1."), [("quote", "Words"), ("caption", "Table 1.")]),
        (styled("Code", "if x:") + styled("Code", "    y = 1"), [("code", "if x:\n    y = 1")]),
        (styled("Contents1", "One\t12"), [("toc", "One")]),
        (
            "<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:br w:type='page'/><w:t>c</w:t></w:r></w:p>",
            [("paragraph", "a\nb"), ("paragraph", "c")],
        ),
        (
            "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + run("The keeper") + "</w:p>" + paragraph(" slept."),
            [("paragraph", "The keeper slept.")],
        ),
        (
            "<w:p><w:r><w:drawing><wp:docPr xmlns:wp='x' descr='The ship'/></w:drawing></w:r>" + run("a") + "</w:p>",
            [("paragraph", "a"), ("figure", "The ship")],
        ),
        ("<w:p><w:r><w:sym w:font='Symbol' w:char='F061'/></w:r></w:p>", [("paragraph", "α")]),
        (
            f"<w:p>{run('The Storm', '<w:b/><w:sz w:val=' + chr(34) + '36' + chr(34) + '/>')}</w:p>"
            + paragraph("It rained all night."),
            [("heading", "The Storm"), ("paragraph", "It rained all night.")],
        ),
    ],
)
def test_a_word_paragraph_has_the_kind_of_its_style(body: str, expected: Blocks, tmp_path: Path) -> None:
    assert blocks(extracted(tmp_path, DOCX, docx(body, styles=STYLES))) == expected


def test_spans_in_a_word_table_have_the_offsets_of_their_text(tmp_path: Path) -> None:
    cells = (
        f"<w:p>{run('An ')}{run('old', '<w:i/>')}{run(' lamp')}</w:p>",
        paragraph("See https://example.org/a [2]."),
    )
    rows = f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"
    text = extracted(tmp_path, DOCX, docx(f"<w:tbl>{rows}{rows}</w:tbl>"))
    assert spans(text) == [("emphasis", "old"), ("url", "example.org"), ("citation", "[2]")] * 2


def test_notes_of_a_word_document_stand_behind_their_paragraph_and_comments_are_left_out(tmp_path: Path) -> None:
    names = structured_documents.NAMESPACES
    parts: dict[str, bytes | str | None] = {
        "word/footnotes.xml": f"<w:footnotes {names}><w:footnote w:id='1'>{paragraph('A note.')}</w:footnote>"
        f"<w:footnote w:id='2'>{paragraph('Unused.')}</w:footnote></w:footnotes>",
        "word/comments.xml": f"<w:comments {names}><w:comment w:id='1'>{paragraph('A comment.')}</w:comment></w:comments>",
        "word/header1.xml": f"<w:hdr {names}>{paragraph('A header.')}</w:hdr>",
        "word/_rels/document.xml.rels": media_files.relations(
            *(
                (kind, f"{name}.xml", False)
                for kind, name in (("footnotes",) * 2, ("comments",) * 2, ("header", "header1"))
            )
        ),
    }
    body = f"<w:p>{run('The word')}<w:r><w:footnoteReference w:id='1'/></w:r>{run(' rose.')}<w:del>{run('gone')}</w:del></w:p>"
    text = extracted(tmp_path, DOCX, docx(body + paragraph("After."), parts=parts))
    assert blocks(text) == [("paragraph", "The word rose."), ("footnote", "A note."), ("paragraph", "After.")]
    assert omissions(text) == [
        ("deleted", "gone"),
        ("hidden", "Unused."),
        ("comment", "A comment."),
        ("running_header", "A header."),
    ]


def test_an_equation_of_word_is_said(tmp_path: Path) -> None:
    equation = "<m:oMath xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math'><m:r><m:t>x</m:t></m:r></m:oMath>"
    text = extracted(tmp_path, DOCX, docx(f"<w:p>{run('So ')}{equation}{run(' holds.')}</w:p><w:p>{equation}</w:p>"))
    assert blocks(text) == [("paragraph", "So x holds."), ("formula", "x")]


# ---- code ----


@pytest.mark.parametrize(
    ("text", "is_code"),
    [
        ("x = 1\ny = 2", True),
        ("for (int i = 0; i < 3; i++) {\n  print(i);\n}", True),
        ("$ ls -la\ntotal 8", True),
        ("npm install --save-dev foo", True),
        ("<a href=x>\n</a>", True),
        ("+---+\n| a |\n+---+", True),
        ("The lamp is low,\n  The tide is slow,\nAnd home we go;", False),
        ("Dear Sir,\n\nI write to you about the lamp (the old one).", False),
        ("From here to there\nreturn to me, my love", False),
    ],
)
def test_preformatted_text_is_prose_unless_it_looks_like_code(text: str, is_code: bool) -> None:
    assert looks_like_code(text) is is_code
