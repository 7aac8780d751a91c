"""Numbers of list entries in Word documents: shown as Word shows them, and not read."""

import re
from pathlib import Path

import pytest

from tests.support import structured_documents
from tests.support.display_forms import show
from tests.support.media_files import DOCX
from tests.support.structured_documents import run

LEVEL = "<w:lvl w:ilvl='{}'><w:start w:val='{}'/><w:numFmt w:val='{}'/><w:lvlText w:val='%1.'/></w:lvl>"
RESTART = "<w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride>"
LISTS = (
    f"<w:abstractNum w:abstractNumId='7'>{LEVEL.format(0, 1, 'decimal')}{LEVEL.format(1, 1, 'lowerLetter')}</w:abstractNum>"
    f"<w:abstractNum w:abstractNumId='8'>{LEVEL.format(0, 3, 'upperRoman')}{LEVEL.format(1, 1, 'bullet')}</w:abstractNum>"
    "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num><w:num w:numId='2'><w:abstractNumId w:val='8'/></w:num>"
    f"<w:num w:numId='3'><w:abstractNumId w:val='7'/>{RESTART}</w:num>"
)


def entry(text: str, list_id: int = 1, level: int = 0) -> str:
    properties = f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list_id}'/></w:numPr>"
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"


def lists(folder: Path, body: str, numbering: str = LISTS) -> tuple[str, str]:
    """Return the text that is read, and the HTML without text runs."""
    part = f"<w:numbering {structured_documents.NAMESPACES}>{numbering}</w:numbering>"
    shown = show(folder, structured_documents.docx(body, parts={"word/numbering.xml": part}), DOCX)
    return shown.text.text, re.sub(r"</?span[^>]*>", "", shown.whole)


def test_entries_go_on_behind_those_of_an_inner_list_and_behind_a_paragraph(tmp_path: Path) -> None:
    body = entry("A") + entry("B") + entry("b", level=1) + entry("c", level=1) + entry("C")
    text, markup = lists(tmp_path, f"{body}<w:p>{run('So.')}</w:p>{entry('D')}{entry('d', level=1)}")
    assert text == "A\n\nB\n\nb\n\nc\n\nC\n\nSo.\n\nD\n\nd"
    assert markup == (
        '<ol type="1" start="1"><li>A</li><li>B</li></ol><ol type="a" start="1"><li>b</li><li>c</li></ol>'
        '<ol type="1" start="3"><li>C</li></ol><p>So.</p><ol type="1" start="4"><li>D</li></ol>'
        '<ol type="a" start="1"><li>d</li></ol>'
    )


def test_a_list_begins_where_its_definition_or_its_override_says(tmp_path: Path) -> None:
    body = entry("A", 2) + entry("x", 2, 1) + entry("B", 2) + entry("C") + entry("D", 3)
    assert lists(tmp_path, body)[1] == (
        '<ol type="I" start="3"><li>A</li></ol><ul><li>x</li></ul><ol type="I" start="4"><li>B</li></ol>'
        '<ol type="1" start="1"><li>C</li></ol><ol type="1" start="1"><li>D</li></ol>'
    )


def test_an_empty_entry_is_counted_as_word_does(tmp_path: Path) -> None:
    _, markup = lists(tmp_path, entry("A") + entry(" ") + entry("B"))
    assert markup == '<ol type="1" start="1"><li>A</li></ol><ol type="1" start="3"><li>B</li></ol>'


@pytest.mark.parametrize(
    "numbering", ["", "<w:num w:numId='1'/>", "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num>", "<"]
)
def test_a_list_without_a_definition_has_bullets(numbering: str, tmp_path: Path) -> None:
    assert lists(tmp_path, entry("A") + entry("B"), numbering)[1] == "<ul><li>A</li><li>B</li></ul>"
