"""Documents with active content: they are accepted, and what is handed out is a copy without it."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from chalicelib.extraction.extract import extract
from chalicelib.inspection import types
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.previews import view_copy
from tests.support import book_files, hostile_files, media_files
from tests.support.inspections import inspect
from tests.support.media_files import DOCX, docx, field, relations, word

DISARMED = {
    name: case
    for name, case in hostile_files.CASES.items()
    if case.code == "active_content" and types.ACCEPTED_TYPES[case.media_type].disarmed_copy
}
NEVER_IN_NAMES = re.compile(
    r"vbaProject|vbaData|activeX|embeddings|customUI|^Object \d+$|Basic/|Scripts/|Configurations2/toolbar|\.(exe|js|html?)$"
)
NEVER_IN_MARKUP = rb"<script|javascript:|\bfile:|smb:|<\?xml-stylesheet|xhtml\"|onload="
NEVER_IN_PARTS = {
    DOCX: re.compile(rb"macroEnabled|<w:instrText|<w:fldSimple|attachedTemplate\"|oleObject\"|aFChunk\""),
    media_files.EPUB: re.compile(rb"<script|<iframe|javascript:"),
    book_files.FB2: re.compile(NEVER_IN_MARKUP),
    book_files.FB2_ZIP: re.compile(NEVER_IN_MARKUP),
    book_files.RTF: re.compile(
        rb"(?i)objdata|objclass|objocx|\\\\object|objupdate|\\\\template|DDE|INCLUDE|javascript|file:|mailmerge|mcr|more words"
    ),
    book_files.ODT: re.compile(
        NEVER_IN_MARKUP
        + rb"|vnd\.sun\.star|macro:|\.uno:|event-listener|draw:plugin|draw:applet|floating-frame|dde-conn"
        rb"|<text:script|<office:script |section-source"
    ),
}
XLSX = media_files.packed({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"})
NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
)


def disarmed(folder: Path, content: bytes, media_type: str, filename: str) -> tuple[set[str], dict[str, bytes]]:
    """Inspect a document with active content; return what was found, and the parts of its copy: one if it is no ZIP."""
    report = inspect(folder, content, media_type, filename)
    assert report.rejection is None
    assert report.withhold_original
    target = folder / "copy"
    assert view_copy.make_view_copy(folder / "object", target, types.ACCEPTED_TYPES[media_type]) is None
    again = inspect(folder / "..", target.read_bytes(), media_type, filename, active_content="reject")
    assert again.rejection is None
    assert not again.withhold_original
    kinds = {warning.code.removesuffix("_removed") for warning in report.warnings}
    if not zipfile.is_zipfile(target):
        return kinds & set(KINDS), {"": target.read_bytes()}
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        return kinds & set(KINDS), {name: archive.read(name) for name in archive.namelist()}


def docx_copy(folder: Path, parts: dict[str, bytes | str | None]) -> tuple[set[str], dict[str, bytes]]:
    return disarmed(folder, docx(parts), DOCX, "a.docx")


@pytest.mark.parametrize("name", DISARMED)
def test_a_document_with_active_content_is_accepted_and_its_copy_has_none(name: str, tmp_path: Path) -> None:
    case = DISARMED[name]
    (tmp_path / "work").mkdir()
    kinds, parts = disarmed(tmp_path / "work", case.build(), case.media_type, case.filename)
    assert kinds
    # Another look than that of the code: by names and words alone.
    for part, content in parts.items():
        assert not NEVER_IN_NAMES.search(part)
        assert not NEVER_IN_PARTS[case.media_type].search(content), part


# ---- Word ----------------------------------------------------------------------------------------------------------------


def test_a_chart_keeps_its_picture_and_loses_its_workbook(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    chart = f'<c:chartSpace {NAMESPACES}><c:chart/><c:externalData r:id="r0"><c:autoUpdate/></c:externalData></c:chartSpace>'
    kinds, parts = docx_copy(
        tmp_path / "work",
        {
            "word/charts/chart1.xml": chart,
            "word/charts/_rels/chart1.xml.rels": relations(("package", "../embeddings/sheet.xlsx", False)),
            "word/embeddings/sheet.xlsx": XLSX,
        },
    )
    assert kinds == {"embedded_objects"}
    assert b"c:chart/" in parts["word/charts/chart1.xml"]
    assert b"externalData" not in parts["word/charts/chart1.xml"]
    assert b"sheet.xlsx" not in parts["word/charts/_rels/chart1.xml.rels"]


def test_an_object_keeps_its_picture(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    run = '<w:r><w:object><w:pict r:id="r9"/><o:OLEObject r:id="r0"/></w:object></w:r>'
    body = f"<w:document {NAMESPACES}><w:body><w:p>{run}</w:p></w:body></w:document>"
    _, parts = docx_copy(
        tmp_path / "work",
        {
            "word/document.xml": body,
            "word/_rels/document.xml.rels": relations(("oleObject", "embeddings/o.bin", False)),
            "word/embeddings/o.bin": b"object",
        },
    )
    assert b"w:pict" in parts["word/document.xml"]
    assert b"OLEObject" not in parts["word/document.xml"]


def test_a_template_on_a_disk_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    settings = f'<w:settings {NAMESPACES}><w:zoom w:percent="90"/><w:attachedTemplate r:id="r0"/></w:settings>'
    kinds, parts = docx_copy(
        tmp_path / "work",
        {
            "word/settings.xml": settings,
            "word/_rels/settings.xml.rels": relations(("attachedTemplate", r"file:///C:\\Letter.dotx", True)),
        },
    )
    assert kinds == {"remote_parts"}
    assert b"w:zoom" in parts["word/settings.xml"]
    assert b"attachedTemplate" not in parts["word/settings.xml"]


@pytest.mark.parametrize(
    "target", ["javascript:x()", "JAVA%53cript:x()", "file:///C:/a.exe", r"\\server\share\a.docx", "smb://server/a"]
)
def test_a_link_that_runs_or_opens_something_keeps_its_words_alone(target: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    link = '<w:p><w:hyperlink r:id="r0"><w:r><w:t>its words</w:t></w:r></w:hyperlink></w:p>'
    kinds, parts = docx_copy(
        tmp_path / "work",
        {
            "word/document.xml": f"<w:document {NAMESPACES}><w:body>{link}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(("hyperlink", target, True)),
        },
    )
    assert kinds == {"unsafe_links"}
    assert b"its words" in parts["word/document.xml"]
    assert b"hyperlink" not in parts["word/document.xml"]
    assert b"hyperlink" not in parts["word/_rels/document.xml.rels"]


def test_a_picture_on_another_computer_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    kinds, parts = docx_copy(
        tmp_path / "work",
        {"word/_rels/document.xml.rels": relations(("image", r"file://server/share/a.png", True))},
    )
    assert kinds == {"remote_parts"}
    assert b"server" not in parts["word/_rels/document.xml.rels"]


def test_a_field_keeps_the_text_that_it_last_showed(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    result = "<w:r><w:t>a lighthouse</w:t></w:r>"
    shown = field(' INCLUDEPICTURE "https://example.org/a.png" ').replace(
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>',
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>',
    )
    simple = '<w:p><w:fldSimple w:instr=" DDE a b "><w:r><w:t>forty-two</w:t></w:r></w:fldSimple></w:p>'
    kinds, parts = docx_copy(tmp_path / "work", {"word/document.xml": word(shown + simple)})
    assert kinds == {"field_codes"}
    copy = tmp_path / "again.docx"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    copy.write_bytes(buffer.getvalue())
    assert extract(copy, DOCX).text == "a lighthouse\n\nforty-two"


def test_every_relationship_of_a_copy_leads_to_a_part_and_every_part_with_an_id_has_one(tmp_path: Path) -> None:
    for number, case in enumerate(DISARMED.values()):
        folder = tmp_path / str(number) / "work"
        folder.mkdir(parents=True)
        _, parts = disarmed(folder, case.build(), case.media_type, case.filename)
        for name, content in parts.items():
            if name.endswith(".rels"):
                internal = re.findall(rb'<Relationship (?![^>]*External)[^>]*Target="([^"]+)"', content)
                owner_folder = name.rpartition("_rels/")[0]
                for target in internal:
                    assert (owner_folder + target.decode()).lstrip("/") in parts, (name, target)


def test_the_original_of_a_harmless_document_is_handed_out(tmp_path: Path) -> None:
    report = inspect(tmp_path, docx(), DOCX, "a.docx")
    assert not report.withhold_original
    assert not types.ACCEPTED_TYPES[DOCX].is_shown_as_copy(report)


def test_the_operator_can_have_active_content_rejected(tmp_path: Path) -> None:
    report = inspect(tmp_path, docx({"word/vbaProject.bin": b"x"}), DOCX, "a.docx", active_content="reject")
    assert report.rejection is not None
    assert report.rejection.code == "active_content"


# ---- books ---------------------------------------------------------------------------------------------------------------

ACTIVE_MARKUP = {
    "<script>if (a < b) x()</script>": "",
    '<script src="a.js"/>': "",
    '<svg:script xlink:href="a.js"/>': "",
    '<p onclick="x()" class="a">text</p>': '<p  class="a">text</p>',
    "<p ONLOAD='x()'>text</p>": "<p >text</p>",
    '<a href="javascript:x()">text</a>': '<a href="#">text</a>',
    '<a href="file:///C:/a.exe">text</a>': '<a href="#">text</a>',
    r'<a href="\\\\server\share\a.exe">text</a>': '<a href="#">text</a>',
    '<a href=" &#106;ava\tscript:x()">text</a>': '<a href="#">text</a>',
    '<a xlink:href="VBScript:x()">text</a>': '<a xlink:href="#">text</a>',
    '<form action="javascript:x()">text</form>': '<form action="#">text</form>',
    '<iframe src="https://example.org/">words</iframe>': "words",
    '<object data="film.swf"><p>words</p></object>': "<p>words</p>",
    '<embed src="film.swf"/>': "",
    '<set attributeName="href" to="javascript:x()"/>': '<set attributeName="href" to="#"/>',
}
HARMLESS_MARKUP = [
    '<object data="drawing.svg" type="image/svg+xml"><p>A drawing</p></object>',
    '<img src="a.png" alt="set on = 3"/>',
    '<a href="https://example.org/wiki/JavaScript:_The_Good_Parts">text</a>',
    '<a href="//example.org/a">text</a> <a href="mailto:a@example.org">text</a> <a href="two.xhtml#file:">text</a>',
    "<pre>&lt;script&gt;x()&lt;/script&gt;</pre>",
    "<!-- <script>x()</script> -->",
    "<pre><![CDATA[<script>x()</script>]]></pre>",
]


@pytest.mark.parametrize(("active", "without"), ACTIVE_MARKUP.items())
def test_active_markup_is_taken_out_and_all_else_stays_as_it_was(active: str, without: str, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    before, after = media_files.CHAPTER.split("<p>")
    book = media_files.epub({"OEBPS/one.xhtml": f"{before}{active}<p>{after}"})
    kinds, parts = disarmed(tmp_path / "work", book, media_files.EPUB, "a.epub")
    assert kinds <= {"javascript", "frames", "unsafe_links"}
    assert parts["OEBPS/one.xhtml"].decode() == f"{before}{without}<p>{after}"


@pytest.mark.parametrize("markup", HARMLESS_MARKUP)
def test_harmless_markup_is_no_active_content(markup: str, tmp_path: Path) -> None:
    book = media_files.epub({"OEBPS/one.xhtml": media_files.CHAPTER.replace("<p>", f"{markup}<p>")})
    report = inspect(tmp_path, book, media_files.EPUB, "a.epub")
    assert (report.rejection, report.withhold_original) == (None, False)


def test_a_script_file_is_left_out_with_its_entry_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    item = '<item id="js" href="a.js" media-type="text/javascript"/>'
    package = media_files.PACKAGE.replace("</manifest>", f"{item}</manifest>").replace(
        'href="one.xhtml"', 'href="one.xhtml" properties="scripted svg"'
    )
    book = media_files.epub({"OEBPS/a.js": "x()", "OEBPS/content.opf": package})
    _, parts = disarmed(tmp_path / "work", book, media_files.EPUB, "a.epub")
    assert "OEBPS/a.js" not in parts
    assert b"a.js" not in parts["OEBPS/content.opf"]
    assert b'properties="svg"' in parts["OEBPS/content.opf"]
    assert next(iter(parts)) == "mimetype"


@pytest.mark.parametrize(
    "value", ["'<script>x()</script>'", '"&#60;script&#62;x()&#60;/script&#62;"', "'&#38;#60;script>'"]
)
def test_a_script_in_an_entity_is_rejected(value: str, tmp_path: Path) -> None:
    chapter = media_files.CHAPTER.replace("<!DOCTYPE html>", f"<!DOCTYPE html [<!ENTITY x {value}>]>")
    report = inspect(tmp_path, media_files.epub({"OEBPS/one.xhtml": chapter}), media_files.EPUB, "a.epub")
    assert report.rejection is not None
    assert report.rejection.code == "active_content"


def test_an_entity_that_stands_for_a_character_is_harmless(tmp_path: Path) -> None:
    chapter = media_files.CHAPTER.replace("<!DOCTYPE html>", '<!DOCTYPE html [<!ENTITY nbsp "&#160;">]>')
    report = inspect(tmp_path, media_files.epub({"OEBPS/one.xhtml": chapter}), media_files.EPUB, "a.epub")
    assert (report.rejection, report.withhold_original) == (None, False)
