"""EPUB, DOCX, HTML and Markdown: documents with marked-up paragraphs, extracted by one set of rules."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.extraction import extract
from chalicelib.extraction.cleanup import superscript_text
from chalicelib.extraction.model import ExtractedText, ExtractionError
from tests.support import media_files, structured_documents
from tests.support.media_files import DOCX, EPUB
from tests.support.structured_documents import heading, paragraph, run, styled, table

HTML, MARKDOWN = "text/html", "text/markdown"


def extract_from(folder: Path, media_type: str, content: bytes | str) -> ExtractedText:
    (folder / "file").write_bytes(content.encode() if isinstance(content, str) else content)
    return extract.extract(folder / "file", media_type)


def page(body: str) -> str:
    return f"<!doctype html><html><head><meta charset=utf-8><title>Notes</title></head><body>{body}</body></html>"


def titles(extracted: ExtractedText) -> list[str]:
    for chapter in extracted.chapters:
        assert extracted.text[chapter.start :].startswith(chapter.title)
    return [chapter.title for chapter in extracted.chapters]


def kinds(extracted: ExtractedText) -> list[tuple[str, str]]:
    """Return the blocks as (kind, text)."""
    return [(str(block.kind), extracted.text[block.start : block.end]) for block in extracted.blocks]


# ---- rules for all formats ----

DOCUMENT = structured_documents.make_document()


@pytest.mark.parametrize("media_type", DOCUMENT.files)
def test_a_document_has_the_same_text_in_every_format(media_type: str, tmp_path: Path) -> None:
    extracted = extract_from(tmp_path, media_type, DOCUMENT.files[media_type])
    assert [text for kind, text in kinds(extracted) if kind not in {"toc", "footnote"}] == DOCUMENT.paragraphs
    assert titles(extracted) == DOCUMENT.chapters
    assert (extracted.language, extracted.pages, extracted.warning) == ("en", (), None)
    assert extracted.word_count == extract_from(tmp_path, "text/plain", extracted.text).word_count > 1_000


@pytest.mark.parametrize("media_type", DOCUMENT.files)
def test_the_sandbox_yields_the_same_text(media_type: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DOCUMENT.files[media_type])
    assert extract.extract_in_sandbox(tmp_path / "file", media_type) == extract.extract(tmp_path / "file", media_type)


@pytest.mark.parametrize("media_type", [EPUB, DOCX, HTML, MARKDOWN])
def test_a_damaged_file_yields_a_warning(media_type: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"PK\x03\x04 no more")
    extracted = extract.extract_in_sandbox(tmp_path / "file", media_type)
    assert extracted.warning == ("unreadable" if media_type in {EPUB, DOCX} else None)


def test_an_extraction_error_quotes_no_name_from_the_file(tmp_path: Path) -> None:
    container = media_files.CONTAINER.replace("content.opf", "private.opf")
    with pytest.raises(ExtractionError, match=r"^malformed$"):  # its message is logged
        extract_from(tmp_path, EPUB, media_files.epub({"META-INF/container.xml": container}))


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ("the harbour", "12", ""),
        ("the harbour.", "[3]", ""),
        ("the harbour ", "*", ""),
        ("x", "2", "²"),
        ("12 cm", "2", "²"),
        ("the 20", "th", "th"),
        ("10", "-6", "⁻⁶"),
    ],
)
def test_a_superscript_is_spoken_unless_it_is_a_footnote_mark(before: str, text: str, expected: str) -> None:
    assert superscript_text(before, text) == expected


def test_a_document_over_the_limit_is_truncated_with_a_warning(tmp_path: Path) -> None:
    text = "<p>The ferryman counted his lanterns twice.</p>" * (extract.MAX_CHARACTERS // 42 + 10)
    extracted = extract_from(tmp_path, HTML, page(text))
    assert extracted.warning == "too_long"
    assert len(extracted.text) <= extract.MAX_CHARACTERS


# ---- HTML ----


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>One  \n two</p><p>three</p>", "One two\n\nthree"),
        ("one<div>two<p>three</p>four</div>five", "one\n\ntwo\n\nthree\n\nfour\n\nfive"),
        ("<p>one<br>two<br><br>three</p>", "one\ntwo\n\nthree"),
        ("<p>an <i>it</i>alic <b>word</b>, <a href=/x>a link</a>.</p>", "an italic word, a link."),
        ("<ul><li>first<li>second<ol><li>inner</ol></ul>", "first\n\nsecond\n\ninner"),
        ("<dl><dt>word<dd>what it means</dl>", "word\n\nwhat it means"),
        ("<p>before<p hidden>never<p aria-hidden=true>never<p style='display: none'>never<p>after", "before\n\nafter"),
        ("<nav>Home</nav><p>text</p><aside>See also</aside><footer>Imprint</footer>", "text"),
        ("<form><p>Subscribe<input><button>Go</button></form><p>text</p><script>x()</script>", "text"),
        ("<header><p>Menu</p><h1>Title</h1><time>today</time></header><p>text</p>", "Title\n\ntext"),
        ("<div role=navigation>Home</div><p>text", "text"),
        ("<p>word<sup>2</sup> and x<sup>2</sup></p>", "word and x²"),
        ("<p>word<sup><a href='#n1'>1</a></sup>, word<a href='#n2'>[2]</a></p>", "word, word"),
        ("<p>chapter <a href='#c3'>3</a></p>", "chapter 3"),
        ("<p>text</p><section class=footnotes><ol><li id=n1>A note <a href='#r1'>↩</a></ol></section>", "text\n\nA note"),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby></p>", "漢"),
        ("<p>a <math><mi>x</mi></math> here</p><math display=block><mi>y</mi></math>", "a x here\n\ny"),
        ("<p>see https://www.example.org/a/b?c=d#e, or http://example.net.</p>", "see example.org, or example.net."),
        ("<pre>x = 1\ny = 2</pre><pre>z</pre><p>text <code>name</code></p>", "x = 1\ny = 2\n\nz\n\ntext name"),
        ("<table><caption>Boats</caption><tr><th>Year<th>Men<tr><td>1926<td>37</table>", "Boats\n\nYear: 1926. Men: 37."),
        ("<table><tr><td><h2>Title</h2><p>text</p><td><p>more</p></table>", "Title\n\ntext\n\nmore"),
        ("<table><tr><td><table><tr><td>a<td>b</table><td>c</table>", "a: b\n\nc"),
        ("<p>soft\u00adhyphen, ﬁne, e\u0301, \ue000 and \u200b", "softhyphen, fine, é, and"),
        ("<img alt='a ship' src=x.png><figure><figcaption>A ship</figcaption></figure>", "a ship\n\nA ship"),
    ],
)  # fmt: skip
def test_the_text_of_a_page_is_what_a_human_would_read_aloud(body: str, expected: str, tmp_path: Path) -> None:
    assert extract_from(tmp_path, HTML, page(body)).text == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>around</p><article><p>The text of the article.</p></article>", "The text of the article."),
        ("<p>around</p><main><p>text</p></main>", "text"),
        ("<main><article><p>One of two.</p></article><article><p>Two of two</p></article></main>", "One of two.\n\nTwo of two"),
        ("<article>teaser</article><main><p>The text is here, and it is long.</p></main>", "The text is here, and it is long."),
        ("<p>all of it</p>", "all of it"),
    ],
)  # fmt: skip
def test_the_article_is_extracted_otherwise_the_main_part_otherwise_the_page(
    body: str, expected: str, tmp_path: Path
) -> None:
    assert extract_from(tmp_path, HTML, page(body)).text == expected


@pytest.mark.parametrize(
    ("headings", "chapters"),
    [
        ("<h1>Book</h1><h2>One</h2><h3>a</h3><h2>Two</h2>", ["One", "Two"]),
        ("<h1>One</h1><h2>a</h2><h2>b</h2><h1>Two</h1>", ["One", "Two"]),
        ("<h1>Part I</h1><h2>One</h2><h2>Two</h2><h1>Part II</h1><h2>Three</h2>", ["Part I", "One", "Two", "Part II", "Three"]),
        ("<h1>Alone</h1>", []),
        ("<h2></h2><h2>One</h2><h2>Two</h2>", ["One", "Two"]),
    ],
)  # fmt: skip
def test_chapters_are_the_headings_of_the_first_level_that_repeats(
    headings: str, chapters: list[str], tmp_path: Path
) -> None:
    assert titles(extract_from(tmp_path, HTML, page(headings.replace("</h", " </h") + "<p>text"))) == chapters


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<meta charset=iso-8859-1><p>Grüße</p>".encode("latin-1"), "Grüße"),
        ("<p>Grüße</p>".encode("utf-16"), "Grüße"),
        ("\ufeff<p>Grüße</p>".encode(), "Grüße"),
        ("<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'><p>港</p>".encode("shift_jis"), "港"),
        ("<?xml version='1.0' encoding='windows-1251'?><html><p>Порт</p></html>".encode("cp1251"), "Порт"),
    ],
)
def test_a_page_is_decoded_with_its_declared_charset(content: bytes, expected: str, tmp_path: Path) -> None:
    assert extract_from(tmp_path, HTML, content).text == expected


# ---- Markdown ----


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("---\ntitle: x\ntags: [a]\n---\nText.", "Text."),
        ("+++\ntitle = 'x'\n+++\nText.", "Text."),
        ("---\n\nA line.\n\n---\n\nText.", "A line.\n\n* * *\n\nText."),
        ("A [link](https://example.org/x) and ![a map](x.png).", "A link and .\n\na map"),
        ("<https://example.org/long/path>", "example.org"),
        ("One  \ntwo\nthree\n\nfour", "One\ntwo three\n\nfour"),
        ("- [x] done\n- open\n\n1. first", "done\n\nopen\n\nfirst"),
        ("```python\nx = 1\n```\n\n    indented", "x = 1\n\nindented"),
        ("| Year | Men |\n|---|---|\n| 1926 | 37 |", "Year: 1926. Men: 37."),
        ("A word.[^1]\n\n[^1]: The note\n    goes on.\n\nText.", "A word.\n\nThe note goes on.\n\nText."),
        ("Before\n\n$$\nx = y\n$$\n\nafter", "Before\n\nx equals y\n\nafter"),
        ("<!-- never -->\n\n<div align=center>A box</div>\n\n<script>x</script>", "A box"),
        ("*em* **strong** ~~gone~~ `code` &amp; \\*star\\*", "em strong code & *star*"),
        ("> A quotation\n> goes on", "A quotation goes on"),
        ("Title\n=====\n\ntext", "Title\n\ntext"),
        ("- [ ] open\n- a [x] b\n\n`[x] $x^2$`", "open\n\na [x] b\n\n[x] $x^2$"),
        ("> [!NOTE]\n> An alert.", "Note: An alert."),
        ("## A title {#id .class}\n\nA set {x, y}.", "A title\n\nA set {x, y}."),
        ("[[Page]], [[page|an alias]] and ==this==", "Page, an alias and this"),
        ("H~2~O, x^2^ and 2^10", "H2O, x² and 2^10"),
        ("It costs $5 and $6, or $2^3$.", "It costs $5 and $6, or 2 cubed."),
        (r"So \(a+b\) and $E=m$, \$x\$.", "So a plus b and E equals m, $x$."),
        ("\\[ x = y \\]\n\nafter", "x equals y\n\nafter"),
        ("Term\n: What it means", "Term\nWhat it means"),
        ("A word^[A note in line.] more.", "A word more.\n\nA note in line."),
        ("Shown %%comment%% {{< code >}}", "Shown"),
        ("import X from 'y'\n\n# Title", "import X from 'y'\n\nTitle"),
        ("    Dear Sir,\n    I write to you.", "Dear Sir,\nI write to you."),
    ],
)
def test_markdown_is_extracted_without_its_syntax(source: str, expected: str, tmp_path: Path) -> None:
    assert extract_from(tmp_path, MARKDOWN, source).text == expected


# ---- DOCX ----


def extract_docx(folder: Path, body: str, styles: str = "") -> ExtractedText:
    return extract_from(folder, DOCX, structured_documents.docx(body, styles=styles))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (paragraph("One") + paragraph("") + paragraph("two"), "One\n\ntwo"),
        ("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>", "a b\nc-d"),
        ("<w:p><w:del><w:r><w:delText>never</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins></w:p>", "new"),
        (media_files.field("PAGE") + paragraph("text"), "text"),
        ("<w:p>" + run("word") + run("1", "<w:vertAlign w:val='superscript'/>") + run(" and x")
         + run("2", "<w:vertAlign w:val='superscript'/>") + "</w:p>", "word and x²"),
        ("<w:p>" + run("word") + "<w:r><w:footnoteReference w:id='2'/></w:r>" + run(".") + "</w:p>", "word."),
        ("<w:p>" + run("shown") + run("hidden", "<w:vanish/>") + run(" too", "<w:vanish w:val='0'/>") + "</w:p>", "shown too"),
        (styled("Contents1", "One\t3") + paragraph("text"), "One\n\ntext"),
        (table(["Year", "Men"], ["1926", "37"]) + paragraph("text"), "Year: 1926. Men: 37.\n\ntext"),
        (table(*[["One", "Two"]] * 151), "Table with 151 rows and 2 columns. It is not read aloud."),
        ("<w:tbl><w:tr><w:tc>" + table(["a", "b"]) + paragraph("") + "</w:tc><w:tc>" + paragraph("c")
         + "</w:tc></w:tr></w:tbl>", "a: b\n\nc"),
        ("<w:p>" + run("around ") + "<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>" + paragraph("a box")
         + "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>" + paragraph("a box")
         + "</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>" + run("it") + "</w:p>", "a box\n\naround it"),
        ("<w:sdt><w:sdtContent>" + paragraph("in a control") + "</w:sdtContent></w:sdt>", "in a control"),
    ],
)  # fmt: skip
def test_a_word_document_has_the_text_of_its_print(body: str, expected: str, tmp_path: Path) -> None:
    assert extract_docx(tmp_path, body).text == expected


def test_headings_are_recognized_by_style_in_any_language(tmp_path: Path) -> None:
    styles = (
        "<w:style w:type='paragraph' w:styleId='berschrift1'><w:name w:val='heading 1'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Own'><w:name w:val='My own'/><w:basedOn w:val='berschrift1'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Loop'><w:name w:val='a'/><w:basedOn w:val='Loop'/></w:style>"
    )
    body = styled("Title", "The book") + styled("berschrift1", "Eins") + styled("Loop", "text") + styled("Own", "Zwei")
    assert titles(extract_docx(tmp_path, body, styles)) == ["Eins", "Zwei"]


def test_a_word_document_without_styles_has_chapters_by_their_names(tmp_path: Path) -> None:
    body = paragraph("Chapter 1") + paragraph("It began.") + paragraph("Chapter 2") + paragraph("It went on.")
    assert titles(extract_docx(tmp_path, body)) == ["Chapter 1", "Chapter 2"]


def test_entities_are_never_resolved(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE d [<!ENTITY a "boom">]>' + media_files.word(paragraph("&a;"))
    content = media_files.docx({"word/document.xml": bomb})
    (tmp_path / "file").write_bytes(content)
    assert extract.extract_in_sandbox(tmp_path / "file", DOCX).warning == "unreadable"


# ---- EPUB ----


def extract_epub(folder: Path, *chapters: str, **parts: str) -> ExtractedText:
    return extract_from(folder, EPUB, structured_documents.epub(*chapters, **parts))


def test_a_book_is_extracted_in_spine_order(tmp_path: Path) -> None:
    extracted = extract_epub(tmp_path, heading("One") + "<p>It began.</p>", heading("Two") + "<p>It went on.</p>")
    assert extracted.text == "One\n\nIt began.\n\nTwo\n\nIt went on."
    assert titles(extracted) == ["One", "Two"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<p>word<a epub:type='noteref' href='#n'>1</a>.</p><aside epub:type='footnote' id='n'>A note</aside>",
            "word.\n\nA note",
        ),
        ("<p>a<span epub:type='pagebreak' id='p12'>12</span> b</p>", "a b"),
        ("<p>word<a role='doc-noteref' href='#n'>*</a></p><div role='doc-endnotes'>A note</div>", "word\n\nA note"),
        ("<a id='x'/><p>after an anchor</p><p/><i/><p>and more</p>", "after an anchor\n\nand more"),
        ("<section epub:type='endnotes'>A note</section><p>text</p>", "A note\n\ntext"),
    ],
)
def test_a_book_is_extracted_without_note_marks_and_page_numbers(body: str, expected: str, tmp_path: Path) -> None:
    assert extract_epub(tmp_path, body).text == expected


def test_a_contents_page_is_marked_and_documents_that_are_not_linear_are_left_out(tmp_path: Path) -> None:
    extracted = extract_epub(
        tmp_path, "<p>It began.</p>", nav=structured_documents.nav(("Text", "c0.xhtml", ())), extra="<p>never</p>"
    )
    assert kinds(extracted) == [("toc", "Contents"), ("toc", "Text"), ("paragraph", "It began.")]
    assert [(omission.reason, omission.excerpt) for omission in extracted.left_out] == [("not_linear", "never")]


def test_a_self_closing_title_does_not_swallow_the_book(tmp_path: Path) -> None:
    source = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body><p>text</p></body></html>'
    assert extract_from(tmp_path, EPUB, media_files.epub({"OEBPS/one.xhtml": source})).text == "text"


def test_chapters_come_from_the_table_of_contents(tmp_path: Path) -> None:
    chapters = [
        "<svg/>",
        "<p id='a'>In the beginning.</p><p>More.</p><p id='b'>In the middle.</p>",
        "<p>At the <a id='end'/>end.</p>",
    ]
    contents = (
        ("Cover", "c0.xhtml", ()),
        ("Start", "c1.xhtml#a", (("Below", "c1.xhtml#b", ()),)),
        ("Middle &amp; more", "c1.xhtml#b", ()),
        ("Missing", "c9.xhtml", ()),
        ("End", "c2.xhtml#end", ()),
    )
    for kind in ({"nav": structured_documents.nav(*contents)}, {"ncx": structured_documents.ncx(*contents)}):
        extracted = extract_epub(tmp_path, *chapters, **kind)
        assert [
            (chapter.title, extracted.text[chapter.start : chapter.end].strip()) for chapter in extracted.chapters
        ] == [
            ("Start", "In the beginning.\n\nMore."),
            ("Middle & more", "In the middle."),
            ("End", "At the end."),
        ]


def test_a_damaged_table_of_contents_falls_back_to_the_headings(tmp_path: Path) -> None:
    extracted = extract_epub(
        tmp_path, heading("One") + "<p>text</p>", heading("Two") + "<p>text</p>", ncx="<ncx><navMap>"
    )
    assert titles(extracted) == ["One", "Two"]


# ---- any markup ----

FRAGMENTS = st.sampled_from(
    ["<p>", "</p>", "<h1>", "</h1>", "<sup>", "</sup>", "<table>", "<tr>", "<td>", "</table>", "<br>", "<pre>", "</pre>",
     "<a href='#1'>", "</a>", "<header>", "</header>", "<article>", "</article>", "<aside>", "<svg/>", "<p hidden>",
     "words", " ", "12", "é\u0301", "\u0301", "ﬁ", "\ue000", "\u00ad", "\u2028", "\ud7b0\u1161", "か\u3099", "🙂",
     "&#0;", "&#xe000;", "&#x2028;", "# ", "\n", "\n\n", "| a | b |\n|---|---|\n", "```\n", "[^1]: ", "---\n",
     "https://example.org/x "]
)  # fmt: skip


@pytest.mark.parametrize("media_type", [HTML, MARKDOWN])
@given(fragments=st.lists(FRAGMENTS, max_size=40))
def test_any_markup_yields_a_valid_text(
    media_type: str, fragments: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    structured_documents.assert_valid_extraction(
        extract_from(tmp_path_factory.getbasetemp(), media_type, "".join(fragments))
    )
