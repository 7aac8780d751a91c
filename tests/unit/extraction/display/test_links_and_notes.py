"""Links and note marks of Word, OpenDocument, RTF and FB2 documents: shown, while the text that is read stays as it was."""

import re
from pathlib import Path

import pytest

from tests.support import book_files, structured_documents
from tests.support.display_forms import Shown, forbidden, show
from tests.support.media_files import DOCX
from tests.support.structured_documents import paragraph, run

RELATIONSHIPS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
R = f"xmlns:r='{KINDS[:-1]}'"
MARK = "<w:r><w:footnoteReference w:id='{}'/></w:r>"
END_MARK = "<w:r><w:endnoteReference w:id='{}'/></w:r>"


def plain(shown: Shown) -> str:
    """Return the HTML without the spans of text runs, and without `rel`."""
    markup = shown.whole.replace(' rel="noopener noreferrer nofollow"', "")
    return re.sub(r'<span data-start="\d+">([^<]*)</span>', r"\1", markup)


def relationship(name: str, kind: str, target: str, *, is_external: bool = True) -> str:
    mode = ' TargetMode="External"' if is_external else ""
    return f'<Relationship Id="{name}" Type="{KINDS}{kind}" Target="{target}"{mode}/>'


def word(
    folder: Path,
    body: str,
    *,
    notes: dict[str, str] | None = None,
    endnotes: dict[str, str] | None = None,
    links: str = "",
    note_links: str = "",
) -> Shown:
    """Show a Word document. Notes are paragraphs by their ids."""
    references = [
        relationship("n1", "footnotes", "footnotes.xml", is_external=False),
        relationship("n2", "endnotes", "endnotes.xml", is_external=False),
    ]
    parts: dict[str, bytes | str | None] = {
        "word/_rels/document.xml.rels": RELATIONSHIPS.format("".join(references) + links),
        "word/_rels/footnotes.xml.rels": RELATIONSHIPS.format(note_links),
    }
    for kind, contents in (("footnote", notes or {}), ("endnote", endnotes or {})):
        items = "".join(f"<w:{kind} w:id='{name}'>{content}</w:{kind}>" for name, content in contents.items())
        parts[f"word/{kind}s.xml"] = f"<w:{kind}s {structured_documents.NAMESPACES}>{items}</w:{kind}s>"
    shown = show(folder, structured_documents.docx(body, parts=parts), DOCX)
    assert_exact(shown)
    return shown


def odt(folder: Path, body: str) -> Shown:
    shown = show(folder, book_files.odt_text(body), book_files.ODT)
    assert_exact(shown)
    return shown


def assert_exact(shown: Shown) -> None:
    """Assert that all of the text is shown at its place, and nothing that is forbidden."""
    text = shown.text.text
    assert all(text[start : start + len(run)] == run for start, run in shown.runs())
    assert not any(map(str.isalnum, shown.unshown()))
    assert not forbidden(shown)


def odt_note(text: str, mark: str = "1", attributes: str = 'text:id="ftn1"') -> str:
    citation = f"<text:note-citation>{mark}</text:note-citation>" if mark else ""
    body = f"<text:note-body><text:p>{text}</text:p></text:note-body>"
    return f'<text:note {attributes} text:note-class="footnote">{citation}{body}</text:note>'


# ---- links ----


def test_a_link_in_a_word_document_leads_to_its_bookmark(tmp_path: Path) -> None:
    link = f"<w:hyperlink w:anchor='_Toc1'>{run('Tides')}{run(' again', '<w:i/>')}</w:hyperlink>"
    body = f"<w:p>{run('See ')}{link}{run('.')}</w:p><w:bookmarkStart w:id='0' w:name='_Toc1'/>{paragraph('Tides.')}"
    shown = word(tmp_path, body)
    assert shown.text.text == "See Tides again.\n\nTides."
    assert plain(shown) == '<p>See <a data-target="18">Tides<em> again</em></a>.</p><p>Tides.</p>'


@pytest.mark.parametrize("body", [
    "<w:p><w:bookmarkStart w:name='b'/>{}</w:p>",
    "<w:p>{}<w:bookmarkStart w:name='b'/></w:p>",
    "<w:bookmarkStart w:name='b'/><w:p/><w:p>{}</w:p>",
    "<w:tbl><w:tr><w:tc><w:p><w:bookmarkStart w:name='b'/>{}</w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>",
    "<w:p>{}<w:bookmarkStart w:name='b'/></w:p><w:p><w:bookmarkStart w:name='b'/><w:r><w:t>Two</w:t></w:r></w:p>",
])  # fmt: skip
def test_a_bookmark_is_where_its_paragraph_begins(body: str, tmp_path: Path) -> None:
    link = f"<w:p><w:hyperlink w:anchor='b'>{run('Go')}</w:hyperlink></w:p>"
    shown = word(tmp_path, f"{link}{paragraph('One.')}{body.format(run('Target'))}")
    target = shown.text.text.index("\n\n", 6) + 2
    assert f'<a data-target="{target}">Go</a>' in plain(shown)


def test_external_links_of_a_word_document_are_those_that_may_be_opened(tmp_path: Path) -> None:
    addresses = (
        "https://a.org/x?y=1&amp;z",
        "mailto:a@b.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//a.org/x",
        "",
    )
    links = "".join(relationship(f"r{index}", "hyperlink", address) for index, address in enumerate(addresses))
    body = "".join(
        f"<w:p><w:hyperlink r:id='r{index}' {R}>{run(f'Link {index}')}</w:hyperlink></w:p>"
        for index in range(len(addresses) + 1)
    )
    shown = word(tmp_path, body, links=links)
    assert plain(shown) == (
        '<p><a href="https://a.org/x?y=1&amp;z">Link 0</a></p><p><a href="mailto:a@b.org">Link 1</a></p>'
        + "".join(f"<p>Link {index}</p>" for index in range(2, 7))
    )


def field(instruction: str, result: str) -> str:
    codes = "".join(
        f"<w:r><w:instrText xml:space='preserve'>{part}</w:instrText></w:r>" for part in instruction.split("|")
    )
    begin, separate, end = (f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>" for kind in ("begin", "separate", "end"))
    return f"{begin}{codes}{separate}{result}{end}"


@pytest.mark.parametrize(("body", "expected"), [
    (field(" REF b \\h ", run("Go")), '<a data-target="{}">Go</a>'),
    (field(" REF |b \\h ", run("Go")), '<a data-target="{}">Go</a>'),
    (field(" REF b ", run("Go")), "Go"),
    (field(' HYPERLINK \\l "b" \\o "To b"', run("Go")), '<a data-target="{}">Go</a>'),
    (field(' HYPERLINK "https://a.org/x" \\l "y"', run("Go")), '<a href="https://a.org/x#y">Go</a>'),
    (field(' HYPERLINK "javascript:x" ', run("Go")), "Go"),
    (field(" HYPERLINK ", run("Go")), "Go"),
    (field("", run("Go")), "Go"),
    (f"<w:fldSimple w:instr=' PAGEREF b \\h '>{run('Go')}</w:fldSimple>", '<a data-target="{}">Go</a>'),
    (field(" TOC ", f"<w:hyperlink w:anchor='b'>{run('Go')}</w:hyperlink>"), '<a data-target="{}">Go</a>'),
    (field(" REF b \\h ", field(" SEQ x ", run("Go"))), '<a data-target="{}">Go</a>'),
    (f"<w:r><w:fldChar w:fldCharType='end'/></w:r>{run('Go')}<w:r><w:fldChar w:fldCharType='begin'/></w:r>", "Go"),
])  # fmt: skip
def test_results_of_fields_lead_where_the_fields_say(body: str, expected: str, tmp_path: Path) -> None:
    target = f"<w:p><w:bookmarkStart w:name='b'/>{run('Here.')}</w:p>"
    shown = word(tmp_path, f"<w:p>{run('So ')}{body}{run('.')}</w:p>{target}")
    assert plain(shown) == f"<p>So {expected.format(8)}.</p><p>Here.</p>"


def test_a_link_in_a_note_has_the_address_of_the_notes_part(tmp_path: Path) -> None:
    inner = f"<w:hyperlink w:anchor='b'>{run('above')}</w:hyperlink> <w:hyperlink {R} r:id='r1'>{run(' there')}</w:hyperlink>"
    body = f"<w:p><w:bookmarkStart w:name='b'/>{run('Word')}{MARK.format(2)}</w:p>"
    links = relationship("r1", "hyperlink", "https://main.org/")
    note_links = relationship("r1", "hyperlink", "https://notes.org/")
    shown = word(tmp_path, body, notes={"2": f"<w:p>{inner}</w:p>"}, links=links, note_links=note_links)
    assert '<a data-target="0">above</a><a href="https://notes.org/"> there</a>' in plain(shown)


def test_links_of_an_open_document_lead_to_bookmarks_headings_and_addresses(tmp_path: Path) -> None:
    body = (
        '<text:p>See <text:a xlink:href="#b">one</text:a>, <text:a xlink:href="#1.2.High%20tides|outline">two</text:a>, '
        '<text:a xlink:href="https://a.org/">three</text:a>, <text:a xlink:href="javascript:x">four</text:a> and '
        '<text:bookmark-ref text:ref-name="b">five</text:bookmark-ref>.</text:p>'
        '<text:h text:outline-level="1">High tides</text:h><text:p>So<text:bookmark text:name="b"/>.</text:p>'
    )
    shown = odt(tmp_path, body)
    text = shown.text.text
    heading, place = text.index("High"), text.index("So.")
    assert plain(shown) == (
        f'<p>See <a data-target="{place}">one</a>, <a data-target="{heading}">two</a>, <a href="https://a.org/">three</a>, '
        f'four and <a data-target="{place}">five</a>.</p><h2>High tides</h2><p>So.</p>'
    )


# ---- notes ----


def test_a_note_of_a_word_document_opens_from_its_mark_which_is_not_read(tmp_path: Path) -> None:
    body = f"<w:p>{run('He slept')}{MARK.format(7)}{run(' well.')}</w:p>{paragraph('Then he woke.')}"
    note = f"<w:p><w:r><w:footnoteRef/></w:r>{run(' Not so.')}</w:p>{paragraph('Or so.')}"
    shown = word(tmp_path, body, notes={"-1": paragraph("---"), "7": note})
    assert shown.text.text == "He slept well.\n\nNot so.\n\nOr so.\n\nThen he woke."
    assert plain(shown) == (
        '<p>He slept<sup><a data-note="n1" data-target="16">1</a></sup> well.</p>'
        '<aside data-note-id="n1"><p data-kind="footnote"><sup>1</sup> Not so.</p><p data-kind="footnote">Or so.</p></aside>'
        "<p>Then he woke.</p>"
    )


def test_footnotes_and_endnotes_are_numbered_apart_and_own_marks_are_kept(tmp_path: Path) -> None:
    own = "<w:r><w:footnoteReference w:customMarkFollows='1' w:id='3'/><w:t>†</w:t></w:r>"
    marks = "".join(
        f"{run(f'w{index}')}{mark}"
        for index, mark in enumerate((MARK.format(2), END_MARK.format(2), own, MARK.format(4), END_MARK.format(3)))
    )
    contents = {str(number): paragraph(f"N{number}.") for number in (2, 3, 4)}
    shown = word(tmp_path, f"<w:p>{marks}</w:p>", notes=contents, endnotes=contents)
    assert re.findall(r'<a data-note="(n\d)" data-target="\d+">([^<]+)</a>', plain(shown)) == [
        ("n1", "1"), ("n2", "i"), ("n3", "†"), ("n4", "2"), ("n5", "ii"),
    ]  # fmt: skip
    assert re.findall(r'<aside data-note-id="(n\d)"><p[^>]*><sup>([^<]+)<', plain(shown)) == [
        ("n1", "1"), ("n2", "i"), ("n3", "†"), ("n4", "2"), ("n5", "ii"),
    ]  # fmt: skip


def test_a_mark_without_a_note_leads_nowhere_and_a_note_without_a_mark_is_not_shown(tmp_path: Path) -> None:
    shown = word(tmp_path, f"<w:p>{run('One')}{MARK.format(9)}{run('.')}</w:p>", notes={"2": paragraph("Lost.")})
    assert plain(shown) == "<p>One<sup>1</sup>.</p>"
    assert [omission.excerpt for omission in shown.text.left_out] == ["Lost."]


def test_a_deleted_mark_is_not_shown_or_counted(tmp_path: Path) -> None:
    body = f"<w:p>{run('One')}<w:del>{MARK.format(2)}</w:del>{run('two')}{MARK.format(3)}</w:p>"
    shown = word(tmp_path, body, notes={"2": paragraph("A."), "3": paragraph("B.")})
    assert re.findall(r'<a data-note="(n\d)"[^>]*>([^<]+)</a>', plain(shown)) == [("n2", "1")]


def test_two_marks_open_the_same_note(tmp_path: Path) -> None:
    body = f"<w:p>{run('One')}{MARK.format(2)}{run('two')}{MARK.format(2)}</w:p>"
    shown = word(tmp_path, body, notes={"2": paragraph("A.")})
    assert plain(shown).count('<a data-note="n1" data-target="8">1</a>') == 2
    assert plain(shown).count("<aside") == 1


def test_a_mark_in_a_note_opens_the_note_inside_even_if_that_leads_back(tmp_path: Path) -> None:
    notes = {
        "2": f"<w:p>{run('A')}{MARK.format(3)}{MARK.format(2)}</w:p>",
        "3": f"<w:p>{run('B')}{MARK.format(2)}</w:p>",
    }
    shown = word(tmp_path, f"<w:p>{run('One')}{MARK.format(2)}</w:p>", notes=notes)
    assert shown.text.text == "One\n\nA\n\nB"
    assert re.findall(r'data-note-id="(n\d)"', shown.whole) == ["n1", "n2"]
    assert {note for note, _ in re.findall(r'<a data-note="(n\d)" data-target="(\d+)"', shown.whole)} == {"n1", "n2"}


def test_marks_in_links_tables_lists_and_behind_line_breaks_are_shown_and_change_no_text(tmp_path: Path) -> None:
    cell = f"<w:p>{run('Cell')}{MARK.format(3)}</w:p>"
    body = (
        f"<w:p><w:hyperlink w:anchor='b'>{run('go')}{MARK.format(2)}{run(' on')}</w:hyperlink></w:p>"
        f"<w:tbl><w:tr><w:tc>{cell}</w:tc><w:tc>{paragraph('x')}</w:tc></w:tr></w:tbl>"
        f"<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Item</w:t><w:br/></w:r>{MARK.format(4)}<w:r><w:br/><w:t>two</w:t></w:r></w:p>"
    )
    shown = word(tmp_path, body, notes={str(number): paragraph(f"N{number}.") for number in (2, 3, 4)})
    assert [note for note, _ in re.findall(r'<sup><a data-note="(n\d)" data-target="\d+">(\d)</a></sup>', plain(shown))] == [
        "n1", "n2", "n3",
    ]  # fmt: skip
    assert shown.text.text == "go on\n\nN2.\n\nCell: x\n\nN3.\n\nItem\n\ntwo\n\nN4."


def test_a_note_of_an_open_document_opens_from_its_mark_which_is_not_read(tmp_path: Path) -> None:
    shown = odt(tmp_path, f"<text:p>He slept{odt_note('Not so.', '*')} well.</text:p><text:p>Then he woke.</text:p>")
    assert shown.text.text == "He slept well.\n\nNot so.\n\nThen he woke."
    assert plain(shown) == (
        '<p>He slept<sup><a data-note="n1" data-target="16">*</a></sup> well.</p>'
        '<aside data-note-id="n1"><p data-kind="footnote"><sup>*</sup>Not so.</p></aside><p>Then he woke.</p>'
    )


@pytest.mark.parametrize(("body", "text", "marks", "notes"), [
    (f"A{odt_note('One.')}B{odt_note('Two.', '2')}.", "AB.\n\nOne.\n\nTwo.", "n1 n2", "n1 n2"),
    (f"A{odt_note('One.', '')}.", "A.\n\nOne.", "", "n1"),
    ("A<text:note><text:note-citation>1</text:note-citation></text:note>.", "A.", "", ""),
    (f"A{odt_note('One' + odt_note('Two.', '2') + '.')}.", "A.\n\nOne.\n\nTwo.", "n1 n2", "n1 n2"),
    (f"<text:a xlink:href='https://a.org'>A{odt_note('One.')}B</text:a>.", "AB.\n\nOne.", "n1", "n1"),
    (f"A {odt_note('One.')}, <text:bookmark text:name='b'/>{odt_note('Two.', '2')}", "A,\n\nOne.\n\nTwo.", "n1 n2", "n1 n2"),
    (f"</text:p>{odt_note('Two.')}<text:p>A", "Two.\n\nA", "", ""),
])  # fmt: skip
def test_odd_notes_of_an_open_document(body: str, text: str, marks: str, notes: str, tmp_path: Path) -> None:
    shown = odt(tmp_path, f"<text:p>{body}</text:p>")
    assert shown.text.text == text
    assert re.findall(r'<sup><a data-note="(n\d)" data-target="\d+">\d</a></sup>', plain(shown)) == marks.split()
    assert re.findall(r'data-note-id="(n\d)"', shown.whole) == notes.split()


def test_a_raised_mark_of_an_open_document_stays_a_mark(tmp_path: Path) -> None:
    properties = '<style:text-properties style:text-position="super 58%"/>'
    style = f'<style:style style:name="T1" style:family="text">{properties}</style:style>'
    body = f'<text:p>A<text:span text:style-name="T1">{odt_note("One.")}</text:span> b.</text:p>'
    shown = show(tmp_path, book_files.odt_text(body, styles=style), book_files.ODT)
    assert shown.text.text == "A b.\n\nOne."
    assert plain(shown).startswith('<p>A<sup><a data-note="n1" data-target="6">1</a></sup> b.</p>')


def test_notes_of_an_rtf_document_open_from_their_marks_which_are_not_read(tmp_path: Path) -> None:
    number, own = r"{\super\chftn}", r"{\super\u8224?}"
    body = (
        rf"\pard He slept{number}{{\footnote {number} Not so.\par Or so.}} well{own}{{\footnote Truly.}}"
        rf" and woke{number}{{\footnote {number}Late.}}.\par"
    )
    shown = show(tmp_path, book_files.rtf(body), book_files.RTF)
    assert_exact(shown)
    assert shown.text.text == "He slept well and woke.\n\nNot so.\n\nOr so.\n\nTruly.\n\nLate."
    marks = re.findall(r'<sup><a data-note="(n\d)" data-target="(\d+)">([^<]+)</a></sup>', plain(shown))
    assert [(note, mark, shown.text.text[int(place) :][:3]) for note, place, mark in marks] == [
        ("n1", "1", "Not"),
        ("n2", "*", "Tru"),
        ("n3", "2", "Lat"),
    ]
    assert [aside.count("<p ") for aside in re.findall(r"<aside.*?</aside>", plain(shown))] == [2, 1, 1]


@pytest.mark.parametrize(("field", "expected"), [
    (r'{\field{\*\fldinst HYPERLINK "https://a.org/x"}{\fldrslt Go}}', '<a href="https://a.org/x">Go</a>'),
    (r'{\field\fldedit{\*\fldinst {\b HYPERLINK }{"https://a.org/x"}}{\fldrslt {\ul Go}}}', '<a href="https://a.org/x">Go</a>'),
    (r'{\field{\*\fldinst HYPERLINK \\l "b"{\*\datafield 00d0}}{\fldrslt Go}}', '<a data-target="{}">Go</a>'),
    (r"{\field{\*\fldinst REF b \\h}{\fldrslt Go}}", '<a data-target="{}">Go</a>'),
    (r'{\field{\*\fldinst HYPERLINK "javascript:x"}{\fldrslt Go}}', "Go"),
    (r"{\field{\*\fldinst PAGE}{\fldrslt Go}}", "Go"),
    (r'{\header {\field{\*\fldinst HYPERLINK "https://a.org/x"}{\fldrslt Head}}}Go', "Go"),
])  # fmt: skip
def test_fields_of_an_rtf_document_lead_where_they_say(field: str, expected: str, tmp_path: Path) -> None:
    body = rf"\pard So {field}.\par {{\*\bkmkstart b}}Here{{\*\bkmkend b}}.\par"
    shown = show(tmp_path, book_files.rtf(body), book_files.RTF)
    assert_exact(shown)
    assert shown.text.text == "So Go.\n\nHere."
    assert re.sub("</?span[^>]*>", "", plain(shown)) == f"<p>So {expected.format(8)}.</p><p>Here.</p>"


def fb2(folder: Path, body: str) -> Shown:
    notes = "<body name='notes'><section id='n1'><title><p>1</p></title><p>Not so.</p><p>Or so.</p></section></body>"
    shown = show(folder, book_files.fb2(body, more=notes), book_files.FB2)
    assert_exact(shown)
    return shown


def test_links_of_an_fb2_book_lead_to_sections_paragraphs_and_addresses(tmp_path: Path) -> None:
    body = (
        "<section><p>See <a l:href='#s'>one</a>, <a l:href='#p'>two</a>, <a l:href='https://a.org/'>three</a> "
        "and <a l:href='javascript:x'>four</a>.</p></section>"
        "<section id='s'><p>Tides.</p><p id='p'>• So.</p></section>"
    )
    shown = fb2(tmp_path, body)
    text = shown.text.text
    links = re.findall(r"<a [^>]*>\w+</a>", plain(shown))
    assert links == [
        f'<a data-target="{text.index("Tides.")}">one</a>',
        f'<a data-target="{text.index("So.")}">two</a>',
        '<a href="https://a.org/">three</a>',
    ]


def test_notes_of_an_fb2_book_open_from_their_marks_which_are_not_read(tmp_path: Path) -> None:
    link = "<a l:href='#n1' type='note'>[1]</a>"
    shown = fb2(tmp_path, f"<section><p>He slept {link} well{link}.</p><p>Then he woke.</p></section>")
    text = shown.text.text
    assert "He slept well.\n\nNot so.\n\nOr so.\n\nThen he woke." in text
    mark = f'<sup><a data-note="n1" data-target="{text.index("Not so.")}">[1]</a></sup>'
    assert f"<p>He slept{mark} well{mark}.</p>" in plain(shown)
    note = '<p data-kind="footnote"><sup>[1]</sup>Not so.</p><p data-kind="footnote">Or so.</p>'
    assert f'<aside data-note-id="n1">{note}</aside>' in plain(shown)
