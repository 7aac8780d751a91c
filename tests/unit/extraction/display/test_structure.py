"""The display form keeps what a document looks like, and every text run has its place in the reading text."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.display import encoding, make, model
from chalicelib.extraction.display.model import PictureFile, PlacedPicture
from tests.support import marked_documents, structured_documents
from tests.support.display_forms import Shown, forbidden, show
from tests.support.media_files import DOCX, EPUB
from tests.support.structured_documents import xhtml

DOCUMENTS_PER_FORMAT = 25
NAMESPACE = 'xmlns="http://www.w3.org/1999/xhtml"'


def shown_page(folder: Path, body: str) -> Shown:
    return show(folder, f"<html><body>{body}</body></html>".encode(), "text/html")


def plain(shown: Shown) -> str:
    """Return the HTML without the spans of text runs, and without `rel`."""
    markup = shown.whole.replace(' rel="noopener noreferrer nofollow"', "")
    return re.sub(r'<span data-start="\d+">([^<]*)</span>', r"\1", markup)


def assert_exact(shown: Shown) -> None:
    text = shown.text.text
    assert shown.runs()
    assert all(text[start : start + len(run)] == run for start, run in shown.runs())
    places = sorted([*((start, start + len(run)) for start, run in shown.runs()), *shown.ranges()])
    assert all(end <= start for (_, end), (start, _) in pairwise(places)), "a part is shown twice"
    starts = [section.start for section in shown.sections]
    assert starts == [0, *(section.end for section in shown.sections[:-1])]
    assert shown.sections[-1].end == len(text)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>A <em>red</em> <b>ball</b>, H<sub>2</sub>O.</p>", "<p>A <em>red</em> <strong>ball</strong>, H<sub>2</sub>O.</p>"),
        ("<p>x<sup>2</sup> and 1<sup>st</sup></p>", "<p>x² and 1<sup>st</sup></p>"),
        (
            "<ul><li>One<ol start='3'><li>Two</li></ol></li><li><p>Three</p></li></ul>",
            '<ul><li>One<ol start="3"><li>Two</li></ol></li><li><p>Three</p></li></ul>',
        ),
        ("<blockquote><p>Said she.</p></blockquote>", "<blockquote><p>Said she.</p></blockquote>"),
        ("<div class='poem'>A lamp<br>A sea</div>", '<p data-kind="verse">A lamp<br>A sea</p>'),
        ("<pre>def f(x):\n    return x[1];</pre>", "<pre><code>def f(x):\n    return x[1];</code></pre>"),
        (
            "<pre>import re\n\n\ndef f(x):\n    return x[1];\n</pre>",
            "<pre><code>import re\n\n\ndef f(x):\n    return x[1];</code></pre>",
        ),
        ("<p>One.</p><hr><p>Two.</p>", '<p>One.</p><hr data-start="6" data-end="11"><p>Two.</p>'),
        ("<p>It is <del>was</del> old.</p>", "<p>It is <s>was</s> old.</p>"),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>.</p>", "<p><ruby>漢<rt>kan</rt></ruby>.</p>"),
        (
            "<p dir='rtl' lang='ar'>قال <span dir='ltr'>Jo 🗼</span>.</p>",
            '<p lang="ar" dir="rtl">قال <span dir="ltr">Jo 🗼</span>.</p>',
        ),
        ("<div>One.<div>Two.</div>Three.</div>", "<p>One.</p><p>Two.</p><p>Three.</p>"),
        ("<p>See <a href='https://a.org/x?y=1'>it</a>.</p>", '<p>See <a href="https://a.org/x?y=1">it</a>.</p>'),
        ("<p>See <a href='#b'>it</a>.</p><p id='b'>Here.</p>", '<p>See <a data-target="9">it</a>.</p><p>Here.</p>'),
        ("<p>See <a href='other.html'>it</a>.</p>", "<p>See it.</p>"),
        ("<dl><dt>Buoy</dt><dd>A float</dd></dl>", "<dl><dt>Buoy</dt><dd>A float</dd></dl>"),
        (
            "<figure><img src='a.png' alt='A lamp at night'><figcaption>The lamp.</figcaption></figure>",
            '<figure><p data-kind="figure">A lamp at night</p><figcaption>The lamp.</figcaption></figure>',
        ),
    ],
    ids=lambda value: value[:40],
)  # fmt: skip
def test_elements_keep_their_form(tmp_path: Path, body: str, expected: str) -> None:
    shown = shown_page(tmp_path, body)
    assert plain(shown) == expected
    assert_exact(shown)


def test_a_table_is_a_table_whose_cells_are_at_their_places_in_the_sentences(tmp_path: Path) -> None:
    body = (
        "<table><caption>Ships</caption><tr><th scope='col'>Year</th><th colspan='2'>Men</th></tr>"
        "<tr><td>1900</td><td>12</td><td></td></tr><tr><td>12</td><td>1900</td><td>x</td></tr></table>"
    )
    shown = shown_page(tmp_path, body)
    assert plain(shown) == (
        '<table><caption>Ships</caption><tbody><tr><th scope="col">Year</th><th colspan="2">Men</th></tr>'
        "<tr><td>1900</td><td>12</td><td></td></tr><tr><td>12</td><td>1900</td><td>x</td></tr></tbody></table>"
    )
    assert_exact(shown)
    assert shown.text.text.endswith("Year: 1900. Men: 12.\n\nYear: 12. Men: 1900. Men: x.")


def test_a_table_that_is_not_read_is_shown(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>r{n}</td><td>{n}</td></tr>" for n in range(400))
    shown = shown_page(tmp_path, f"<p>Before.</p><table><tr><th>A</th><th>B</th></tr>{rows}</table>")
    assert shown.whole.count("<td>") == 800
    assert "<td>r399</td>" in shown.whole
    assert "Table with 400 rows and 2 columns." in plain(shown)
    assert_exact(shown)


def test_a_note_is_linked_with_its_mark(tmp_path: Path) -> None:
    body = "<p>He slept<a href='#n1'>1</a> well.</p><ol><li id='n1'>Not so. <a href='#r'>↩</a></li></ol>"
    shown = shown_page(tmp_path, body)
    assert plain(shown) == (
        '<p>He slept<sup><a data-note="n1" data-target="16">1</a></sup> well.</p>'
        '<ol><li><aside data-note-id="n1"><p data-kind="footnote">Not so.</p></aside></li></ol>'
    )
    assert_exact(shown)


def test_a_formula_is_shown_in_mathml_for_the_words_that_are_read(tmp_path: Path) -> None:
    math = (
        "<math display='block' onclick='x()'><semantics><mfrac><mi>a</mi><mn>2</mn></mfrac>"
        "<annotation-xml encoding='text/html'><p>no</p></annotation-xml></semantics></math>"
    )
    shown = shown_page(tmp_path, f"<p>So</p><p>{math}</p><p>holds.</p>")
    ((start, end),) = shown.ranges()
    assert shown.text.text[start:end] == "a over 2"
    assert '<math display="block"><mfrac><mi>a</mi><mn>2</mn></mfrac></math>' in shown.whole
    assert "no" not in shown.whole.replace("noopener", "")
    assert_exact(shown)


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\\(E = mc^2\\)", "<msup><mi>c</mi><mn>2</mn></msup></mrow></math>"),
        (r"$$\href{javascript:x}{x_1}$$", "<msub><mi>x</mi><mn>1</mn></msub>"),
        (r"$x^a^b$", "<code>x^a^b</code>"),
    ],
)
def test_a_formula_in_latex_is_shown_in_mathml_or_else_as_it_is(tmp_path: Path, latex: str, expected: str) -> None:
    shown = show(tmp_path, f"So {latex} holds.".encode(), "text/markdown")
    assert expected in shown.whole
    assert "javascript" not in shown.whole
    assert_exact(shown)


def test_a_picture_is_shown_where_it_is_for_the_description_that_is_read(tmp_path: Path) -> None:
    files = {model.digest("OEBPS/a.png"): PictureFile("0" * 32 + ".jpg", 300, 200)}
    book = structured_documents.epub(xhtml("<p>Dusk.</p><img src='a.png' alt='A lighthouse at dusk'/><p>Night.</p>"))
    shown = show(tmp_path, book, EPUB, files)
    ((start, end),) = shown.ranges()
    assert shown.text.text[start:end] == "A lighthouse at dusk"
    assert shown.sections[0].pictures == ("0" * 32 + ".jpg",)
    picture = f'data-image="{"0" * 32}.jpg" alt="A lighthouse at dusk" width="300" height="200" data-start="{start}"'
    assert f"Dusk.</span></p><p><img {picture}" in shown.whole


@pytest.mark.parametrize("media_type", ["text/html", EPUB, DOCX, "text/markdown"])
def test_every_word_of_the_text_is_shown_once_at_its_place(media_type: str, tmp_path: Path) -> None:
    for seed in range(DOCUMENTS_PER_FORMAT):
        document = marked_documents.make_document(media_type, seed)
        shown = show(tmp_path, document.content, media_type)
        assert_exact(shown)
        assert forbidden(shown) == []
        unshown = marked_documents.TOKEN.findall(shown.unshown().casefold())
        assert not unshown, f"seed {seed}"


def test_a_long_document_has_sections_that_are_well_formed_each(tmp_path: Path) -> None:
    items = "".join(f"<li>Item {n} 🗼 {'and so on ' * 9}<ul><li>Inner {n}</li></ul></li>" for n in range(1_500))
    body = f"<h1>One</h1><p>{'Word after word. ' * 9_000}</p><div dir='rtl'><ol>{items}</ol></div>"
    shown = shown_page(tmp_path, body)
    assert len(shown.sections) > 5
    assert all(section.end - section.start <= model.MAX_SECTION_CHARACTERS for section in shown.sections)
    assert all(markup.count("<li>") == markup.count("</li>") for markup in shown.html)
    assert all('<div dir="rtl"><ol>' in markup for markup in shown.html[-3:])
    assert_exact(shown)
    assert shown.unshown() == ""


@pytest.mark.parametrize(
    "line",
    [
        '["open","script",{}]',
        '["open","p",{"a b":"c"}]',
        '["run",5,2]',
        '["run",0,99]',
        '["unread",3]',
        '["x"]',
        "3",
        '["run"]',
    ],
)
def test_what_is_no_structure_is_not_read(tmp_path: Path, line: str) -> None:
    (tmp_path / "structure").write_text(f"[{line}]\n")
    with pytest.raises(ValueError, match="structure"):
        list(encoding.read(tmp_path / "structure", 10))


def test_a_structure_that_does_not_fit_to_the_text_gives_way_to_the_plain_form(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"<h1>One</h1><p>Two <em>three</em>.</p>")
    text = extract.extract(tmp_path / "file", "text/html")
    events = (
        '["open","table",{}]',
        '["open","tr",{}]',
        '["open","td",{}]',
        '["run",5,9]',
        '["close","td"]',
        '["run",9,14]',
    )
    (tmp_path / "structure").write_text(f"[{', '.join(events)}]")
    sections = make._write(tmp_path / "structure", tmp_path / "display", text, {}, [])
    assert len(sections) == 1
    assert (tmp_path / "display").read_text() == (
        '<h1><span data-start="0">One</span></h1><p><span data-start="5">Two </span><em><span data-start="9">three</span></em>'
        '<span data-start="14">.</span></p>'
    )


def test_a_word_document_has_its_tables_lists_and_formulas(tmp_path: Path) -> None:
    math = (
        "<m:oMath><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
    )
    namespace = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    body = (
        structured_documents.paragraph("Before.")
        + structured_documents.table(("Year", "Ships"), ("1900", "12"))
        + f"<w:p {namespace}><w:r><w:t xml:space='preserve'>It is </w:t></w:r>{math}<w:r><w:br/><w:t>so.</w:t></w:r></w:p>"
    )
    shown = show(tmp_path, structured_documents.docx(body), DOCX)
    assert "<tr><td>Year</td><td>Ships</td></tr><tr><td>1900</td><td>12</td></tr>" in plain(shown)
    assert "<math><mrow><msup>" in shown.whole or "<math><msup>" in shown.whole
    assert "<br>so.</p>" in plain(shown)
    assert_exact(shown)


def test_pictures_of_a_word_document_are_between_its_blocks(tmp_path: Path) -> None:
    text = "".join(structured_documents.paragraph(f"Paragraph number {n}.") for n in range(3))
    shown = show(tmp_path, structured_documents.docx(text), DOCX)
    files = {"x": PictureFile("0" * 32 + ".jpg", 300, 200)}
    placed = [PlacedPicture("x", "A lamp", shown.text.text.index("2.") - 20)]
    make._write(tmp_path / "structure", tmp_path / "display", shown.text, files, placed)
    pattern = r'number 1\.</span></p><figure><img [^>]*alt="A lamp"[^>]*></figure><p><span data-start="\d+">Paragraph'
    assert re.search(pattern, (tmp_path / "display").read_text())
